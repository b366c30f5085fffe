/* What both kinds of machine ask of the host, by the same options: disks, network, the date.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_BACKENDS_H
#define MACHINE_BACKENDS_H

#include "devices/host/block.h"
#include "devices/host/net.h"
#include "machine/config.h"

/* --disk */
struct block *open_disk(const struct disk *disk, GError **err);
/* --net; *net is NULL if there is to be none. */
bool open_network(const struct config *c, u64 (*now_ns)(void *opaque), void *opaque,
                  struct net **net, GError **err);
/* --date, in seconds since 1970. */
bool start_date(const struct config *c, s64 *seconds, GError **err);
/* --itc-hz and --smp: within what firmware can express. */
bool check_platform(const struct config *c, GError **err);
/* A bare-metal program has no use for the options above: say so. */
bool check_bare(const struct config *c, GError **err);
u64 timer_rate(const struct config *c);

#endif
