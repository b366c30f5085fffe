/* SAL's error records: what SAL_GET_STATE_INFO gives to whoever writes the error log.
 *
 * One record per processor and type waits until SAL_CLEAR_STATE_INFO: a header, a processor section
 * (error map, state parameter, one check structure, CPUID, all static registers), and for machine
 * checks a platform section whose text says what happened.  SAL 3.2, appendix B.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bits.h"
#include "base/section.h"
#include "bios/bios-priv.h"
#include "cpu/cpuid.h"

enum { SEVERITY_RECOVERABLE = 0 };
enum { STATUS_NO_INFORMATION = -5, STATUS_INVALID = -2 };

struct record_header {
    u64 id;
    u8 minor, major, severity, valid;
    u32 len;
    u8 second, minute, hour, reserved, day, month, year, century; /* BCD */
    u8 platform[16];
};
_Static_assert(sizeof(struct record_header) == 40, "SAL 3.2, table B-2");

struct section_header {
    u8 guid[16];
    u8 minor, major, recovery, reserved;
    u32 len;
};
_Static_assert(sizeof(struct section_header) == 24, "SAL 3.2, table B-3");

struct check_info {
    u64 valid, check, requestor, responder, target, ip;
};

struct static_info {
    u64 valid;
    u64 min_state[128];
    u64 br[8], cr[128], ar[128], rr[8], fr[128][2];
};

struct processor_section {
    struct section_header header;
    u64 valid, error_map, psp, lid;
};

struct platform_section {
    struct section_header header;
    u64 valid, status;
    u8 guid[16];
    u16 oem_len;
    char oem[sizeof((struct machine_check *)0)->why];
};

#define SECTION_GUID(n)                                                                           \
    { (n), 0xfa, 0x29, 0xe4, 0xb7, 0x3c, 0xd4, 0x11,                                              \
      0xbc, 0xa7, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
/* Of the text in the platform section: 8f1c4d0a-6a64-4570-9f36-34c0ffee0001. */
#define TEXT_GUID                                                                                 \
    { 0x0a, 0x4d, 0x1c, 0x8f, 0x64, 0x6a, 0x70, 0x45,                                             \
      0x9f, 0x36, 0x34, 0xc0, 0xff, 0xee, 0x00, 0x01 }

/* What is valid in a processor section. */
enum {
    VALID_MAP = 1 << 0, VALID_PSP = 1 << 1, VALID_LID = 1 << 2, VALID_STATIC = 1 << 3,
    VALID_TLB_CHECK = 1 << 8, VALID_BUS_CHECK = 1 << 12, VALID_CPUID = 1 << 24,
};
enum { RECOVERY_VALID = 1 << 7 };
enum { ERROR_TLB = 5, ERROR_BUS = 16 };

static u8 bcd(int n)
{
    return (u8)(n / 10 % 10 << 4 | n % 10);
}

static void stamp(struct record_header *h, const struct bios *bios, const struct cpu *cpu)
{
    u64 seconds = cpu_time(cpu) / bios->config.platform.itc_hz + bios->time_offset;
    GDateTime *now = g_date_time_new_from_unix_utc(bios->config.base_time + (s64)seconds);
    if (!now) return;
    h->second = bcd(g_date_time_get_second(now));
    h->minute = bcd(g_date_time_get_minute(now));
    h->hour = bcd(g_date_time_get_hour(now));
    h->day = bcd(g_date_time_get_day_of_month(now));
    h->month = bcd(g_date_time_get_month(now));
    h->year = bcd(g_date_time_get_year(now) % 100);
    h->century = bcd(g_date_time_get_year(now) / 100);
    g_date_time_unref(now);
}

static void add(GByteArray *out, const void *data, size_t len)
{
    g_byte_array_append(out, data, (guint)len);
}

static void add_static_info(GByteArray *out, struct cpu *cpu, const u64 words[MIN_STATE_WORDS])
{
    struct static_info *s = g_new0(struct static_info, 1);
    s->valid = 0x3f; /* min-state, br, cr, ar, rr, fr */
    memcpy(s->min_state, words, MIN_STATE_WORDS * sizeof(u64));
    for (unsigned i = 0; i < 8; i++) {
        s->br[i] = cpu_br(cpu, i);
        s->rr[i] = cpu_mmu(cpu)->rr[i];
    }
    for (unsigned i = 0; i < 128; i++) {
        struct fpreg f = cpu_fr(cpu, i);
        s->cr[i] = cpu_cr(cpu, i);
        s->ar[i] = cpu_ar(cpu, i);
        s->fr[i][0] = f.sig;
        s->fr[i][1] = (u64)f.sign << 17 | f.exp;
    }
    add(out, s, sizeof *s);
    g_free(s);
}

static void add_processor(GByteArray *out, const struct bios *bios, struct cpu *cpu,
                          const u64 words[MIN_STATE_WORDS], const struct machine_check *mc)
{
    const struct bios_processor *p = &bios->processors[cpu_id(cpu) % BIOS_CPUS];
    struct processor_section s = {
        .header = { .guid = SECTION_GUID(0xf1), .minor = 2, .recovery = RECOVERY_VALID },
        .valid = VALID_MAP | VALID_PSP | VALID_LID | VALID_STATIC | VALID_CPUID,
        .error_map = mc ? p->error_map : 0, .psp = p->psp, .lid = cpu_cr(cpu, 64),
    };
    struct check_info check = { .valid = 1 | 8 | 16, .check = p->check, .target = p->target,
                                .ip = words[51] };
    u64 cpuid[6] = { 0 };
    for (unsigned i = 0; i < 5; i++) cpuid[i] = cpuid_value(i);
    if (mc) s.valid |= mc->cause == MACHINE_CHECK_TLB ? VALID_TLB_CHECK : VALID_BUS_CHECK;
    guint start = out->len;
    add(out, &s, sizeof s);
    if (mc) add(out, &check, sizeof check);
    add(out, cpuid, sizeof cpuid);
    add_static_info(out, cpu, words);
    ((struct section_header *)(void *)(out->data + start))->len = out->len - start;
}

static void add_platform(GByteArray *out, const struct machine_check *mc)
{
    struct platform_section s = {
        .header = { .guid = SECTION_GUID(0xf7), .minor = 2, .recovery = RECOVERY_VALID,
                    .len = sizeof s },
        .valid = 7, .guid = TEXT_GUID, .oem_len = sizeof s.oem,
        .status = (mc->cause == MACHINE_CHECK_TLB ? ERROR_TLB : ERROR_BUS) << 8,
    };
    g_strlcpy(s.oem, mc->why, sizeof s.oem);
    add(out, &s, sizeof s);
}

void record_write(struct bios *bios, struct cpu *cpu, enum state_type type,
                  const u64 words[MIN_STATE_WORDS], const struct machine_check *mc)
{
    struct record_header h = { .id = ++bios->record_id, .minor = 2,
                               .severity = SEVERITY_RECOVERABLE };
    GByteArray *out = g_byte_array_new();
    stamp(&h, bios, cpu);
    add(out, &h, sizeof h);
    add_processor(out, bios, cpu, words, mc);
    if (mc) add_platform(out, mc);
    ((struct record_header *)(void *)out->data)->len = out->len;
    GBytes **slot = &bios->records[type][cpu_id(cpu) % BIOS_CPUS];
    g_clear_pointer(slot, g_bytes_unref);
    *slot = g_byte_array_free_to_bytes(out);
}

void records_clear(struct bios *bios)
{
    for (unsigned t = 0; t < STATE_TYPES; t++) {
        for (unsigned n = 0; n < BIOS_CPUS; n++) {
            g_clear_pointer(&bios->records[t][n], g_bytes_unref);
        }
    }
}

u64 records_hash(const struct bios *bios, u64 seed)
{
    for (unsigned t = 0; t < STATE_TYPES; t++) {
        for (unsigned n = 0; n < BIOS_CPUS; n++) {
            gsize len;
            if (!bios->records[t][n]) continue;
            const void *data = g_bytes_get_data(bios->records[t][n], &len);
            seed = hash_bytes(hash_u64(seed, t << 8 | n), data, len);
        }
    }
    return seed;
}

/* --- procedures; SAL 3.2, 9.3 ----------------------------------------------------------------- */

/* Corrected machine checks and platform errors never happen, but may be asked about. */
enum { TYPES_ASKED = 4 };
#define RECORD_MAX                                                                                \
    (sizeof(struct record_header) + sizeof(struct processor_section) + sizeof(struct check_info) +\
     6 * sizeof(u64) + sizeof(struct static_info) + sizeof(struct platform_section))

static GBytes **own_record(struct call *c)
{
    u64 type = c->arg[0];
    if (type >= TYPES_ASKED) c->status = STATUS_INVALID;
    return type < STATE_TYPES ? &c->bios->records[type][cpu_id(c->cpu) % BIOS_CPUS] : NULL;
}

void sal_get_state_info_size(struct call *c)
{
    (void)own_record(c);
    if (!c->status) c->r9 = RECORD_MAX;
}

void sal_get_state_info(struct call *c)
{
    GBytes **record = own_record(c);
    gsize len;
    if (c->status) return;
    c->status = STATUS_NO_INFORMATION;
    if (!record || !*record) return;
    const u8 *data = g_bytes_get_data(*record, &len);
    for (gsize at = 0; at < len; at += CALL_BUFFER_MAX) {
        unsigned n = (unsigned)MIN(len - at, CALL_BUFFER_MAX);
        if (!call_store(c, c->arg[2] + at, data + at, n)) return; /* again from the start */
    }
    c->status = 0;
    c->r9 = len;
}

void sal_clear_state_info(struct call *c)
{
    GBytes **record = own_record(c);
    if (record) g_clear_pointer(record, g_bytes_unref);
}
