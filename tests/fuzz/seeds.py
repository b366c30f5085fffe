#!/usr/bin/env python3
"""First inputs for fuzz_hypercall: small programs that do what a well-behaved guest does, so that the
fuzzer begins where the interesting code is.

    seeds.py            writes tests/fuzz/seeds/
    seeds.py --check    fails if these are not what it would write

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "seeds")
BUFFER, DESCRIPTOR, SMALL = b"\2\0", b"\3", b"\7"  # ways to say a word, see take_word


def operations():
    """Names in the order of the table in fuzz_hypercall.c."""
    with open(os.path.join(HERE, "fuzz_hypercall.c")) as f:
        table = re.search(r"\(\*const operations\[\]\).*?\{(.*?)\}", f.read(), re.S).group(1)
    return [name.strip()[len("op_"):] for name in table.split(",") if name.strip()]


OPERATIONS = operations()


def op(name, *data):
    """An operation, and the bytes that it takes."""
    return bytes([OPERATIONS.index(name)]) + b"".join(bytes([d]) if isinstance(d, int) else d for d in data)


def small(n):
    return SMALL + bytes([n])


def plain(n):
    return b"\0" + struct.pack("<Q", n)


def block(disk, operation, sector, segments):
    """segments: (grant, first, last)"""
    data = [disk, operation, len(segments), 7, 1, sector]
    for i in range(11):
        grant, first, last = segments[i] if i < len(segments) else (0, 0, 0)
        data += [1, grant, first, last]
    return op("block", *data)


def frame(grant, size, offset=0):
    return op("frame", grant, 1, 0, offset, 1, (size - 14) // 9)


def structured(number_index, command, words, *rest):
    """A hypercall with its structure in place, by the index in the table of op_structured."""
    filled = list(words) + [small(0)] * (6 - len(words))
    return op("structured", number_index, command, 1, *filled, *rest)


MEMORY, VERSION, CONSOLE_IO, GRANT, VCPU, SCHED, CALLBACK, EVENTS, PHYSDEV, DOM0VP, SCHED_OLD, MULTICALL = range(12)


def store(kind, path, tail=b""):
    return op("store", path, len(tail), kind, 0, 1, tail)


SEEDS = {
    "block-read": block(0, 0, 0, [(0, 0, 7)]) + block(1, 0, 8, [(1, 0, 31), (2, 4, 4)]),
    "block-write": block(1, 1, 3, [(0, 0, 7)]) + block(1, 0, 3, [(1, 0, 7)]) + block(1, 3, 0, []),
    "block-edge": block(1, 1, 127, [(0, 0, 0)]) + block(1, 1, 128, [(0, 0, 0)]) + block(1, 2, 0, []),
    "block-far": op("block", 1, 0, 1, 7, 0, b"\1\x14", *([1, 0, 0, 0] * 11)),
    "frames": frame(0, 59) + frame(3, 1499, 2) + op("frame_arrives", b"\x40\0\0\0"),
    "ring": op("ring", 0, 1, 0, 1, 7, 1, 0, *([1, 0, 0, 7] * 11), 1, 2),
    "ring-header": op("ring_header", 0, 0, b"\x81\0\0\0") + op("ring_header", 2, 0, b"\1\4\0\0"),
    "receive": op("ring", 3, 2, 1, 0, 2, 1, 1, 2) + op("frame_arrives", b"\x40\0\0\0"),
    "console": op("console", 80, 5) + op("time", b"\0\0\x10\0") + op("page_index", 0, 3, b"\0\1\0\0"),
    "store": store(2, 3) + store(11, 0, b"value") + store(1, 2) + store(4, 2, b"token\0") + store(13, 0),
    "store-transaction": op("store", 0, 0, 6, 0, 1) + op("store", 0, 3, 11, 1, 1, 1, b"abc") + store(7, 0, b"T\0"),
    "grants": structured(GRANT, 2, [small(0), small(1), BUFFER], 1) + op("grant", 1, 20, 1, 1, 2)
              + structured(GRANT, 5, [small(16), small(0), small(17), small(0), small(64)], 1),
    "events": structured(EVENTS, 6, [small(0)]) + structured(EVENTS, 7, [small(1)]) + op("notify", 5)
              + structured(EVENTS, 1, [plain(16)]) + structured(EVENTS, 9, [small(3)]) + structured(EVENTS, 3, [small(5)]),
    "descriptor": op("write_descriptor", 2, 1, 1, plain(0x1000000), plain(0x1004000))
                  + op("structured", GRANT, 6, 0, *([small(0)] * 6), 1),
    "multicall": structured(MULTICALL, 0, [small(17), small(0), small(0), small(0)], 2),
    "poll": structured(SCHED, 3, [BUFFER, small(1), plain(100000)]) + op("time", b"\0\0\x10\0"),
    "firmware": op("firmware", 9, *([small(0)] * 5), small(14), *([small(0)] * 3))
                + op("firmware", 1, *([small(0)] * 9)) + op("firmware", 7, *([small(0)] * 5), b"\1\x0a"),
    "reservation": structured(MEMORY, 1, [BUFFER, small(2), plain(0x7ff0 << 32)]),
    "translations": b"".join(op("hyperprivop", n, small(0x61), small(0x38), small(3), small(4), 0, plain(0x4000000))
                             for n in (5, 6, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x1a)),
    "long-arguments": op("hypercall", CONSOLE_IO, small(0), plain(0xffffffff), BUFFER, small(0), small(0))
                      + op("hypercall", 18, small(0), plain(0x7fffffff), b"\4\x08", small(0), small(0)),
}


def main():
    wrong = []
    os.makedirs(FOLDER, exist_ok=True)
    for name, data in SEEDS.items():
        path = os.path.join(FOLDER, name)
        if sys.argv[1:] != ["--check"]:
            with open(path, "wb") as f:
                f.write(data)
        elif not os.path.exists(path) or open(path, "rb").read() != data:
            wrong.append(name)
    wrong += sorted(set(os.listdir(FOLDER)) - set(SEEDS))
    if wrong:
        raise SystemExit("tests/fuzz/seeds: not as seeds.py writes them: %s" % ", ".join(wrong))


if __name__ == "__main__":
    main()
