/* What the hypervisor's tests share: a domain in 128 MB with a few processors, none of which runs.
 * Calls are made by setting registers and entering the hooks, as the processor would.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_HYPERCALL_KIT_H
#define TESTS_HYPERCALL_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hypercall/hypercall-priv.h"

#define KIT_MEM (128ull << 20)
#define KIT_ENTRY 0x4000000ull   /* where processor 0 stands */
#define KIT_BUF 0x1000000ull     /* a page for arguments */
#define KIT_DESC 0x1008000ull    /* a xencomm descriptor */
#define KIT_PAGE 0x1010000ull    /* first of some pages to grant */
#define KIT_SOF 8                /* registers in the frame of the caller */

struct kit {
    struct physmem *pm;
    struct clock *clock;
    struct bios *bios;
    struct cpu_hooks hooks;
    struct cpu *cpu[4];
    unsigned ncpus;
    struct domain *d;
    struct hv_vcpu *v;           /* processor 0 */
    struct chardev *console;
    u64 now;
    int shutdown;                /* reason, -1: none */
    char crash[400];
};

struct kit *kit_new(unsigned ncpus);
void kit_free(struct kit *k);
/* Power-on once more, at time 0 with empty memory: much cheaper than a new one. */
void kit_restart(struct kit *k);
/* Processor n at KIT_ENTRY with a frame of KIT_SOF registers, in virtual mode. */
void kit_settle(struct kit *k, unsigned n);

s64 kit_call(struct kit *k, u64 number, u64 a, u64 b, u64 c, u64 d, u64 e); /* processor 0 */
enum hook_answer kit_break(struct kit *k, unsigned n, u64 imm);
static inline u64 kit_inline(u64 pa) { return 0x8000000000000000ull | pa; }
void kit_put(struct kit *k, u64 pa, const void *data, size_t len);
void kit_get(struct kit *k, u64 pa, void *data, size_t len);
/* A hypercall with a structure at KIT_BUF, which is read back. */
s64 kit_struct(struct kit *k, u64 number, u32 cmd, void *arg, size_t len);

/* Entry `ref` of the grant table. */
void kit_grant(struct kit *k, u32 ref, u64 pa, bool read_only);
void kit_grant_raw(struct kit *k, u32 ref, const struct grant_entry *e);

/* Xenstore by message: the answer's type; payload to `reply` (with a NUL behind it). */
u32 kit_store(struct kit *k, u32 type, u32 tx, const void *payload, u32 len, char reply[4097],
              u32 *reply_len);
bool kit_store_event(struct kit *k, char path[256], char token[64]); /* false: no event */

#endif
