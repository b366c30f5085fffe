/* Privileged and sensitive instructions for C.
 *
 * Built for bare hardware only (JANUS_NOPV), they are the instructions.  Otherwise each is a call
 * site: one bundle that branches to pv_call_NAME, which jumps through pv_cpu_ops; recorded in
 * .paravirt_bundles, it is patched at boot to the operation itself or to a direct call.
 *
 * `asm inline`: the compiler is not to judge the size of a function by the length of our text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_PRIVOP_H
#define JANUS_PRIVOP_H

#include "kernel.h"

/* Never paravirtual: unprivileged, or so rare that a hypervisor may trap and emulate them. */
#define ia64_getreg_raw(name) ({ u64 v_; asm volatile inline("mov %0=" name : "=r"(v_)); v_; })
#define ia64_setreg_raw(name, v) asm volatile inline("mov " name "=%0" :: "r"((u64)(v)) : "memory")
#define ia64_srlz_d() asm volatile inline(";; srlz.d ;;" ::: "memory")
#define ia64_srlz_i() asm volatile inline(";; srlz.i ;;" ::: "memory")
static inline void ia64_sync_i(void) { asm volatile inline(";; sync.i ;; srlz.i ;;" ::: "memory"); }
static inline void ia64_ptc_e(u64 v)
{
    asm volatile inline("ptc.e %0 ;; srlz.d ;;" :: "r"(v) : "memory");
}

#ifdef JANUS_NOPV

#define PRIVOP0(name, text) \
    static inline void ia64_##name(void) { asm volatile inline(text ::: "memory"); }
#define PRIVOP1(name, text) \
    static inline void ia64_##name(u64 a) { asm volatile inline(text :: "r"(a) : "memory"); }
#define PRIVOP2(name, text) \
    static inline void ia64_##name(u64 a, u64 b) \
    { \
        asm volatile inline(text :: "r"(a), "r"(b) : "memory"); \
    }
#define PRIVOP_GET0(name, text) \
    static inline u64 ia64_##name(void) \
    { \
        u64 v; \
        asm volatile inline(text : "=r"(v) :: "memory"); \
        return v; \
    }
#define PRIVOP_GET1(name, text) \
    static inline u64 ia64_##name(u64 a) \
    { \
        u64 v; \
        asm volatile inline(text : "=r"(v) : "r"(a) : "memory"); \
        return v; \
    }

PRIVOP1(fc, "fc %0")
PRIVOP_GET1(thash, "thash %0=%1")
PRIVOP_GET1(get_cpuid, "mov %0=cpuid[%1]")
PRIVOP_GET1(get_pmd, "mov %0=pmd[%1]")
PRIVOP2(ptcga, "ptc.ga %0,%1 ;; srlz.i ;;")
PRIVOP_GET1(get_rr, "mov %0=rr[%1]")
PRIVOP2(set_rr, "mov rr[%0]=%1")
PRIVOP0(ssm_i, "ssm psr.i ;; srlz.d ;;")
PRIVOP0(rsm_i, "rsm psr.i ;;")
PRIVOP_GET0(get_psr, "mov %0=psr")
PRIVOP_GET0(irq_save, "mov %0=psr ;; rsm psr.i \n extr.u %0=%0,14,1")
PRIVOP_GET0(get_itc, "mov %0=ar.itc")
PRIVOP_GET0(get_ivr, "mov %0=cr.ivr ;; srlz.d ;;")
PRIVOP_GET0(get_tpr, "mov %0=cr.tpr")
PRIVOP1(set_kr7, "mov ar.k7=%0")
PRIVOP1(set_itm, "mov cr.itm=%0")
PRIVOP1(set_tpr, "mov cr.tpr=%0 ;; srlz.d ;;")
PRIVOP0(set_eoi, "mov cr.eoi=r0 ;; srlz.d ;;")
static inline u64 ia64_get_psr_i(void) { return ia64_get_psr() >> 14 & 1; }
static inline void ia64_irq_restore(u64 on)
{
    asm volatile inline("cmp.ne p6,p0=%0,r0 ;; (p6) ssm psr.i ;; (p6) srlz.d"
                        :: "r"(on) : "p6", "memory");
}
static inline void ia64_set_rr0_to_rr4(u64 v0, u64 v1, u64 v2, u64 v3, u64 v4)
{
    u64 a, b, c, d;
    asm volatile inline("mov rr[r0]=%4 \n dep.z %0=1,61,1 \n dep.z %1=1,62,1 ;;"
                 "mov rr[%0]=%5 \n dep.z %2=3,61,2 \n dep.z %3=1,63,1 ;;"
                 "mov rr[%1]=%6 ;; mov rr[%2]=%7 ;; mov rr[%3]=%8 ;; srlz.d ;;"
                 : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d)
                 : "r"(v0), "r"(v1), "r"(v2), "r"(v3), "r"(v4) : "memory");
}

#else

enum pv_type {
#define PV_OP(name, type, bundles, what) PV_##name = (type), PV_MORE_##name = (bundles) - 1,
#include "pv_ops.def"
};

/* The bundles, and where they are. */
#define PV_SITE(name) \
    "1:\t{ .mib\n\tnop.m 0\n\tnop.i 0\n\tbr.call.sptk.many b6=pv_call_" #name "\n\t}\n" \
    "\t.rept %[more]\n\t{ .mib\n\tnop.m 0\n\tnop.i 0\n\tnop.b 0\n\t}\n\t.endr\n2:\n" \
    "\t.pushsection .paravirt_bundles, \"a\"\n\tdata8 1b, 2b, %[type]\n\t.popsection\n"
#define PV_CLOBBERS "r2", "r3", "p6", "p7", "b6", "b7", "ar.pfs", "memory"
#define PV_TYPE(name) [type] "i"(PV_##name), [more] "i"(PV_MORE_##name)

#define PRIVOP0(name) \
    static inline void ia64_##name(void) \
    { \
        asm volatile inline(PV_SITE(name) :: PV_TYPE(name) : "r8", "r9", PV_CLOBBERS); \
    }
#define PRIVOP1(name) \
    static inline void ia64_##name(u64 a) \
    { \
        register u64 r8 asm("r8") = a; \
        asm volatile inline(PV_SITE(name) : "+r"(r8) : PV_TYPE(name) : "r9", PV_CLOBBERS); \
    }
#define PRIVOP2(name) \
    static inline void ia64_##name(u64 a, u64 b) \
    { \
        register u64 r8 asm("r8") = a; \
        register u64 r9 asm("r9") = b; \
        asm volatile inline(PV_SITE(name) : "+r"(r8), "+r"(r9) : PV_TYPE(name) : PV_CLOBBERS); \
    }
#define PRIVOP_GET0(name) \
    static inline u64 ia64_##name(void) \
    { \
        register u64 r8 asm("r8"); \
        asm volatile inline(PV_SITE(name) : "=r"(r8) : PV_TYPE(name) : "r9", PV_CLOBBERS); \
        return r8; \
    }
#define PRIVOP_GET1(name) \
    static inline u64 ia64_##name(u64 a) \
    { \
        register u64 r8 asm("r8") = a; \
        asm volatile inline(PV_SITE(name) : "+r"(r8) : PV_TYPE(name) : "r9", PV_CLOBBERS); \
        return r8; \
    }

PRIVOP1(fc)
PRIVOP_GET1(thash)
PRIVOP_GET1(get_cpuid)
PRIVOP_GET1(get_pmd)
PRIVOP2(ptcga)
PRIVOP_GET1(get_rr)
PRIVOP2(set_rr)
PRIVOP0(ssm_i)
PRIVOP0(rsm_i)
PRIVOP_GET0(get_psr_i)
PRIVOP_GET0(irq_save)
PRIVOP1(irq_restore)
PRIVOP_GET0(get_psr)
PRIVOP_GET0(get_itc)
PRIVOP_GET0(get_ivr)
PRIVOP_GET0(get_tpr)
PRIVOP1(set_kr7)
PRIVOP1(set_itm)
PRIVOP1(set_tpr)
PRIVOP0(set_eoi)

static inline void ia64_set_rr0_to_rr4(u64 v0, u64 v1, u64 v2, u64 v3, u64 v4)
{
    register u64 r8 asm("r8") = v0;
    register u64 r9 asm("r9") = v1;
    register u64 r10 asm("r10") = v2;
    register u64 r11 asm("r11") = v3;
    register u64 r14 asm("r14") = v4;
    asm volatile inline(PV_SITE(set_rr0_to_rr4)
                 : "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r11), "+r"(r14)
                 : PV_TYPE(set_rr0_to_rr4) : PV_CLOBBERS);
}

#endif

#undef PRIVOP0
#undef PRIVOP1
#undef PRIVOP2
#undef PRIVOP_GET0
#undef PRIVOP_GET1

#endif
