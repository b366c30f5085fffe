#!/usr/bin/env python3
"""A guest in assembly that uses every door to the hypervisor: test_guest.py EPIC64

It checks by itself what it finds and says PASS, or FAIL with the number of a check in guest/pv.s.  It
runs three times: as it is, in small slices, and observed slot by slot; all must end in the same state.
Needs ia64-linux-gnu-as and -ld; without them the test is skipped.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest", "pv.s")
WAYS = [[], ["--slice", "100"], ["--trace", "insn:/dev/null"]]


def build(folder):
    program, obj = os.path.join(folder, "pv"), os.path.join(folder, "pv.o")
    subprocess.run(["ia64-linux-gnu-as", "-o", obj, SOURCE], check=True)
    subprocess.run(["ia64-linux-gnu-ld", "--no-warn-rwx-segments", "-N", "-Ttext=0x4000000", "-e",
                    "_start", "-o", program, obj], check=True)
    return program


def run(epic64, program, options):
    command = [epic64, "run", "--xen", "-m", "128M", "--kernel", program, "--hash",
               "--max-insns", "50000000"] + options
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    out, err = done.stdout.decode(), done.stderr.decode()
    if done.returncode != 0 or out.strip() != "PASS":
        raise SystemExit("%s: status %d\n%s%s" % (" ".join(command), done.returncode, out, err))
    return re.search(r"^hash (\w+)$", err, re.M).group(1)


def main():
    epic64 = sys.argv[1]
    for tool in ("ia64-linux-gnu-as", "ia64-linux-gnu-ld"):
        if not shutil.which(tool):
            print("skipped:", tool, "is not there")
            return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        hashes = [run(epic64, program, options) for options in WAYS]
    if len(set(hashes)) != 1:
        raise SystemExit("the ways to run it differ: %s" % hashes)
    print("PASS, three times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
