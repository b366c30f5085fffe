#!/bin/sh
# Traces two system calls and a tick of janus, for docs/tour.md.
#
#     tests/docs/trace.sh [FOLDER]
#
# runs ./janus of FOLDER (the current one) both ways, and leaves there native.break, native.epc,
# native.tick and domain.break ...: every slot that was executed between the marks of a workload, but
# for nops; behind an arrow what an address, a mask or a number of a hypervisor's means, by
# guest/kernel/include/xsi.h.  native.events and domain.events are the whole runs as events.
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu
xsi=$(cd "$(dirname "$0")/../.." && pwd)/guest/kernel/include/xsi.h
cd "${1-.}"

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
        --trace all:$way.events --trace insn:/dev/stdout |
    awk -v way=$way '
        BEGIN {
            while ((getline < "names") > 0) meaning[$1] = $2
            split("break epc tick", phase)
        }
        / nop\.m 0x164000$/ { on = 1; n++ }
        on && !/ nop\./ {
            line = substr($0, 3)
            sub(/ +\(off\)/, "  (off)", line)
            key = ""
            if (match($0, /=-1[0-9]+/)) key = substr($0, RSTART, RLENGTH)
            if (match($0, /(break\.m|[rs]sm) 0x[0-9a-f]+/)) key = substr($0, RSTART, RLENGTH)
            sub(/ /, "", key)
            if (key in meaning) line = sprintf("%-52s <- %s", line, meaning[key])
            print line > (way "." phase[n])
        }
        / nop\.m 0x164001$/ { on = 0 }'
done
rm names
