"""Tests that are functions of a kit, for programs that run a list of them: one after the other, each in a
scratch folder of its own, with a line about what came of it.

A program passes `parser` its description, adds the options that only it has, and gives what `parse`
returns to `perform_all`.  Linux (linux/run.py, linux/pv.py) and janus (janus/run.py) are tested so.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import sys
import tempfile
import time
import traceback

SKIPPED = 77  # the status that meson takes for it


class Skip(Exception):
    """This test cannot be run here; why."""


def check(truth, what):
    """An assertion that says what came instead."""
    if not truth:
        raise AssertionError(str(what))


def name_of(test):
    return test.__name__.replace("_", " ")


# ---- the command line ---------------------------------------------------------------------------


def parser(description):
    """What all of them understand: PROGRAM EPIC64 [--results FILE] [TEST...], or --list."""
    made = argparse.ArgumentParser(description=description.split("\n\n")[0])
    made.add_argument("epic64", nargs="?")
    made.add_argument("tests", nargs="*")
    made.add_argument("--list", action="store_true", help="names of the tests")
    made.add_argument("--results", help="add a line per test to this file")
    return made


def parse(made, tests, may_lack_epic64=lambda args: args.list):
    args = made.parse_intermixed_args()
    unknown = set(args.tests) - {t.__name__ for t in tests}
    if unknown or not (args.epic64 or may_lack_epic64(args)):
        made.error("no such test: %s" % ", ".join(unknown) if unknown else "EPIC64 is missing")
    return args


def wanted(args, tests):
    return [t for t in tests if not args.tests or t.__name__ in args.tests]


# ---- the run ------------------------------------------------------------------------------------


def perform(test, name, make_kit):
    """(pass, fail or skip; why)"""
    with tempfile.TemporaryDirectory() as directory:
        try:
            test(make_kit(directory))
        except Skip as why:
            return "skip", str(why)
        except Exception as why:  # one bad test must not hide the others
            if not isinstance(why, AssertionError):
                traceback.print_exc(file=sys.stdout)
            print("%s:\n%s" % (name, why))
            return "fail", (str(why).splitlines() or [repr(why)])[0]
    return "pass", ""


def note(args, line):
    if args.results:
        with open(args.results, "a") as results:
            results.write(line + "\n")


def perform_all(args, subject, todo):
    """The status.  todo: (test, its name, what makes its kit of a folder)."""
    outcomes = set()
    for test, name, make_kit in todo:
        started = time.monotonic()
        outcome, why = perform(test, name, make_kit)
        outcomes.add(outcome)
        print("%-4s %6.1f s  %s%s" % (outcome, time.monotonic() - started, name, ": " + why if why else ""), flush=True)
        note(args, "%s: %s %s %s" % (subject, name, outcome, why))
    if outcomes == {"skip"}:
        print(why)  # the summary takes the last line for the reason
        return SKIPPED
    return 1 if "fail" in outcomes else 0
