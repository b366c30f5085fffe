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
import argparse
import os
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kit  # noqa: E402
from scenarios import ALL  # noqa: E402

SKIPPED = 77


def perform(test, name, epic64, kernel, initrd):
    """(pass, fail or skip; why)"""
    with tempfile.TemporaryDirectory() as directory:
        try:
            test(kit.Kit(epic64, kernel, initrd, directory))
        except kit.Skip as why:
            return "skip", str(why)
        except Exception as why:  # one bad test must not hide the others
            if not isinstance(why, AssertionError):
                traceback.print_exc(file=sys.stdout)
            print("%s:\n%s" % (name, why))
            return "fail", (str(why).splitlines() or [repr(why)])[0]
    return "pass", ""


def plan(args):
    """(test, name, kernel, initrd) for everything that is to be run."""
    kernel, initrd = kit.images(args.epic64)
    kernels = [(kernel, "")]
    old = os.environ.get("EPIC64_LINUX_OLD_KERNEL")
    if old and args.full:
        kernels.append((old, ", old kernel"))
    for path, suffix in kernels:
        for test in ALL:
            wanted = test.__name__ in args.tests if args.tests else args.full or test.quick
            if wanted and not (suffix and test.new_only):
                yield test, test.__name__.replace("_", " ") + suffix, path, initrd


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("epic64", nargs="?")
    parser.add_argument("tests", nargs="*")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--list", action="store_true", help="names of the quick tests")
    parser.add_argument("--update", action="store_true", help="compile the guest program that is checked in")
    parser.add_argument("--results")
    args = parser.parse_args()
    unknown = set(args.tests) - {t.__name__ for t in ALL}
    if unknown or not (args.list or args.update or args.epic64):
        parser.error("no such test: %s" % ", ".join(unknown) if unknown else "EPIC64 is missing")
    return args


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
        if args.results:
            with open(args.results, "a") as results:
                results.write("Linux skip %s\n" % why)
        return SKIPPED
    outcomes = []
    for test, name, kernel, initrd in todo:
        started = time.monotonic()
        outcome, why = perform(test, name, args.epic64, kernel, initrd)
        outcomes.append(outcome)
        print("%-4s %6.1f s  %s%s" % (outcome, time.monotonic() - started, name, ": " + why if why else ""), flush=True)
        if outcome == "skip" and len(todo) == 1:
            print(why)
        if args.results:
            with open(args.results, "a") as results:
                results.write("Linux: %s %s %s\n" % (name, outcome, why))
    return 1 if "fail" in outcomes else SKIPPED if set(outcomes) == {"skip"} else 0


if __name__ == "__main__":
    sys.exit(main())
