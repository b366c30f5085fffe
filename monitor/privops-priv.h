/* What the files that print a report share.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_PRIVOPS_PRIV_H
#define MONITOR_PRIVOPS_PRIV_H

#include "monitor/privops.h"

static inline const struct report_phase *report_phase_at(const struct report *r, unsigned i)
{
    return &g_array_index(r->phases, struct report_phase, i);
}

/* -1: the report has no such phase. */
int report_phase_named(const struct report *r, const char *name);

/* privops-text.c: "12,345", "-" for 0; the same per iteration, in three digits that matter. */
void report_print_count(FILE *out, int width, u64 n);
void report_print_rate(FILE *out, int width, u64 n, u64 iterations);

/* privops-matrix.c: several workloads? then all at a glance */
bool report_has_matrix(const struct report *r);
void report_matrix(const struct report *r, FILE *out);

#endif
