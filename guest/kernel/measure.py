#!/usr/bin/env python3
# What each build of janus costs, as the two tables of README.md:
#
#     measure.py EPIC64 DIRECTORY      (DIRECTORY: where make put the images and its objects)
#
# Slots of an iteration are the difference of two runs, divided; exact and the same every time.
#
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import subprocess
import sys
from pathlib import Path

WORKLOADS = {"null-break": (500, 2500), "null-epc": (500, 2500), "switch": (500, 2500),
             "pipe": (500, 2500), "fault": (500, 2500), "fork": (50, 150)}
MORE = {"exec": (20, 120), "mmap": (500, 2500), "signal": (500, 2500), "purge": (500, 2500),
        "idle": (50, 250)} # only for the price on bare hardware
# label, image, machine, command line
BUILDS = [("nopv", "janus-nopv", "bare", ""),
          ("in place, patched", "janus", "bare", ""),
          ("in place, `pv=off`", "janus", "bare", "pv=off"),
          ("branch", "janus-branch", "bare", ""),
          ("table", "janus-table", "bare", ""),
          ("in place, patched", "janus", "domain", ""),
          ("in place, `pv=off`", "janus", "domain", "pv=off"),
          ("branch", "janus-branch", "domain", ""),
          ("table", "janus-table", "domain", "")]
LIMIT = 0.5  # per cent that patched code may cost on bare hardware
CALLED = [("in place", "janus"), ("branch", "janus-branch"), ("table", "janus-table")]
ENTRY_FILES = ["entry", "leave", "syscall"]


def slots(epic64, image, machine, words):
    command = [epic64, "run", "--kernel", str(image), "--append", "quiet " + words, "--speed",
               "--max-insns", "4000000000"] + (["--xen"] if machine == "domain" else [])
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                         timeout=300)
    found = re.search(r"([\d,]+) slots", run.stderr + run.stdout)
    if run.returncode or not found:
        sys.exit(f"measure.py: {' '.join(command)} failed:\n{run.stdout}{run.stderr}")
    return int(found.group(1).replace(",", ""))


def per_iteration(epic64, image, machine, extra, workload):
    few, many = {**WORKLOADS, **MORE}[workload]
    n = [slots(epic64, image, machine, f"{extra} workload={workload} n={k}") for k in (few, many)]
    return (n[1] - n[0]) / (many - few)


def text_size(directory, image, way):
    total = 0
    for name in ENTRY_FILES:
        path = directory / f"obj-{image}" / way / "arch" / f"{name}.S.o"
        out = subprocess.run(["ia64-linux-gnu-size", "-A", str(path)], capture_output=True,
                             text=True, check=True).stdout
        total += sum(int(line.split()[1]) for line in out.splitlines()
                     if line.startswith((".text", ".data")))
    return total


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: measure.py EPIC64 DIRECTORY")
    epic64, directory = sys.argv[1], Path(sys.argv[2])
    baseline, worst = {}, 0.0
    print("| build | machine | " + " | ".join(WORKLOADS) + " |")
    print("| --- | --- |" + " ---: |" * len(WORKLOADS))
    for label, image, machine, extra in BUILDS:
        cells = []
        for workload in WORKLOADS:
            n = per_iteration(epic64, directory / image, machine, extra, workload)
            base = baseline.setdefault(workload, n)
            text = f"{n:,.1f}" if n < 1000 else f"{n:,.0f}"
            if (label, machine) == ("in place, patched", "bare"):
                more = 100 * (n / base - 1)
                worst = max(worst, more)
                text += f" ({more:+.2f}%)"
            cells.append(text)
        print(f"| {label} | {machine} | " + " | ".join(cells) + " |", flush=True)
    for workload in MORE:
        n = [per_iteration(epic64, directory / k, "bare", "", workload) for k in ("janus-nopv", "janus")]
        worst = max(worst, 100 * (n[1] / n[0] - 1))
        print(f"{'' if workload != 'exec' else chr(10)}{workload}: {n[0]:,.0f} without, {n[1]:,.0f} "
              f"patched ({100 * (n[1] / n[0] - 1):+.2f}%)")
    print("\n| way to call | native | domain |\n| --- | ---: | ---: |")
    for label, image in CALLED:
        print(f"| {label} | {text_size(directory, image, 'native'):,} "
              f"| {text_size(directory, image, 'xen'):,} |")
    print(f"\npatched on bare hardware: at most {worst:+.2f}% (limit {LIMIT}%)")
    sys.exit(worst > LIMIT)


main()
