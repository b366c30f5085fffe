#!/usr/bin/env python3
"""Random code at the highest privilege level: no guest can crash the emulator, and whatever it does, it
does alike in slices of any length and in both loops.

    chaos.py EPIC64 chaos.s [FIRST-SEED COUNT]

The memory is random bundles with a liking for system instructions; the handlers of chaos.s step over
what faults.  Each seed runs three ways, and status and final hash must agree.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402

CODE, SIZE = 0x40000, 0x40000
SLOTS = 30000
ENDS = (122, 123, 124)  # a loop of interruptions, beyond any architecture, or out of slots
WAYS = ([], ["--slice=13"], ["--trace=insn:/dev/null"])
UNITS = {0x00: "MII", 0x02: "MII", 0x04: "MLX", 0x08: "MMI", 0x0a: "MMI", 0x0c: "MFI", 0x0e: "MMF", 0x10: "MIB",
         0x12: "MBB", 0x16: "BBB", 0x18: "MMB", 0x1c: "MFB"}


def random_slot(rng, unit):
    slot, kind = rng.getrandbits(41), rng.random()
    if rng.random() < 0.7:
        slot &= ~0x3f  # p0
    if unit == "M" and kind < 0.4:
        slot = slot & ~(0xf << 37 | 7 << 33) | 1 << 37  # moves to and from system registers
    elif unit == "M" and kind < 0.55 or unit == "B" and kind < 0.3:
        slot &= ~(0xf << 37 | (7 << 33 if unit == "M" else 0))
    if rng.random() < 0.5:
        slot &= ~(0x60 << 6 | 0x60 << 13 | 0x60 << 20)  # static registers
    return slot


def random_code(rng):
    code = bytearray()
    while len(code) < SIZE:
        template = rng.choice(list(UNITS))
        slots = [random_slot(rng, unit) for unit in UNITS[template]]
        template |= rng.getrandbits(1)
        code += (template | slots[0] << 5 | slots[1] << 46 | slots[2] << 87).to_bytes(16, "little")
    return bytes(code)


def outcome(epic64, image, code, way):
    command = [epic64, "run", "--mem=32M", "--hash", "--max-insns=%d" % SLOTS, "--load=%s@%#x" % (code, CODE)]
    done = subprocess.run(command + way + [image], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    err = done.stderr.decode(errors="replace")
    hashes = [line for line in err.splitlines() if line.startswith("hash ")]
    if done.returncode not in ENDS or len(hashes) != 1:
        print("%s: status %d\n%s" % (" ".join(way) or "as it comes", done.returncode, err[-3000:]))
    return done.returncode, hashes


def main():
    epic64, source = sys.argv[1:3]
    first, count = (int(a) for a in sys.argv[3:5]) if len(sys.argv) > 3 else (0, 12)
    failed, ends = False, {}
    with tempfile.TemporaryDirectory() as directory:
        image = run.image_for(source, directory)
        code = os.path.join(directory, "code")
        for seed in range(first, first + count):
            with open(code, "wb") as f:
                f.write(random_code(random.Random(seed)))
            outcomes = [outcome(epic64, image, code, way) for way in WAYS]
            if outcomes.count(outcomes[0]) != len(WAYS) or outcomes[0][0] not in ENDS:
                failed = True
                print("seed %d: %s" % (seed, outcomes))
            ends[outcomes[0][0]] = ends.get(outcomes[0][0], 0) + 1
    print("ends: %s" % ends)
    # most seeds must use up their slots, or nothing was tested
    raise SystemExit(1 if failed or ends.get(124, 0) * 2 < count else 0)


if __name__ == "__main__":
    main()
