/* Options that become host resources.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/backends.h"

#include <string.h>

#include "machine/machine-priv.h"
#include "machine/native.h"

#define MHZ 1000000u

struct block *open_disk(const struct disk *disk, GError **err)
{
    static const enum block_mode modes[] = {
        [DISK_WRITABLE] = BLOCK_READ_WRITE, [DISK_READ_ONLY] = BLOCK_READ_ONLY,
        [DISK_SNAPSHOT] = BLOCK_SNAPSHOT,
    };
    return block_open(disk->path, modes[disk->mode], err);
}

/* "none", "user", or "user," and port forwards. */
bool open_network(const struct config *c, u64 (*now_ns)(void *opaque), void *opaque,
                  struct net **net, GError **err)
{
    const char *how = c->net;
    *net = NULL;
    if (!how || !strcmp(how, "none")) return true;
    bool plain = !strcmp(how, "user");
    if (!plain && !g_str_has_prefix(how, "user,")) {
        g_set_error(err, MACHINE_ERROR, 0, "--net: '%s' is not none, user or user,FORWARD...", how);
        return false;
    }
    *net = net_user_new(plain ? NULL : how + strlen("user,"), now_ns, opaque, err);
    return *net != NULL;
}

bool start_date(const struct config *c, s64 *seconds, GError **err)
{
    *seconds = NATIVE_BASE_TIME;
    if (!c->date) return true;
    GTimeZone *utc = g_time_zone_new_utc();
    GDateTime *date = g_date_time_new_from_iso8601(c->date, utc);
    g_time_zone_unref(utc);
    if (!date) {
        g_set_error(err, MACHINE_ERROR, 0, "--date: '%s' is not a date like 2024-01-01T00:00:00Z",
                    c->date);
        return false;
    }
    *seconds = g_date_time_to_unix(date);
    g_date_time_unref(date);
    return true;
}

u64 timer_rate(const struct config *c)
{
    return c->itc_hz ? c->itc_hz : NATIVE_ITC_HZ;
}

bool check_platform(const struct config *c, GError **err)
{
    u64 hz = timer_rate(c);
    if (c->program || c->loads->len) {
        g_set_error(err, MACHINE_ERROR, 0, "--kernel goes with neither a program nor --load");
    } else if (c->cpus > CPUS_MAX) {
        g_set_error(err, MACHINE_ERROR, 0, "--smp: %u processors are the most", CPUS_MAX);
    } else if (hz % MHZ || hz / MHZ > UINT32_MAX) {
        g_set_error(err, MACHINE_ERROR, 0, "--itc-hz: it must be a multiple of %u", MHZ);
    } else {
        return true;
    }
    return false;
}
