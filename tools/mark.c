/* mark NAME [N] -- COMMAND [ARGUMENT...]: runs a command, N times, as a phase for whoever counts.
 *
 * A program for the guest: Linux/ia64 under `epic64 privops` (docs/privops-linux.md).  The phase begins
 * and ends by nops that mean nothing to other machines (docs/privops.md).
 *
 *     ia64-linux-gnu-gcc -O2 -static -o mark tools/mark.c
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The name is read first, so that it can be found through the translation in force. */
static void phase_begin(const char *name, long n)
{
    __asm__ volatile("mov r14 = %0\n\tmov r15 = %1\n\t;;\n\tld1 r16 = [r14]\n\t;;\n\t"
                     "add r16 = r16, r0\n\t;;\n\tnop.m 0x164000\n\t;;"
                     : : "r"(name), "r"(n) : "r14", "r15", "r16", "memory");
}

static void phase_end(void)
{
    __asm__ volatile(";;\n\tnop.m 0x164001\n\t;;" : : : "memory");
}

static int run_once(char **command)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(command[0], command);
        fprintf(stderr, "mark: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        perror("mark");
        exit(1);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int usage(void)
{
    fputs("usage: mark NAME [N] -- COMMAND [ARGUMENT...]\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    int dashes = 1, status = 0;
    while (dashes < argc && strcmp(argv[dashes], "--")) dashes++;
    if (dashes < 2 || dashes > 3 || dashes + 1 >= argc) return usage();
    char *end = "";
    long n = dashes == 3 ? strtol(argv[2], &end, 10) : 1;
    if (*end || n < 1) return usage();
    phase_begin(argv[1], n);
    for (long i = 0; i < n && !status; i++) status = run_once(argv + dashes + 1);
    phase_end();
    return status;
}
