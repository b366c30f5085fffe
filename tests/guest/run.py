#!/usr/bin/env python3
"""Runs one guest test.  What it expects stands in the first lines of its source:

    // expect: console "pass\\n"     what it prints (default: pass and a newline)
    // expect: exit 0               its status (default 0)
    // run: --mem=16M               further options of epic64 run
    // on: firmware                 the machine that kernels boot on, not the bare one

Every test runs four times: as it comes, in slices of two lengths, and in the observed loop.
Console, status and the hash of the final state must be the same each time, so that every guest
test is a determinism test, and compares the two loops.  The host's stack is kept small: handlers jump
to each other, and one that forgot to would be seen here.

    run.py EPIC64 SOURCE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import ast
import os
import re
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cross  # noqa: E402

SKIP = 77
WAYS = [("as it comes", []), ("in slices of 997", ["--slice=997"]), ("in slices of 10", ["--slice=10"]),
        ("observed", ["--trace=insn:/dev/null"])]


def expectations(source):
    console, status, options, how = "pass\n", 0, [], []
    with open(source) as lines:
        for line in lines:
            found = re.match(r"\s*(?://|\*|/\*)\s*(expect|run|on):\s*(.*)", line)
            if not found:
                continue
            kind, text = found.groups()
            if kind == "run":
                options += text.split()
            elif (kind, text) == ("on", "firmware"):
                how = ["--kernel"]
            elif text.startswith("console "):
                console = ast.literal_eval(text[len("console "):])
            elif text.startswith("exit "):
                status = int(text[len("exit "):], 0)
            else:
                raise SystemExit("%s: unknown expectation: %s" % (source, text))
    return console, status, options + how


def image_for(source, directory):
    lacking = cross.missing_for(source)
    if not lacking:
        image = os.path.join(directory, cross.name_of(source) + ".elf")
        cross.build([source], image)
        return image
    image = os.path.join(os.path.dirname(os.path.abspath(source)), "images", cross.name_of(source) + ".elf")
    if os.path.exists(image):
        return image
    print("skipped: %s is not installed and there is no %s" % (lacking, image))
    raise SystemExit(SKIP)


def small_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))


def main():
    epic64, source = sys.argv[1:]
    console, status, options = expectations(source)
    failed = False
    hashes = set()
    with tempfile.TemporaryDirectory() as directory:
        image = image_for(source, directory)
        for name, extra in WAYS:
            command = [epic64, "run", "--hash", "--max-insns=100000000"] + extra + options + [image]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=small_stack)
            out = done.stdout.decode(errors="replace").replace("\r", "")
            err = done.stderr.decode(errors="replace")
            found = re.search(r"^hash ([0-9a-f]{16})$", err, re.M)
            hashes.add(found.group(1) if found else None)
            if (out, done.returncode) != (console, status) or not found:
                failed = True
                print("%s: exit %d, expected %d\nconsole %r\nexpected %r\n%s" %
                      (name, done.returncode, status, out, console, err))
    if len(hashes) != 1:
        failed = True
        print("the final states differ: %s" % hashes)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
