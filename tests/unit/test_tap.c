/* The tap interface, from both ends: ours, and the host's kernel through a packet socket.  Where
 * the host does not permit one the refusal is what there is to see.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <glib.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/host/net.h"

#define TYPE 0x88b5 /* set aside for experiments */
#define FRAME_LEN 100
#define PATIENCE_MS 2000

static struct {
    char name[IFNAMSIZ];
    struct net *net;
    int wire;
    u8 received[FRAME_LEN];
    unsigned count;
} k;

/* The host's kernel says things of its own on a new interface; only our frames count. */
static bool receive(void *opaque, const u8 *frame, size_t len)
{
    (void)opaque;
    if (len != FRAME_LEN || frame[12] != TYPE >> 8 || frame[13] != (TYPE & 0xff)) return true;
    memcpy(k.received, frame, len);
    k.count++;
    return true;
}

/* Link up, and a socket that sees its frames. */
static void plug_in(void)
{
    struct ifreq request = { 0 };
    g_strlcpy(request.ifr_name, k.name, sizeof request.ifr_name);
    k.wire = socket(AF_PACKET, SOCK_RAW, htons(TYPE));
    assert_true(k.wire >= 0);
    assert_int_equal(ioctl(k.wire, SIOCGIFFLAGS, &request), 0);
    request.ifr_flags |= IFF_UP;
    assert_int_equal(ioctl(k.wire, SIOCSIFFLAGS, &request), 0);
    struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(TYPE),
                             .sll_ifindex = (int)if_nametoindex(k.name) };
    assert_int_equal(bind(k.wire, (struct sockaddr *)&a, sizeof a), 0);
}

static int setup(void **state)
{
    GError *err = NULL;
    (void)state;
    memset(&k, 0, sizeof k);
    snprintf(k.name, sizeof k.name, "epic%d", (int)getpid() % 100000);
    k.wire = -1;
    k.net = net_tap_new(k.name, &err);
    if (!k.net) {
        assert_true(strstr(err->message, "tap interface") && strstr(err->message, k.name));
        print_message("skipped: %s\n", err->message);
        g_error_free(err);
        return 0;
    }
    k.net->receive = receive;
    plug_in();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (k.wire >= 0) close(k.wire);
    if (k.net) k.net->ops->free(k.net);
    return 0;
}

static void fill(u8 *frame, u8 seed)
{
    for (unsigned i = 0; i < FRAME_LEN; i++) frame[i] = (u8)(seed + i);
    memset(frame, 0xff, 6);
    frame[6] = 2;
    frame[12] = TYPE >> 8;
    frame[13] = TYPE & 0xff;
}

static void frames_pass_both_ways_unchanged(void **state)
{
    u8 frame[FRAME_LEN], buf[2 * FRAME_LEN];
    (void)state;
    if (!k.net) skip();
    fill(frame, 1);
    k.net->ops->send(k.net, frame, sizeof frame);
    struct pollfd p = { .fd = k.wire, .events = POLLIN };
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_int_equal(read(k.wire, buf, sizeof buf), sizeof frame);
    assert_memory_equal(buf, frame, sizeof frame);

    fill(frame, 77);
    assert_int_equal(write(k.wire, frame, sizeof frame), sizeof frame);
    for (int ms = 0; ms < PATIENCE_MS && !k.count; ms++) {
        k.net->ops->poll(k.net);
        g_usleep(1000);
    }
    assert_int_equal(k.count, 1);
    assert_memory_equal(k.received, frame, sizeof frame);
}

static void an_interface_in_use_is_refused(void **state)
{
    GError *err = NULL;
    (void)state;
    if (!k.net) skip();
    assert_null(net_tap_new(k.name, &err));
    assert_non_null(strstr(err->message, "busy"));
    g_error_free(err);
}

static void names_that_are_none_are_refused(void **state)
{
    static const char *const names[] = { "", "much-too-long-for-it" };
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        GError *err = NULL;
        assert_null(net_tap_new(names[i], &err));
        assert_non_null(strstr(err->message, "no name"));
        g_error_free(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_pass_both_ways_unchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(an_interface_in_use_is_refused, setup, teardown),
        cmocka_unit_test(names_that_are_none_are_refused),
    };
    return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
