/* A domain for the breakage checker at run time: a kernel at level 1 that executes privileged and
 * sensitive instructions a known number of times, and a user at level 3 who must not be counted.
 *
 *     //= CLASS COUNT EFFECT TEXT
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
        PTE_USER = 0x7e1                // present, accessed, dirty, level 3, read write execute
        INLINE   = 0x8000000000000000
        .explicit
        .text
        .global _start
        .proc _start
_start: alloc   r2 = ar.pfs, 0, 3, 0, 0
        mov     r3 = (26 << 2)
        movl    r4 = 0x4000000 + PTE_USER
        ;;
        mov     rr[r0] = r3             //= uncovered 1 traps mov rr[r0]=r3
        rsm     psr.ic                  //= uncovered 1 traps rsm 0x2000
        movl    r5 = 0x4000000
        ;;
        srlz.d
        ;;
        mov     cr.ifa = r5             //= uncovered 1 traps mov cr.ifa=r5
        mov     cr.itir = r3            //= uncovered 1 traps mov cr.itir=r3
        ;;
        itr.i   itr[r0] = r4            //= uncovered 1 traps itr.i itr[r0]=r4
        ;;
        itr.d   dtr[r0] = r4            //= uncovered 1 traps itr.d dtr[r0]=r4
        movl    r6 = vectors
        ;;
        mov     cr.iva = r6             //= uncovered 1 traps mov cr.iva=r6
        mov     ar.lc = 9
        ;;
        srlz.d
        ;;
ten:    mov     r7 = cr.lid             //= uncovered 10 traps mov r7=cr.lid
        cmp.eq  p6, p7 = r0, r0
        ;;
(p7)    mov     r8 = cr.dcr             // never: the predicate is off
(p6)    thash   r8 = r5                 //= uncovered 10 silent (p06) thash r8=r5
        br.cloop.sptk.few ten
        ;;
        br.call.sptk.few b0 = native_part
        ;;
        movl    r7 = 1 << 13 | 1 << 17 | 1 << 27 | 3 << 32 | 1 << 36 | 1 << 44
        movl    r8 = user
        ;;
        mov     cr.ipsr = r7            //= uncovered 1 traps mov cr.ipsr=r7
        mov     cr.iip = r8             //= uncovered 1 traps mov cr.iip=r8
        mov     cr.ifs = r0             //= uncovered 1 traps mov cr.ifs=r0
        ;;
        rfi                             //= uncovered 1 traps rfi
        ;;
        .endp   _start

        .align  16
        .proc   native_part
native_part:
        mov     r9 = cpuid[r0]          //= native-only 1 silent mov r9=cpuid[r0]
        br.ret.sptk.few b0
        ;;
        .endp   native_part

/* Not counted, whatever it does. */
        .align  16
        .proc   user
user:   mov     ar.lc = 19
        ;;
again:  mov     r9 = ar.itc
        thash   r8 = r5
        br.cloop.sptk.few again
        ;;
        break.i 0x100000
        ;;
        .endp   user

        .align  32768
vectors:
        .skip   0x2c00
        .proc   break_fault
break_fault:
.Lsite: { .mmi
        mov     r9 = cr.iipa            //= patched 1 traps mov r9=cr.iipa
        nop.m   0
        nop.i   0 ;;
        }
.Lsite_end:
        mov     r10 = ar.itc            //= uncovered 1 silent mov.m r10=ar.itc
        movl    r4 = argument
        ;;
        st4     [r4] = r0               // power off
        movl    r33 = argument + INLINE
        mov     r32 = 2                 // sched_op shutdown
        mov     r2 = 29
        ;;
        break.m 0x1000
        ;;
stop:   br.few  stop
        ;;
        .endp   break_fault

        .data
        .align  16
argument:
        data8   0
        .section .paravirt_bundles, "a"
        data8   .Lsite, .Lsite_end, 11
