/* Options that become host resources.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/backends.h"

#include <string.h>

#include "machine/machine-priv.h"
#include "machine/native.h"

#define MHZ 1000000u
#define STEAL_MAX 90u

struct block *open_disk(const struct disk *disk, GError **err)
{
    static const enum block_mode modes[] = {
        [DISK_WRITABLE] = BLOCK_READ_WRITE, [DISK_READ_ONLY] = BLOCK_READ_ONLY,
        [DISK_SNAPSHOT] = BLOCK_SNAPSHOT,
    };
    return block_open(disk->path, modes[disk->mode], err);
}

/* "none"; "user", or "user," and port forwards; "tap", or "tap," and the interface's name. */
bool open_network(const struct config *c, u64 (*now_ns)(void *opaque), void *opaque,
                  struct net **net, GError **err)
{
    const char *how = c->net;
    *net = NULL;
    if (!how || !strcmp(how, "none")) return true;
    const char *comma = strchr(how, ','), *rest = comma ? comma + 1 : NULL;
    size_t len = comma ? (size_t)(comma - how) : strlen(how);
    if (len == strlen("user") && g_str_has_prefix(how, "user")) {
        *net = net_user_new(rest, now_ns, opaque, err);
    } else if (len == strlen("tap") && g_str_has_prefix(how, "tap")) {
        *net = net_tap_new(rest, err);
    } else {
        g_set_error(err, MACHINE_ERROR, 0,
                    "--net: '%s' is not none, user, user,FORWARD..., tap or tap,NAME", how);
    }
    return *net != NULL;
}

bool start_date(const struct config *c, s64 *seconds, GError **err)
{
    bool host = c->clock && !strcmp(c->clock, "host");
    *seconds = host ? g_get_real_time() / 1000000 : NATIVE_BASE_TIME;
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

bool check_bare(const struct config *c, GError **err)
{
    const struct {
        const char *option;
        bool given;
    } rows[] = {
        { "initrd", c->initrd },   { "append", c->append },   { "smp", c->cpus != 1 },
        { "disk", c->disks->len }, { "net", c->net },         { "console", c->console },
        { "hvc", c->hvc },         { "display", c->display }, { "screenshot", c->screenshot },
        { "date", c->date },       { "clock", c->clock },     { "itc-hz", c->itc_hz },
        { "seed", c->seed },       { "no-reboot", c->no_reboot }, { "xen", c->xen },
        { "steal", c->steal },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i].given) continue;
        g_set_error(err, MACHINE_ERROR, 0, "--%s: only with --kernel", rows[i].option);
        return false;
    }
    return true;
}

bool check_platform(const struct config *c, GError **err)
{
    u64 hz = timer_rate(c);
    if (c->program || c->loads->len || c->entry.set) {
        g_set_error(err, MACHINE_ERROR, 0,
                    "--kernel goes with neither a program nor --load and --entry");
    } else if (c->cpus > CPUS_MAX) {
        g_set_error(err, MACHINE_ERROR, 0, "--smp: %u processors are the most", CPUS_MAX);
    } else if (hz % MHZ || hz / MHZ > UINT32_MAX) {
        g_set_error(err, MACHINE_ERROR, 0, "--itc-hz: it must be a multiple of %u", MHZ);
    } else if (c->steal > STEAL_MAX) {
        g_set_error(err, MACHINE_ERROR, 0, "--steal: %u percent are the most", STEAL_MAX);
    } else if (c->steal && !c->xen) {
        g_set_error(err, MACHINE_ERROR, 0, "--steal: only with --xen");
    } else {
        return true;
    }
    return false;
}
