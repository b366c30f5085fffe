/* The tap interface: frames as they are, from and to a file descriptor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/host/net.h"

#define TUN_DEVICE "/dev/net/tun"
#define FRAMES_PER_POLL 256 /* so that a flood cannot keep the guest from running */

struct tap {
    struct net net;
    int fd;
    u8 frame[NET_MAX_FRAME];
};

/* The interface may be down or full: then the frame is lost, as on a cable. */
static void tap_send(struct net *net, const u8 *frame, size_t len)
{
    struct tap *t = CONTAINER_OF(net, struct tap, net);
    if (write(t->fd, frame, len) < 0) log_debug("net", "tap: %s", g_strerror(errno));
}

static void tap_poll(struct net *net)
{
    struct tap *t = CONTAINER_OF(net, struct tap, net);
    for (unsigned i = 0; i < FRAMES_PER_POLL; i++) {
        ssize_t n = read(t->fd, t->frame, sizeof t->frame);
        if (n <= 0) return;
        if (t->net.receive) t->net.receive(t->net.opaque, t->frame, (size_t)n);
    }
}

static void tap_free(struct net *net)
{
    struct tap *t = CONTAINER_OF(net, struct tap, net);
    if (t->fd >= 0) close(t->fd);
    g_free(t);
}

static const struct net_ops tap_ops = {
    .name = "tap", .send = tap_send, .poll = tap_poll, .free = tap_free,
};

static bool attach(struct tap *t, const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    t->fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0) return false;
    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    if (ioctl(t->fd, TUNSETIFF, &request)) return false;
    log_info("net", "the guest is at the end of %s", request.ifr_name);
    return true;
}

struct net *net_tap_new(const char *name, GError **err)
{
    if (name && (!*name || strlen(name) >= IFNAMSIZ)) {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--net: '%s' is no name for a network interface", name);
        return NULL;
    }
    struct tap *t = g_new0(struct tap, 1);
    t->net.ops = &tap_ops;
    if (attach(t, name ? name : "tap%d")) return &t->net;
    int code = errno;
    bool forbidden = code == EPERM || code == EACCES;
    g_set_error(err, G_IO_ERROR, g_io_error_from_errno(code),
                "--net: cannot get %s%s of the host: %s%s", name ? "tap interface " : "a tap interface",
                name ? name : "", g_strerror(code),
                forbidden ? " (root can make one for you: ip tuntap add NAME mode tap user YOU)" : "");
    tap_free(&t->net);
    return NULL;
}
