/* The user-mode network: libslirp plays a router with address translation, DHCP and a name server
 * inside this process, so that no privileges are needed.  The only file that knows libslirp.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "devices/host/net.h"

struct timer {
    SlirpTimerCb fn;
    void *opaque;
    s64 expires_ms; /* -1: idle */
};

struct user_net {
    struct net net;
    Slirp *slirp;
    GArray *polls;      /* struct pollfd */
    GPtrArray *timers;  /* struct timer */
    u64 (*now_ns)(void *);
    void *opaque;
};

/* --- what libslirp asks of us --- */

static ssize_t to_guest(const void *buf, size_t len, void *opaque)
{
    struct user_net *u = opaque;
    if (u->net.receive) u->net.receive(u->net.opaque, buf, len);
    return (ssize_t)len;
}

static void guest_error(const char *msg, void *opaque)
{
    (void)opaque;
    log_debug("net", "%s", msg);
}

static int64_t clock_ns(void *opaque)
{
    struct user_net *u = opaque;
    return (s64)u->now_ns(u->opaque);
}

static void *timer_new(SlirpTimerCb fn, void *cb_opaque, void *opaque)
{
    struct user_net *u = opaque;
    struct timer *t = g_new(struct timer, 1);
    *t = (struct timer){ fn, cb_opaque, -1 };
    g_ptr_array_add(u->timers, t);
    return t;
}

static void timer_free(void *timer, void *opaque)
{
    struct user_net *u = opaque;
    g_ptr_array_remove(u->timers, timer);
}

static void timer_mod(void *timer, int64_t expires_ms, void *opaque)
{
    (void)opaque;
    ((struct timer *)timer)->expires_ms = expires_ms;
}

/* We ask for the descriptors afresh at every poll. */
static void ignore_fd(int fd, void *opaque)
{
    (void)fd, (void)opaque;
}

static void ignore_notify(void *opaque)
{
    (void)opaque;
}

static const SlirpCb callbacks = {
    .send_packet = to_guest, .guest_error = guest_error, .clock_get_ns = clock_ns,
    .timer_new = timer_new, .timer_free = timer_free, .timer_mod = timer_mod,
    .register_poll_fd = ignore_fd, .unregister_poll_fd = ignore_fd, .notify = ignore_notify,
};

/* --- polling --- */

static const struct { int slirp; short host; } events[] = {
    { SLIRP_POLL_IN, POLLIN }, { SLIRP_POLL_OUT, POLLOUT }, { SLIRP_POLL_PRI, POLLPRI },
    { SLIRP_POLL_ERR, POLLERR }, { SLIRP_POLL_HUP, POLLHUP },
};

static int add_poll(int fd, int wanted, void *opaque)
{
    struct user_net *u = opaque;
    struct pollfd p = { .fd = fd };
    for (unsigned i = 0; i < ARRAY_LEN(events); i++) {
        if (wanted & events[i].slirp) p.events = (short)(p.events | events[i].host);
    }
    g_array_append_val(u->polls, p);
    return (int)u->polls->len - 1;
}

static int got_events(int index, void *opaque)
{
    struct user_net *u = opaque;
    short got = g_array_index(u->polls, struct pollfd, index).revents;
    int result = 0;
    for (unsigned i = 0; i < ARRAY_LEN(events); i++) {
        if (got & events[i].host) result |= events[i].slirp;
    }
    return result;
}

static void run_timers(struct user_net *u)
{
    s64 now_ms = clock_ns(u) / 1000000;
    for (guint i = 0; i < u->timers->len; i++) {
        struct timer *t = g_ptr_array_index(u->timers, i);
        if (t->expires_ms < 0 || t->expires_ms > now_ms) continue;
        t->expires_ms = -1;
        t->fn(t->opaque);
    }
}

static void user_poll(struct net *net)
{
    struct user_net *u = CONTAINER_OF(net, struct user_net, net);
    u32 timeout = 0;
    g_array_set_size(u->polls, 0);
    slirp_pollfds_fill(u->slirp, &timeout, add_poll, u);
    int n = poll((struct pollfd *)(void *)u->polls->data, u->polls->len, 0);
    slirp_pollfds_poll(u->slirp, n < 0, got_events, u);
    run_timers(u);
}

static void user_send(struct net *net, const u8 *frame, size_t len)
{
    slirp_input(CONTAINER_OF(net, struct user_net, net)->slirp, frame, (int)len);
}

static void user_free(struct net *net)
{
    struct user_net *u = CONTAINER_OF(net, struct user_net, net);
    if (u->slirp) slirp_cleanup(u->slirp);
    g_array_free(u->polls, TRUE);
    g_ptr_array_free(u->timers, TRUE);
    g_free(u);
}

static const struct net_ops user_ops = {
    .name = "user", .send = user_send, .poll = user_poll, .free = user_free,
};

/* --- making one --- */

static struct in_addr address(const char *text)
{
    struct in_addr a;
    inet_pton(AF_INET, text, &a);
    return a;
}

static bool port_number(const char *text, int *port)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    *port = (int)n;
    return g_ascii_isdigit(*text) && !*end && n && n < 65536;
}

/* One "tcp:2222:22": connections to the host's loopback port go to the guest. */
static bool add_forward(struct user_net *u, const char *text, GError **err)
{
    gchar **part = g_strsplit(text, ":", 3);
    int from, to;
    bool udp = part[0] && !strcmp(part[0], "udp");
    bool ok = part[0] && (udp || !strcmp(part[0], "tcp")) && part[1] && part[2] &&
              port_number(part[1], &from) && port_number(part[2], &to);
    if (!ok) {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "'%s' is not a port forward such as tcp:2222:22", text);
    } else if (slirp_add_hostfwd(u->slirp, udp, address("127.0.0.1"), from, address("10.0.2.15"),
                                 to)) {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot listen on port %d for '%s'", from,
                    text);
        ok = false;
    }
    g_strfreev(part);
    return ok;
}

static bool add_forwards(struct user_net *u, const char *list, GError **err)
{
    gchar **items = g_strsplit(list, ",", -1);
    bool ok = true;
    for (gchar **i = items; ok && *i; i++) ok = add_forward(u, *i, err);
    g_strfreev(items);
    return ok;
}

struct net *net_user_new(const char *forward, u64 (*now_ns)(void *), void *opaque, GError **err)
{
    struct user_net *u = g_new0(struct user_net, 1);
    SlirpConfig config = {
        .version = 1, .in_enabled = true, .vnetwork = address("10.0.2.0"),
        .vnetmask = address("255.255.255.0"), .vhost = address("10.0.2.2"),
        .vdhcp_start = address("10.0.2.15"), .vnameserver = address("10.0.2.3"),
        .vhostname = "epic64",
    };
    u->net.ops = &user_ops;
    u->polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    u->timers = g_ptr_array_new_with_free_func(g_free);
    u->now_ns = now_ns;
    u->opaque = opaque;
    u->slirp = slirp_new(&config, &callbacks, u);
    if (!u->slirp) {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot start the user-mode network");
    } else if (!forward || add_forwards(u, forward, err)) {
        return &u->net;
    }
    user_free(&u->net);
    return NULL;
}
