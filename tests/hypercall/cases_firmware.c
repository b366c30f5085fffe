/* Firmware calls of a domain, and messages to its xenstore.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/ledger.h"

#include <string.h>

#define EFI_INVALID ((s64)(1ull << 63 | 2))
#define EFI_UNSUPPORTED ((s64)(1ull << 63 | 3))
#define INLINE 0x8000000000000000ull
#define HOME "/local/domain/1"

/* --- firmware --------------------------------------------------------------------------------- */

struct firmware_call {
    const char *row;
    enum kind kind;
    u64 number;
    u64 r14, r15, r28, r29, r30;
    u64 args[5];               /* r32 and up */
    s64 want;
    bool (*holds)(struct kit *k);
};

static bool interrupted(struct kit *k) { return k->d->vcpu[0].irr[1] == 1; }
static bool nobody(struct kit *k) { return !k->d->vcpu[0].irr[1] && !k->d->vcpu[1].irr[1]; }
static bool moved(struct kit *k) { return k->d->shared_va == 0xfffffffffff00000ull; }
static bool stopped(struct kit *k) { return strstr(k->crash, "shared info") != NULL; }
static bool identity(struct kit *k) { return k->d->reg7_on; }
static bool down(struct kit *k) { return !k->v->up; }
static bool off(struct kit *k) { return k->shutdown == SHUTDOWN_POWEROFF; }
static bool knows_entry(struct kit *k) { return k->d->boot_rdv_ip == 0x4000200; }

static const struct firmware_call firmware[] = {
    { "efi", REFUSED, 0x305, .want = EFI_UNSUPPORTED },
    { "efi", REFUSED, 0x304, .args = { 48, 47, 1, 0 }, .want = EFI_INVALID },
    { "efi", DONE, 0x309, .args = { 2 }, .want = 0x77, .holds = off },
    { "ipi", DONE, 0x400, .r14 = 0, .r15 = 0x40, .want = 0x77, .holds = interrupted },
    { "ipi", REFUSED, 0x400, .r14 = 2, .r15 = 0x40, .want = 0x77, .holds = nobody },
    { "fpswa", REFUSED, 0x500, .want = -1 },
    { "set_shared_info", DONE, 0x600, .r28 = 0xfffffffffff00000ull, .want = 0, .holds = moved },
    { "set_shared_info", REFUSED, 0x600, .r28 = 0xa000000000000000ull, .want = 0x77,
      .holds = stopped },
    { "opt_feature", DONE, 0x700, .args = { INLINE | KIT_BUF }, .want = 0, .holds = identity },
    { "opt_feature", REFUSED, 0x700, .args = { INLINE | KIT_DESC }, .want = -38 },
    { "opt_feature", REFUSED, 0x700, .args = { 0 }, .want = -14 },
    { "pal", DONE, 0x1000, .r28 = 8, .want = 0 },
    { "pal", REFUSED, 0x1000, .r28 = 7, .r29 = 9, .r30 = 9, .want = -2 },
    { "pal", REFUSED, 0x1000, .r28 = 0xee, .want = -1 },
    { "sal", DONE, 0x1100, .args = { 0x01000000, 2, 0x4000200, 0 }, .want = 0,
      .holds = knows_entry },
    { "sal", REFUSED, 0x1100, .args = { 0x01000013 }, .want = -1 },
    { "sal_return", DONE, 0x1200, .want = 0x77, .holds = down },
};

static void set(struct kit *k, unsigned r, u64 value)
{
    cpu_set_gr(k->cpu[0], r, value, false);
}

static void call(struct kit *k, const struct firmware_call *c)
{
    static const u64 feature[4] = { 1, 1, 0x661, 0 };
    begin(k);
    kit_put(k, KIT_BUF, feature, sizeof feature);
    set(k, 8, 0x77);
    set(k, 14, c->r14);
    set(k, 15, c->r15);
    set(k, 28, c->r28);
    set(k, 29, c->r29);
    set(k, 30, c->r30);
    s64 got = kit_call(k, c->number, c->args[0], c->args[1], c->args[2], c->args[3], c->args[4]);
    if (got != c->want || (c->holds && !c->holds(k))) {
        fail_msg("firmware %s, number %#x, case %d: %#llx", c->row, (unsigned)c->number,
                 (int)(c - firmware), (unsigned long long)got);
    }
    ledger_mark(FIRMWARE, c->row, c->kind);
}

static void attack(struct kit *k, u64 number, const char *row)
{
    static const u64 hostile[] = {
        0, ~0ull, 1ull << 63, KIT_MEM - 1, KIT_MEM, INLINE | (KIT_MEM - 1), 1ull << 50,
        0xf500000000000000ull, 0xe000000000000000ull,
    };
    for (u64 low = 0; low < 16; low++) {
        for (unsigned i = 0; i < ARRAY_LEN(hostile); i++) {
            u64 bad = hostile[i];
            begin(k);
            for (unsigned r = 14; r < 32; r++) set(k, r, bad);
            if (number == 0x1000) set(k, 28, low);
            u64 first = number == 0x1100 ? 0x01000000 + low : bad;
            (void)kit_call(k, number + low, first, bad, bad, bad, bad);
            expect_unharmed(k, row);
        }
    }
    ledger_mark(FIRMWARE, row, HOSTILE);
}

void try_firmware(struct kit *k)
{
    for (unsigned i = 0; i < ARRAY_LEN(firmware); i++) call(k, &firmware[i]);
#define FIRMWARE(number, name, text) attack(k, number, #name);
#include "hypercall/firmware.def"
}

/* --- xenstore --------------------------------------------------------------------------------- */

#define TEXT(s) s, sizeof(s) /* with its NUL */
#define OPEN(s) s, sizeof(s) - 1

struct message {
    const char *row;
    enum kind kind;
    u32 type;
    const char *payload;
    u32 len;
    const char *want; /* the beginning of the answer */
};

/* In this order, in one life of the domain: some need what the ones before them left. */
static const struct message messages[] = {
    { "DEBUG", REFUSED, 0, TEXT("print"), "EACCES" },
    { "DIRECTORY", DONE, 1, TEXT(HOME), "name" },
    { "DIRECTORY", REFUSED, 1, TEXT(HOME "/none"), "ENOENT" },
    { "READ", DONE, 2, TEXT("name"), "guest" },
    { "READ", REFUSED, 2, TEXT("none"), "ENOENT" },
    { "READ", REFUSED, 2, TEXT("/local/domain/7/name"), "ENOENT" },
    { "GET_PERMS", DONE, 3, TEXT("name"), "n" },
    { "GET_PERMS", REFUSED, 3, TEXT("none"), "ENOENT" },
    { "WRITE", DONE, 11, OPEN("data/a\0value"), "OK" },
    { "WRITE", REFUSED, 11, OPEN("/vm/1/a\0value"), "EACCES" },
    { "WRITE", REFUSED, 11, OPEN("data//a\0value"), "EINVAL" },
    { "READ", DONE, 2, TEXT("data/a"), "value" },
    { "MKDIR", DONE, 12, TEXT("data/dir"), "OK" },
    { "MKDIR", REFUSED, 12, TEXT("/vm/1/dir"), "EACCES" },
    { "SET_PERMS", DONE, 14, OPEN("data/a\0n1\0r0\0"), "OK" },
    { "SET_PERMS", REFUSED, 14, OPEN("data/a\0x1\0"), "EINVAL" },
    { "SET_PERMS", REFUSED, 14, OPEN("data/none\0n1\0"), "ENOENT" },
    { "RM", DONE, 13, TEXT("data/dir"), "OK" },
    { "RM", REFUSED, 13, TEXT("no/such/thing"), "ENOENT" },
    { "RM", REFUSED, 13, TEXT(HOME), "EACCES" },
    { "WATCH", DONE, 4, OPEN("data\0token\0"), "OK" },
    { "WATCH", REFUSED, 4, OPEN("data\0token\0"), "EEXIST" },
    { "UNWATCH", DONE, 5, OPEN("data\0token\0"), "OK" },
    { "UNWATCH", REFUSED, 5, OPEN("data\0token\0"), "ENOENT" },
    { "TRANSACTION_START", DONE, 6, TEXT(""), "1" },
    { "TRANSACTION_END", REFUSED, 7, TEXT("T"), "ENOENT" },
    { "INTRODUCE", REFUSED, 8, OPEN("2\0003\0004\0"), "EACCES" },
    { "RELEASE", REFUSED, 9, TEXT("1"), "EACCES" },
    { "GET_DOMAIN_PATH", DONE, 10, TEXT("1"), HOME },
    { "GET_DOMAIN_PATH", DONE, 10, TEXT("99"), "/local/domain/99" },
    { "IS_DOMAIN_INTRODUCED", DONE, 17, TEXT("1"), "T" },
    { "IS_DOMAIN_INTRODUCED", DONE, 17, TEXT("2"), "F" },
};

/* Watch events may come first. */
static void drain(struct kit *k)
{
    char path[256], token[64];
    while (kit_store_event(k, path, token)) {}
}

static void send(struct kit *k, const struct message *m)
{
    char reply[4097];
    drain(k);
    u32 type = kit_store(k, m->type, 0, m->payload, m->len, reply, NULL);
    if ((type == 16) != (m->kind == REFUSED) || strncmp(reply, m->want, strlen(m->want))) {
        fail_msg("xenstore %s(%s): type %u, \"%s\"", m->row, m->payload, type, reply);
    }
    ledger_mark(STORE, m->row, m->kind);
    if (m->type == 4 && type != 16) drain(k); /* a watch fires at once */
}

static void end_transaction(struct kit *k)
{
    char id[4097], reply[4097];
    drain(k);
    assert_int_equal(kit_store(k, 6, 0, "", 1, id, NULL), 6);
    u32 tx = (u32)strtoul(id, NULL, 10);
    assert_int_equal(kit_store(k, 6, tx, "", 1, reply, NULL), 16);
    assert_string_equal(reply, "EBUSY");
    ledger_mark(STORE, "TRANSACTION_START", REFUSED);
    assert_int_equal(kit_store(k, 7, tx, "T", 2, reply, NULL), 7);
    ledger_mark(STORE, "TRANSACTION_END", DONE);
}

/* Payloads without an end, without a beginning, with a path out of every bound. */
static void attack_store(struct kit *k, u32 type, const char *row)
{
    char longest[4096], reply[4097];
    memset(longest, 'a', sizeof longest);
    const struct { const char *text; u32 len; } hostile[] = {
        { "", 0 }, { "", 1 }, { "\0\0\0\0", 4 }, { "a", 1 }, { "/", 2 }, { "//", 3 },
        { "../..", 6 }, { "@x", 3 }, { "%n%s", 5 }, { longest, sizeof longest }, { longest, 1025 },
        { "a\0b", 3 },
        { "-1", 3 }, { "4294967296", 11 }, { "\xff\xfe", 3 }, { "a/\0T", 4 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(hostile); i++) {
        drain(k);
        (void)kit_store(k, type, i % 3 ? 0 : 4711, hostile[i].text, hostile[i].len, reply, NULL);
        expect_unharmed(k, row);
    }
    ledger_mark(STORE, row, HOSTILE);
}

void try_store(struct kit *k)
{
    begin(k);
    for (unsigned i = 0; i < ARRAY_LEN(messages); i++) send(k, &messages[i]);
    end_transaction(k);
#define XS(type, name, fn)                                                                         \
    begin(k);                                                                                      \
    attack_store(k, type, #name);
#include "hypercall/xenstore.def"
}
