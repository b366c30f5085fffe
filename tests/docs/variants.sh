#!/bin/sh
# Slots of some workloads, each time, in every build of janus, natively and as a domain, for
# docs/paravirt.md.  "unpatched" is the ordinary build started with pv=off.
#
#     tests/docs/variants.sh [FOLDER]         FOLDER holds janus, janus-nopv, janus-branch, janus-table
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu
cd "${1-.}"

measure() { # WAY COLUMN IMAGE WORDS
    epic64 privops --kernel "$3" --append "quiet workload=null-break,null-epc,switch,pipe,fault,purge,signal n=50 $4" --only "$1" --output csv 2>/dev/null |
        awk -F, -v way="$1" -v column="$2" 'NR > 1 && $2 > 0 {
            gsub(/"/, "", $1)
            if (!seen[$1]++) print way, column, $1, ($3 + $4) / $2
        }'
}

{
    measure native nopv janus-nopv ""
    for way in native domain; do
        measure $way patched janus ""
        measure $way unpatched janus pv=off
        measure $way branch janus-branch ""
        measure $way table janus-table ""
    done
} | awk '
    { slots[$1, $2, $3] = $4; if (!seen[$3]++) order[++n] = $3 }
    function cell(way, column, workload) { return sprintf("%11.0f", slots[way, column, workload]) }
    END {
        printf "%-12s%52s   | %s\n", "", "native", "domain"
        printf "%-12s%11s%11s%9s%11s%11s%11s |%11s%11s%11s%11s\n", "each time", "no pv", "patched", "more",
            "unpatched", "branch", "table", "patched", "unpatched", "branch", "table"
        for (i = 1; i <= n; i++) {
            w = order[i]
            printf "%-12s%s%s%8.2f%%%s%s%s |%s%s%s%s\n", w, cell("native", "nopv", w), cell("native", "patched", w),
                100 * (slots["native", "patched", w] / slots["native", "nopv", w] - 1),
                cell("native", "unpatched", w), cell("native", "branch", w), cell("native", "table", w),
                cell("domain", "patched", w), cell("domain", "unpatched", w), cell("domain", "branch", w), cell("domain", "table", w)
        }
    }'
