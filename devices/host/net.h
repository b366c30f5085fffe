/* An Ethernet segment on the host.  PUBLIC.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_HOST_NET_H
#define DEVICES_HOST_NET_H

#include <glib.h>

#include "base/types.h"

#define NET_MAX_FRAME 65536

struct net;

/* A frame has come for the guest.  false: no room now; the net drops it. */
typedef bool net_receive_fn(void *opaque, const u8 *frame, size_t len);

struct net_ops {
    const char *name;
    void (*send)(struct net *net, const u8 *frame, size_t len);
    void (*poll)(struct net *net); /* between slices: may call receive */
    void (*free)(struct net *net);
};

struct net {
    const struct net_ops *ops;
    net_receive_fn *receive;
    void *opaque;
};

/* User-mode network (10.0.2.0/24, gateway and name server inside the process).  `forward` lists
 * "tcp:HOSTPORT:GUESTPORT" or "udp:...", separated by commas; NULL: none.  `now_ns` is guest time,
 * by which the network's own timers run. */
struct net *net_user_new(const char *forward, u64 (*now_ns)(void *), void *opaque, GError **err);

/* A tap interface of the host: an Ethernet cable between the guest and the host's kernel, which
 * needs CAP_NET_ADMIN, or an interface made for this user.  NULL: the host names a new one. */
struct net *net_tap_new(const char *name, GError **err);

#endif
