#!/usr/bin/env python3
"""The table of docs/xen-abi.md is what the ledger says: test_table.py LEDGER DOCUMENT [--write]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import subprocess
import sys
import tempfile

HEAD = "| | number | name | does its job | refuses | hostile arguments |\n"


def ledger(program):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table")
        subprocess.run([program, path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(path) as f:
            return f.read()


def split(text):
    """(before, table, behind)"""
    start = text.index(HEAD)
    end = start
    for line in text[start:].splitlines(keepends=True):
        if not line.startswith("|"):
            break
        end += len(line)
    return text[:start], text[start:end], text[end:]


def main():
    program, document = sys.argv[1:3]
    with open(document) as f:
        before, table, behind = split(f.read())
    new = ledger(program)
    if "--write" in sys.argv:
        with open(document, "w") as f:
            f.write(before + new + behind)
    elif table != new:
        raise SystemExit("the table of %s is not what %s says: test_table.py LEDGER DOCUMENT --write mends that"
                         % (document, program))


if __name__ == "__main__":
    main()
