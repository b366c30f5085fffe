#!/usr/bin/env python3
"""Somebody at the console of janus, for documents that show a session.

    type.py OPTION... <LINES

boots ./janus with these options of `epic64 run`, types the lines, each when the shell asks for it, and
prints what the terminal shows.  The last line must end the run; the status is the emulator's.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "janus"))
sys.dont_write_bytecode = True
import kit  # noqa: E402


def main():
    *lines, last = sys.stdin.read().splitlines()
    typist = kit.Typist(kit.Kit("epic64", ".", "."), *sys.argv[1:])
    print(typist.text, end="")
    for line in lines:
        print("%s\n%s%s" % (line, typist.ask(line), typist.PROMPT), end="")
    said = typist.process.communicate(last.encode() + b"\n", timeout=kit.PATIENCE)[0]
    print(said.decode(errors="replace").replace("\r", ""), end="")
    return typist.process.returncode


sys.exit(main())
