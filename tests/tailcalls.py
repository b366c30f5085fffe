#!/usr/bin/env python3
"""Handlers must end in jumps.

In the threaded interpreter each handler calls the next as its last act, and the compiler makes a jump
of that, unless the address of a local escaped: then the host stack grows with every instruction.
This looks for calls through a cell, `call *(register)`, in the handlers of a built libcpu.a; bodies
that need them should use NEXT_RARE.

usage: tailcalls.py OBJDUMP LIBCPU.A

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import subprocess
import sys

LOOP = {"run", "run_fast", "observe_slot", "run_observed"}  # these do call handlers


def calls(objdump, library):
    """Functions of the handlers' objects with a call through the first word of a struct."""
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", library], check=True,
                          capture_output=True, text=True).stdout
    member = function = ""
    for line in text.splitlines():
        if ":     file format" in line:
            member = line.split(":")[0]
        elif line.endswith(">:"):
            function = line.split("<")[1][:-2]
        elif re.search(r"call\s+\*\(%r", line) and ("exec_" in member or "run.c" in member):
            yield member, function


def main():
    objdump, library = sys.argv[1:]
    bad = [(m, f) for m, f in calls(objdump, library) if f.split(".")[0] not in LOOP]
    for member, function in bad:
        print(f"{member}: {function} calls the next handler and comes back")
    print(f"{len(bad)} handlers grow the host stack")
    return bool(bad)


sys.exit(main())
