/* A kernel's shape for the breakage checker; never run.  Each line that the checker must know ends
 * in a comment: what it is said to be, its slot, its text and its effect.
 *
 *     //= CLASS SLOT EFFECT TEXT
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
        .explicit
        .text

/* Patched in whole bundles: the first site; and a second that touches it. */
        .global patched_bundles
        .proc patched_bundles
patched_bundles:
        { .mmi
        rsm 0x20000                     //= uncovered 0 traps rsm 0x20000
        nop.m 0
        nop.i 0 ;;
        }
.Lsite1:
        { .mmi
        rsm 0x4000                      //= patched 0 traps rsm 0x4000
        nop.m 0
        nop.i 0 ;;
        }
.Lsite2:
        { .mmi
        nop.m 0
        mov r8 = psr                    //= patched 1 traps mov r8=psr
        nop.i 0 ;;
        }
.Lsite2_end:
        { .mmi
        mov r8 = rr[r9]                 //= uncovered 0 traps mov r8=rr[r9]
        (p6) mov cr.itm = r9            //= uncovered 1 traps (p06) mov cr.itm=r9
        nop.i 0 ;;
        }
        .endp patched_bundles

/* Patched in single slots: from slot 1 of one bundle to slot 1 of the next. */
        .global patched_slots
        .proc patched_slots
patched_slots:
        { .mmi
        mov r9 = cr.iha                 //= uncovered 0 traps mov r9=cr.iha
[.Linst1:]
        mov r8 = cr.ivr                 //= patched 1 traps mov r8=cr.ivr
        nop.i 0 ;;
        }
        { .mmi
        mov cr.tpr = r8                 //= patched 0 traps mov cr.tpr=r8
[.Linst1_end:]
        mov r9 = cr.isr                 //= uncovered 1 traps mov r9=cr.isr
        nop.i 0 ;;
        }
        { .mib
        nop.m 0
        nop.i 0
[.Lbranch:]
        br.few native_helper ;;
        }
        .endp patched_slots

/* Native by name, with a label inside that does not make it a function of its own. */
        .global native_helper
        .proc native_helper
native_helper:
        { .mmb
        mov r3 = cr.itir                //= native-only 0 traps mov r3=cr.itir
        nop.m 0
        cover ;;                        //= native-only 2 silent cover
        }
inside_helper:
        { .mmi
        probe.r r8 = r9, 3              //= native-only 0 harmless probe.r r8=r9,3
        nop.m 0
        nop.i 0 ;;
        }
        .endp native_helper

/* Native by range. */
        .global ia64_ivt, xen_ivt
ia64_ivt:
        .proc vector
vector:
        { .mib
        mov r8 = cr.ifa                 //= native-only 0 traps mov r8=cr.ifa
        nop.i 0
        rfi ;;                          //= native-only 2 traps rfi
        }
        .endp vector
xen_ivt:
        .proc vector2
vector2:
        { .mib
        mov r8 = cr.ifa                 //= uncovered 0 traps mov r8=cr.ifa
        nop.i 0
        bsw.1 ;;                        //= uncovered 2 traps bsw.1
        }
        .endp vector2

/* Sensitive ones that nobody notices, harmless ones, and some that are neither. */
        .global silent
        .proc silent
silent:
        { .mmi
        thash r8 = r9                   //= uncovered 0 silent thash r8=r9
        mov r10 = cpuid[r9]             //= uncovered 1 silent mov r10=cpuid[r9]
        nop.i 0 ;;
        }
        { .mmi
        mov.m r8 = ar.itc               //= uncovered 0 silent mov.m r8=ar.itc
        fc r9                           //= uncovered 1 silent fc r9
        nop.i 0 ;;
        }
        { .mmi
        mov.m ar.k6 = r9                //= uncovered 0 traps mov.m ar.k6=r9
        mov.m r8 = ar.k5
        nop.i 0 ;;
        }
        { .mmi
        mov.m ar.rsc = 0
        rum 0x2                         //= harmless 1 harmless rum 0x2
        mov.i ar.pfs = r8 ;;
        }
        { .mib
        srlz.d
        nop.i 0
        epc ;;                          //= harmless 2 harmless epc
        }
        .endp silent

/* A table that happens to look like { rsm 0x4000 ; mov cr.iva = r8 ; nop.i }, and code behind it. */
        .section .mixed, "awx"
        .type table, @object
table:
        data8 0x4000000702000009, 0x0004000000085808
        .size table, . - table
        .proc in_mixed
in_mixed:
        { .mmi
        ssm 0x4000                      //= uncovered 0 traps ssm 0x4000
        nop.m 0
        nop.i 0 ;;
        }
        .endp in_mixed

        .section .paravirt_bundles, "a"
        data8 .Lsite2, .Lsite2_end, 11
        data8 .Lsite1, .Lsite2, 10
        .section .paravirt_insts, "a"
        data8 .Linst1, .Linst1_end, 0x10001041
        .section .paravirt_branches, "a"
        data8 .Lbranch, 0x30000000
