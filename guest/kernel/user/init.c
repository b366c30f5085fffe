/* The first process: does what the kernel's command line asks for, then turns the machine off.
 *
 *     selftest              checks of the kernel from inside
 *     workload=NAME,...     workloads, n= of each (bench.c)
 *     neither               a shell on the console
 *
 * When something fails it ends itself, which no kernel survives: the machine's end says so to the
 * world.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/user.h"

enum { MAGIC1 = 0xfee1dead, MAGIC2 = 0x28121969, POWER_OFF = 0x4321fedc };

static bool asked(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], word)) return true;
    }
    return false;
}

static bool perform(char *program, char *argument)
{
    char *argv[] = { program, argument, NULL };
    int status = run(argv);
    if (status >= WAIT_SIGNALLED) {
        printf("init: %s died of signal %d\n", program, status - WAIT_SIGNALLED);
    }
    return status == 0;
}

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    char *workload = (char *)env("workload");
    bool selftest = asked(argc, argv, "selftest"), good = true;
    if (selftest) good &= perform("/bin/selftest", NULL);
    if (workload) good &= perform("/bin/bench", workload);
    if (!selftest && !workload) perform("/bin/sh", NULL);
    if (!good) {
        printf("FAILED\n");
        return 1;
    }
    sys(NR_reboot, MAGIC1, MAGIC2, POWER_OFF);
    return 2;
}
