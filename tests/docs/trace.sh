#!/bin/sh
# Traces two system calls and a tick of janus, for docs/tour.md.
#
#     tests/docs/trace.sh [FOLDER]
#
# runs ./janus of FOLDER (the current one) both ways, and leaves there native.break, native.epc,
# native.tick and domain.break ...: every slot that was executed between the marks of a workload, but
# for nops; behind an arrow what an address, a mask or a number of a hypervisor's means, by
# guest/kernel/include/xsi.h.  native.break.full and so on have the nops, too, and the registers that
# were written; between tabs, for bundles.py.  native.events and domain.events are the whole runs as
# events.
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu
xsi=$(cd "$(dirname "$0")/../.." && pwd)/guest/kernel/include/xsi.h
cd "${1-.}"
rm -f native.*.at domain.*.at

# VALUE NAME: addresses as an addl has them, then numbers of hyperprivops.
{
    sed -n 's/^#define \(XSI_[A-Z0-9_]*\) \(0x[0-9a-f]*\)$/\1 \2/p' "$xsi" | while read -r name offset; do
        echo "=$((offset + 0x4000 - 0x100000)) $name"
    done
    sed -n 's/^#define \(HYPER[A-Z0-9_]*\) \(0x[0-9a-f]*\)$/break.m\2 \1/p' "$xsi"
    echo "ssm0x2000 psr.ic
rsm0x2000 psr.ic
ssm0x4000 psr.i
rsm0x4000 psr.i
ssm0x20000 psr.dt
rsm0x20000 psr.dt"
} >names

for way in native domain; do
    if [ $way = domain ]; then xen=--xen; else xen=; fi
    epic64 run --kernel janus $xen --console none --append 'quiet workload=null-break,null-epc,idle n=1' \
        --trace all:$way.events --trace insn,regs:/dev/stdout |
    awk -v way=$way '
        BEGIN {
            while ((getline < "names") > 0) meaning[$1] = $2
            split("break epc tick", phase)
            effects = 66    # the column, unless the instruction is longer
        }
        / nop\.m 0x164000/ { on = 1; n++ }
        on {
            at = effects
            if (substr($0, at, 1) != " ") {
                at = length($0) + 1
                if (match($0, /( [a-z.]+[0-9]*=[0-9a-f]+)+$/)) at = RSTART
            }
            line = substr($0, 3, at - 3)
            sub(/ +$/, "", line)
            effect = substr($0, at)
            sub(/^ +/, "", effect)
            key = ""
            if (match(line, /=-1[0-9]+/)) key = substr(line, RSTART, RLENGTH)
            if (match(line, /(break\.m|[rs]sm) 0x[0-9a-f]+/)) key = substr(line, RSTART, RLENGTH)
            sub(/ /, "", key)
            known = key in meaning ? meaning[key] : ""
            full = line
            sub(/ /, "\t", full)
            print full "\t" effect "\t" known > (way "." phase[n] ".full")
            if (effect == "(off)") line = line "  (off)"
            if (effect == "(not retired)") line = sprintf("%-64s(not retired)", line)
            if (known) line = sprintf("%-52s <- %s", line, known)
            if (line !~ / nop\./) print line > (way "." phase[n])
        }
        / nop\.m 0x164001/ { on = 0 }'
done
rm names
