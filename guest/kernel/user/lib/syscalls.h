/* The numbers of system calls, for C and for assembly.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef USER_SYSCALLS_H
#define USER_SYSCALLS_H

#define BREAK_SYSCALL 0x100000

#ifdef __ASSEMBLER__
#define SYSCALL(name, number) .equ NR_##name, number
#include "syscalls.def"
#else
enum {
#define SYSCALL(name, number) NR_##name = number,
#include "syscalls.def"
};
#endif

#endif
