/* Checks of a machine through Linux, by a program that has nothing but system calls:
 *
 *     checks [FUNCTION...]      prints "ok WHAT" or "not ok WHAT: WHY" for each; the status is how many failed
 *     checks touch MEGABYTES    fills that much memory
 *     checks code DISK N        N processors execute code that DISK writes over
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

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (equal(argv[i], name)) return 1;
    }
    return argc == 1;
}

/* Writes its number into every page of that many megabytes, and looks whether all are there. */
static int touch(const char *megabytes)
{
    u64 size = 0;
    for (const char *p = megabytes; *p; p++) size = size * 10 + (u64)(*p - '0');
    u64 pages = size * 1024 * 1024 / PAGE, step = PAGE / sizeof(u64);
    u64 *memory = map(NULL, pages * PAGE, RW, PRIVATE);
    for (u64 i = 0; i < pages; i++) memory[i * step + i % step] = ~i;
    for (u64 i = 0; i < pages; i++) {
        if (memory[i * step + i % step] != ~i) return 1;
    }
    print("touched ");
    print(megabytes);
    print("\n");
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc == 4 && equal(argv[1], STARTED_OVER)) return started_over(argv);
    if (argc == 3 && equal(argv[1], "touch")) return touch(argv[2]);
    if (argc == 4 && equal(argv[1], "code")) return shared_code(argv[2], argv[3]);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (!wanted(checks[i].name, argc, argv)) continue;
        const char *why = checks[i].fn();
        print(why ? "not ok " : "ok ");
        print(checks[i].what);
        if (why) print(": ");
        if (why) print(why);
        print("\n");
        failed += why != NULL;
    }
    return failed;
}
