/* selftest [NAME...]: checks of the kernel by a program that has nothing but system calls.  A line
 * for each; the status is 0 if none failed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

static const struct {
    check_fn *fn;
    const char *name, *what;
} checks[] = {
#define CHECK(name, what) { check_##name, #name, what },
#include "checks.def"
};

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], name)) return true;
    }
    return argc == 1;
}

static bool perform(size_t i)
{
    const char *why = checks[i].fn();
    printf("%s %s%s%s\n", why ? "not ok" : "ok", checks[i].what, why ? ": " : "", why ? why : "");
    return !why;
}

int main(int argc, char **argv, char **envp)
{
    int failed = 0, made = 0;
    if (argc > 1 && !strcmp(argv[1], STARTED_OVER)) return started_over(argc, argv, envp);
    for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
        if (!wanted(checks[i].name, argc, argv)) continue;
        made++;
        failed += !perform(i);
    }
    printf("selftest: %d passed, %d failed\n", made - failed, failed);
    return failed != 0;
}
