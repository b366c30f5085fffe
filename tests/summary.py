#!/usr/bin/env python3
"""Adds up the results of ./check: what failed, what was skipped and why, and a closing line.

    summary.py RESULTS BUILD...

RESULTS has lines "name pass|fail|skip [reason]"; a build directory has a log of its tests.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import sys

KIND = {"OK": "pass", "EXPECTEDFAIL": "pass", "SKIP": "skip"}


def from_file(path):
    for line in open(path):
        words = line.split()
        at = next(i for i, w in enumerate(words) if w in ("pass", "fail", "skip"))
        yield " ".join(words[:at]), words[at], " ".join(words[at + 1:])


def from_build(build, since):
    """Results of the last `meson test`, if it was part of this check."""
    log = os.path.join(build, "meson-logs", "testlog.json")
    if not os.path.exists(log) or os.path.getmtime(log) < since:
        return
    for line in open(log):
        test = json.loads(line)
        reason = (test.get("stdout") or "").strip().splitlines()
        yield "%s (%s)" % (test["name"], build), KIND.get(test["result"], "fail"), reason[-1] if reason else ""


def main():
    results = list(from_file(sys.argv[1]))
    since = os.path.getmtime(os.path.join(sys.argv[2], "check.log")) - 1
    for build in sys.argv[2:]:
        results += from_build(build, since)
    count = {"pass": 0, "fail": 0, "skip": 0}
    for name, kind, reason in results:
        count[kind] += 1
        if kind == "fail":
            print("failed: %s" % name)
        elif kind == "skip":
            print("skipped: %s: %s" % (name, reason))
    print("%(pass)d passed, %(fail)d failed, %(skip)d skipped" % count)
    raise SystemExit(1 if count["fail"] or not count["pass"] else 0)


if __name__ == "__main__":
    main()
