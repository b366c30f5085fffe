/* The breakage checker: which privileged and sensitive instructions of a kernel would reach a
 * hypervisor as they are.
 *
 * A kernel for both machines has its privileged operations in places where they can be exchanged:
 * patch sites, which three tables in the file list, and code that exists twice.  What stands
 * elsewhere either traps and is slow, or runs unnoticed and is wrong.  `epic64 pvcheck` looks at
 * all code of a file; `epic64 run --xen --pvcheck` at what a domain really executes.
 * docs/pvcheck.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_PVCHECK_H
#define MONITOR_PVCHECK_H

#include "monitor/monitor.h"

enum pv_kind { PV_TRAPS, PV_SILENT, PV_HARMLESS };

/* Why an instruction matters. */
struct pv_reason {
    enum pv_kind kind;
    const char *instead; /* what a paravirtual kernel does */
};

/* Where it stands, worst first. */
enum pv_class { PV_UNCOVERED, PV_NATIVE, PV_IGNORED, PV_COVERED, PV_CLASSES };

struct pv_function {
    const char *name; /* printable; "?": no symbol at or below */
    u64 va;
    const char *native; /* why it is known as native-only; NULL: it is not */
};

struct pv_code {
    const char *name; /* printable */
    const u8 *bytes;
    u64 va, size;
};

struct pv_site {
    u64 start, end; /* addresses with a slot in the low bits; end is not inside */
};

/* A kernel's code, symbols and patch sites. */
struct pv_kernel;

/* `native` are more patterns as in pvcheck-native.def, or NULL. */
struct pv_kernel *pv_kernel_new(const char *path, const GPtrArray *native, GError **err);
void pv_kernel_free(struct pv_kernel *k);
/* false: the file was stripped of its symbols, so there are no functions, and none is native-only. */
bool pv_has_names(const struct pv_kernel *k);

/* false: the instruction concerns no hypervisor. */
bool pv_reason(const struct insn *in, struct pv_reason *reason);
const char *pv_kind_name(enum pv_kind kind);
const char *pv_class_name(enum pv_class class);

/* `place` is an address with a slot in the low bits. */
const struct pv_function *pv_function_at(const struct pv_kernel *k, u64 place);
bool pv_is_data(const struct pv_kernel *k, u64 place);
enum pv_class pv_class_at(const struct pv_kernel *k, u64 place, enum pv_kind kind);
/* The address that the file has for what runs at `place`, which may be a physical or an identity
 * address of the same. */
u64 pv_linked(const struct pv_kernel *k, u64 place);
/* NULL: no code is there. */
const struct pv_code *pv_code_at(const struct pv_kernel *k, u64 place);

const struct pv_code *pv_code(const struct pv_kernel *k, unsigned *n);
/* Records of .paravirt_bundles, .paravirt_insts and .paravirt_branches. */
void pv_site_counts(const struct pv_kernel *k, unsigned counts[3]);

#endif
