#!/usr/bin/env python3
"""Builds guest programs, if this host can: C needs ia64-linux-gnu-gcc, assembly only the binutils.

A program is one file, NAME.c or NAME.s.  Hosts without the tools use the images that are checked in;
`cross.py --update` makes those anew from all sources (tests and benchmarks).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RT = os.path.join(HERE, "rt")
TOP = os.path.dirname(os.path.dirname(HERE))
PREFIX = os.environ.get("EPIC64_CROSS", "ia64-linux-gnu-")
CFLAGS = ["-std=gnu17", "-O2", "-ffreestanding", "-ffp-contract=off", "-fno-pic", "-Wall", "-Wextra", "-Werror"]
LDFLAGS = ["-nostdlib", "-static", "-Wl,-z,max-page-size=4096", "-Wl,--build-id=none", "-s",
           "-T", os.path.join(RT, "link.ld")]


def tool(name):
    return shutil.which(PREFIX + name)


def missing_for(source):
    """The tool that this source would need and that is not there, or None."""
    needed = ["gcc"] if source.endswith(".c") else ["as", "ld"]
    for name in needed:
        if not tool(name):
            return PREFIX + name
    return None


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode or "Warning" in done.stdout:
        raise SystemExit("%s\n%s" % (" ".join(command), done.stdout))


def build(sources, image):
    """One image from C sources (with the runtime) or from one assembly source."""
    if sources[0].endswith(".c"):
        includes = ["-I", RT, "-I", os.path.dirname(sources[0])]
        runtime = [os.path.join(RT, "crt0.S"), os.path.join(RT, "rt.c")]
        run([tool("gcc")] + CFLAGS + includes + LDFLAGS + ["-o", image] + runtime + sources + ["-lgcc"])
        return
    with open(sources[0]) as source:
        layout = "firmware.ld" if '"firmware.inc"' in source.read() else "asm.ld"
    obj = image + ".o"
    run([tool("as"), "-I", RT, "-o", obj, sources[0]])
    run([tool("ld"), "-s", "-z", "max-page-size=4096", "-T", os.path.join(RT, layout), "-o", image, obj])
    os.remove(obj)


def name_of(source):
    return os.path.splitext(os.path.basename(source))[0]


def all_programs():
    """Every (sources, checked-in image) of the tree."""
    for entry in sorted(os.listdir(HERE)):
        if entry.endswith((".c", ".s")):
            source = os.path.join(HERE, entry)
            yield [source], os.path.join(HERE, "images", name_of(source) + ".elf")
    programs = os.path.join(TOP, "bench", "programs")
    for entry in sorted(os.listdir(programs)):
        if entry.endswith(".c") and entry != "main.c":
            source = os.path.join(programs, entry)
            yield ([source, os.path.join(programs, "main.c")],
                   os.path.join(TOP, "bench", "images", name_of(source) + ".elf"))


def main():
    if sys.argv[1:] != ["--update"]:
        raise SystemExit(__doc__)
    for sources, image in all_programs():
        lacking = missing_for(sources[0])
        if lacking:
            raise SystemExit("%s: %s is not installed" % (sources[0], lacking))
        os.makedirs(os.path.dirname(image), exist_ok=True)
        build(sources, image)
        print("%s: %d bytes" % (os.path.relpath(image, TOP), os.path.getsize(image)))


if __name__ == "__main__":
    main()
