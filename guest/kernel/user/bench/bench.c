/* bench [n=COUNT] NAME[,NAME...]|all: performs workloads, a line for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include "../lib/mark.h"

static const struct workload {
    const char *name;
    workload_fn *perform;
    long iterations;
    const char *what;
} workloads[] = {
#define WORKLOAD(name, function, iterations, what) { name, function, iterations, what },
#include "workloads.def"
};

const char no_disk[] = "there is no disk", small_disk[] = "the disk has less than 16 KB";
static const char *current;

void begin(long n)
{
    phase_begin(current, n);
}

void end(void)
{
    phase_end();
}

static bool perform(const struct workload *w, long n)
{
    n = n ? n : w->iterations;
    current = w->name;
    const char *why = w->perform(n);
    bool skipped = why == no_disk || why == small_disk;
    if (!why) printf("%-10s %7ld ok\n", w->name, n);
    else printf("%-10s %7ld %s: %s\n", w->name, n, skipped ? "skipped" : "FAILED", why);
    return !why || skipped;
}

/* Is the name among those between commas? */
static bool listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; *p;) {
        if (starts_with(p, name) && (p[n] == ',' || !p[n])) return true;
        while (*p && *p++ != ',') {}
    }
    return false;
}

static bool known(const char *list)
{
    while (*list) {
        size_t n = 0;
        while (list[n] && list[n] != ',') n++;
        bool found = n == 3 && !memcmp(list, "all", 3);
        for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
            found |= strlen(workloads[i].name) == n && !memcmp(list, workloads[i].name, n);
        }
        if (!found) return false;
        list += n + (list[n] == ',');
    }
    return true;
}

static int usage(const char *list)
{
    if (*list) printf("bench: not all of these are workloads: %s\n", list);
    for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
        printf("%-10s %7ld  %s\n", workloads[i].name, workloads[i].iterations, workloads[i].what);
    }
    return 2;
}

/* Digits only, and not too many; nothing at all is 0. */
static bool is_count(const char *s)
{
    size_t n = 0;
    while (s[n] >= '0' && s[n] <= '9') n++;
    return !s[n] && n < 10;
}

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    const char *list = argc > 1 ? argv[argc - 1] : "";
    const char *count = argc > 2 && starts_with(argv[1], "n=") ? argv[1] + 2 : env("n");
    long n = number(count, 0);
    int failed = 0;
    if (!*list || !known(list)) return usage(list);
    if (count && !is_count(count)) {
        printf("bench: n=%s is not a number of iterations\n", count);
        return 2;
    }
    for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
        bool wanted = listed(list, "all") || listed(list, workloads[i].name);
        if (wanted) failed += !perform(&workloads[i], n);
    }
    return failed;
}
