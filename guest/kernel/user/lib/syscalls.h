/* Numbers for assembly, which cannot read an enum, and an enum for C.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef USER_SYSCALLS_H
#define USER_SYSCALLS_H

#ifdef __ASSEMBLER__
#define NR_exit   1025
#define NR_clone2 1213
#else
enum {
#define SYSCALL(name, number) NR_##name = number,
#include "syscalls.def"
};
#endif

#endif
