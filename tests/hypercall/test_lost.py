#!/usr/bin/env python3
"""Domains that have lost their way are ended, with a reason and a status: test_lost.py EPIC64

Each of the guests of guest/lost.s goes wrong in its own way.  The message must name the rule, the
processor, and the place by symbol.  Needs ia64-linux-gnu-as and -ld; without them the test is skipped.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest", "lost.s")
PANIC, STUCK, LOOP, GUEST = 119, 121, 122, 123
WAYS = [  # status, what standard error must match
    (LOOP, r"cpu 0: .*loop of interruptions: Break.* at 0x5002c00, with nothing executed in between; "
           r"it began with .*0x5000000"),
    (LOOP, r"cpu 0: .*loop of interruptions: Alternate Data TLB.* at 0x\w+ <virtual\+0x10>, a million times"),
    (LOOP, r"cpu 0: .*loop of interruptions: .*TLB.* at 0x\w+ <ivt\+0x1400>, "),
    (GUEST, r"vcpu 0 broke the rules: .*Inst.* TLB.*0x2000000000000000 while virtual psr.ic is 0 \(at ip 0x2"),
    (PANIC, r"cpu 0: the guest's kernel says that it has crashed"),
    (0, r"^$"),
    (GUEST, r"cpu 0: .*0x2002000000000000"),
    (PANIC, r"cpu 0: the kernel panicked \(called from 0x\w+ <virtual\+0x\w+>\)"),
    (GUEST, r"lost8: among its notes is none of Xen's.*lost8 has no Xen note, and has asked nothing of Xen for a second"),
    (STUCK, r"^epic64: cpu 0: all processors of the domain are down"),
    (STUCK, r"^epic64: cpu 0: the guest's kernel waits for external interrupts; a domain gets events only"),
]


def build(folder, how):
    program, obj = os.path.join(folder, "lost%d" % how), os.path.join(folder, "lost.o")
    subprocess.run(["ia64-linux-gnu-as", "--defsym", "HOW=%d" % how, "-o", obj, SOURCE], check=True)
    subprocess.run(["ia64-linux-gnu-ld", "--no-warn-rwx-segments", "-N", "-Ttext=0x4000000",
                    "--section-start=.note.test=0x4040000", "-e", "_start",
                    "-o", program, obj], check=True)
    return program


def verdict(epic64, program, status, pattern):
    """None, or what is wrong."""
    command = [epic64, "run", "--xen", "-m", "128M", "--kernel", program, "--max-insns", "2000000000"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if done.returncode == status and re.search(pattern, done.stderr, re.S):
        return None
    return "%s: status %d, expected %d and /%s/\n%s" % (program, done.returncode, status, pattern, done.stderr)


def main():
    for tool in ("ia64-linux-gnu-as", "ia64-linux-gnu-ld"):
        if not shutil.which(tool):
            print("skipped:", tool, "is not there")
            return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        wrong = [verdict(sys.argv[1], build(folder, how), *way) for how, way in enumerate(WAYS)]
    wrong = [text for text in wrong if text]
    if wrong:
        raise SystemExit("\n".join(wrong))
    print("%d lost guests, each ended with its reason" % len(WAYS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
