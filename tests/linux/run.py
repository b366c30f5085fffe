#!/usr/bin/env python3
"""Boots Linux and looks at it from inside and outside.

    run.py EPIC64 [--full] [--results FILE] [TEST...]
    run.py --list
    run.py --update       makes images/checks.elf anew, for hosts without the cross compiler

Without names: the quick tests; with --full all of them, for the old kernel too if there is one
(kit.py says where images come from).  With --results a line per test is added to FILE: name,
pass, fail or skip, and why.  The status is 77 if everything was skipped.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kit  # noqa: E402
import runner  # noqa: E402
from scenarios import ALL  # noqa: E402


def plan(args):
    """(test, name, what makes its kit) for everything that is to be run."""
    kernel, initrd = kit.images(args.epic64)
    kernels = [(kernel, "")]
    old = os.environ.get("EPIC64_LINUX_OLD_KERNEL")
    if old and args.full:
        kernels.append((old, ", old kernel"))
    for path, suffix in kernels:
        for test in runner.wanted(args, ALL):
            if (args.tests or args.full or test.quick) and not (suffix and test.new_only):
                yield test, runner.name_of(test) + suffix, functools.partial(kit.Kit, args.epic64, path, initrd)


def parse_arguments():
    parser = runner.parser(__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--update", action="store_true", help="compile the guest program that is checked in")
    return runner.parse(parser, ALL, lambda args: args.list or args.update)


def main():
    args = parse_arguments()
    if args.list:
        print("\n".join(t.__name__ for t in ALL if t.quick))
        return 0
    if args.update:
        kit.compile_checks(kit.CHECKED_IN)
        return 0
    try:
        todo = list(plan(args))
    except kit.Skip as why:
        print(why)
        runner.note(args, "Linux skip %s" % why)
        return runner.SKIPPED
    return runner.perform_all(args, "Linux", todo)


if __name__ == "__main__":
    sys.exit(main())
