/* Paravirtual operations: the tables that a hypervisor's port replaces before anything else runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_PV_H
#define JANUS_PV_H

#include "irq.h"
#include "kernel.h"

struct pv_info {
    unsigned kernel_level; /* privilege level that the kernel runs at */
    bool paravirt;
    const char *name;
};

struct pv_init_table {
    void (*banner)(void);
    void (*reserve_memory)(void (*reserve)(u64 start, u64 end));
    void (*setup_early)(void);   /* boot processor, before firmware's tables */
    u64 (*patch_bundle)(void *start, void *end, u64 type); /* bytes patched; 0: none */
    bool (*patch_branch)(void *tag, u64 type);
};

struct pv_iosapic_table {
    u32 (*read)(u64 pa, unsigned reg);
    void (*write)(u64 pa, unsigned reg, u32 value);
};

struct pv_irq_table {
    int (*enable)(int irq);             /* route and unmask */
    void (*register_percpu)(void);      /* timer and interprocessor interrupts of this processor */
    void (*send_ipi)(unsigned cpu, enum ipi ipi);
    void (*handle)(void);               /* an interruption came for one or more of them */
};

struct pv_time_table {
    u64 (*steal_ns)(unsigned cpu); /* time that it wanted to run and could not, since its start */
};

/* Addresses of code, not of functions' descriptors: privop.h. */
struct pv_cpu_ops {
#define PV_OP(name, type, bundles, what) const void *name;
#include "pv_ops.def"
};
struct pv_branches {
#define PV_BRANCH(name, type, what) const void *name;
#include "pv_branches.def"
};

extern const struct pv_init_table native_init_ops;
extern const struct pv_iosapic_table native_iosapic_ops;
extern const struct pv_irq_table native_irq_ops;
extern const struct pv_time_table native_time_ops;

#ifdef JANUS_NOPV
/* No choice, and no table in between for the compiler. */
#define pv_init_ops native_init_ops
#define pv_iosapic_ops native_iosapic_ops
#define pv_irq_ops native_irq_ops
#define pv_time_ops native_time_ops
#else
extern struct pv_info pv_info;
extern struct pv_init_table pv_init_ops;
extern struct pv_iosapic_table pv_iosapic_ops;
extern struct pv_irq_table pv_irq_ops;
extern struct pv_time_table pv_time_ops;
extern struct pv_cpu_ops pv_cpu_ops;
extern struct pv_branches pv_branches;
void pv_setup_native(void);
void xen_setup_pv_ops(void);
void pv_patch_apply(void);

/* Bodies that a site may be patched with: pv/native_ops.S, pv/xen_ops.S. */
struct pv_body {
    const char *start, *end; /* whole bundles, without the return */
    u64 type;
};
extern const struct pv_body native_bodies[], native_bodies_end[], xen_bodies[], xen_bodies_end[];
u64 pv_patch_with(const struct pv_body *first, const struct pv_body *last, void *start, void *end,
                  u64 type);
bool pv_retarget(void *bundle, const void *target);
#endif

void gate_map(const void *image); /* native_gate or xen_gate */
extern const char native_gate[], xen_gate[];

#endif
