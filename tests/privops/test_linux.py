#!/usr/bin/env python3
"""epic64 privops on a Linux that runs both ways: test_linux.py EPIC64

EPIC64_PV_KERNEL and EPIC64_LINUX_INITRD name the kernel and its RAM disk as for tests/linux/pv.py;
without them the status is 77.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import subprocess
import sys

SKIPPED = 77


def check(ok, *words):
    if not ok:
        raise SystemExit(" ".join(str(w) for w in words))


def privops(epic64, kernel, initrd, *options):
    command = [epic64, "privops", "-m", "512M", "--kernel", kernel, "--initrd", initrd, "--max-insns",
               "3000000000", "--append", "console=ttyS0 console=hvc0 quiet run=true"] + list(options)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    check(done.returncode == 0, done.returncode, done.stderr.decode())
    return done.stdout.decode()


def column(operations, name, which):
    return operations[name][which] if name in operations else 0


def main():
    epic64 = sys.argv[1]
    kernel, initrd = os.environ.get("EPIC64_PV_KERNEL"), os.environ.get("EPIC64_LINUX_INITRD")
    if not kernel or not initrd:
        print("skipped: EPIC64_PV_KERNEL and EPIC64_LINUX_INITRD name no kernel and RAM disk")
        return SKIPPED
    text = privops(epic64, kernel, initrd, "--output", "json", "--smp", "2")
    check(text == privops(epic64, kernel, initrd, "--output", "json", "--smp", "2"), "two runs differ")
    data = json.loads(text)
    check([p["name"] for p in data["phases"]] == ["all"], "there are phases")
    phase = data["phases"][0]
    check(0.9 < phase["ratio"] < 1.3, "ratio", phase["ratio"])
    done = {o["operation"]: o for o in phase["operations"]}
    for name in ("ssm psr.i", "rsm psr.i", "mov =psr"):
        native, trapped = column(done, name, "native"), column(done, name, "domain_trapped")
        check(native > 10000, name, "native", native)
        check(trapped < native / 20, name, "trapped", trapped)
    for name in ("rfi", "cover", "mov ar.k=", "itc.d", "mov cr.itm="):
        native, called = column(done, name, "native"), column(done, name, "domain_called")
        check(native / 2 < called < native * 2, name, native, called)
    for name in ("PAL_VM_SUMMARY", "PAL_HALT_LIGHT", "SAL_FREQ_BASE"):
        check(column(done, name, "native") and column(done, name, "domain_called"), "no", name)
    check(column(done, "event upcall", "domain_called") > 50, "no upcalls")
    check(column(done, "External Interrupt", "native") > 50, "no interrupts")
    check(all(s["symbol"] for s in data["runs"]["native"]["top"]), "sites without names")
    print("a boot counted twice, the same both times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
