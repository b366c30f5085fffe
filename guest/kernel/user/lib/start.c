/* From the kernel's stack layout to main(), and what it tells besides arguments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

enum { AT_NULL = 0, AT_SYSINFO = 32 };

u64 kernel_gate;
syscall_fn *system_call = syscall_by_break;
char **environment;

static void read_auxiliary(const u64 (*aux)[2])
{
    for (; (*aux)[0] != AT_NULL; aux++) {
        if ((*aux)[0] == AT_SYSINFO) kernel_gate = (*aux)[1];
    }
}

const char *env(const char *name)
{
    size_t n = strlen(name);
    for (char **e = environment; *e; e++) {
        if (starts_with(*e, name) && (*e)[n] == '=') return *e + n + 1;
    }
    return NULL;
}

void start(long *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1);
    environment = argv + argc + 1;
    char **end = environment;
    while (*end) end++;
    read_auxiliary((const u64 (*)[2])(end + 1));
    if (kernel_gate) system_call = syscall_by_epc;
    leave(main(argc, argv, environment));
}
