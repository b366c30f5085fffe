#!/usr/bin/env python3
"""Prints the bundles of a way through the kernel, piece by piece, so that none can be left out.

    bundles.py WAY until PLACE   from where the last call ended up to the first bundle of PLACE, which
                                 is the name of a function or a /pattern/ for a line
    bundles.py WAY end           the rest
    bundles.py WAY same OTHER    goes over what is, bundle for bundle, the same as the end of OTHER,
                                 and prints how many that were
    bundles.py WAY count         all bundles of the way; fails unless all of them have been printed

WAY is native.break, domain.tick and so on: files of trace.sh in this folder, where ./janus is, too.  How
far it has come is in WAY.at.  A line is a slot: its address, the instruction, and what it wrote; nops
are left out, except of bundles that hold nothing else.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import bisect
import os
import re
import subprocess
import sys

# Where a way begins, and where it ends.
WAYS = {
    "break": (r"break\.i 0x100000", r"rfi|break\.m 0x1\b"),
    "epc": (r"br\.call\.\S+ b6=b7", r"br\.ret\.\S+ b6"),
    "tick": (r"break\.m 0x(1000|1fd000)\b", r"rfi|break\.m 0x1\b"),
}
GATE, PAL = range(0xa << 60, (0xa << 60) + (1 << 16)), "(firmware)"


class Slot:
    """ip.slot, instruction, effect, meaning."""

    def __init__(self, line):
        place, self.text, effect, self.meaning = line.rstrip("\n").split("\t")
        self.place, self.ip, self.number = place, int(place[:16], 16), int(place[-1])
        self.effect = " ".join(map(short, effect.split()))

    def is_nop(self):
        return self.text.startswith("nop.")

    def line(self):
        notes = [self.effect] if self.effect and not self.meaning.startswith("XSI_") else []
        notes += ["<- " + self.meaning] if self.meaning else []
        return ("%s %-46s %s" % (self.place, self.text, "  ".join(notes))).rstrip()


def short(effect):
    """r16=0000000000100000 is r16=100000; of a floating-point register only 0 is that simple."""
    name, equals, value = effect.partition("=")
    if not equals:
        return effect
    return name + "=" + (re.sub(r"^0+(?=[0-9a-f])", "", value) if re.search("[1-9a-f]", value) else "0")


def bundles_of(way):
    """[[slot, ...], ...] of the way, in the order of execution."""
    with open(way + ".full") as f:
        slots = [Slot(line) for line in f]
    bundles = []
    for slot in slots:
        if not bundles or bundles[-1][-1].ip != slot.ip or bundles[-1][-1].number >= slot.number:
            bundles.append([])
        bundles[-1].append(slot)
    first, last = WAYS[way.partition(".")[2]]
    begin = next(i for i, b in enumerate(bundles) if holds(b, first))
    end = next(i for i, b in enumerate(bundles) if i > begin and holds(b, last))
    return bundles[begin:end + 1]


def holds(bundle, pattern):
    return any(re.search(pattern, slot.text + " <- " + slot.meaning) and slot.effect != "(off)" for slot in bundle)


def labels():
    """Lines of the disassembler; kept, since many calls want them."""
    kept = "janus.labels"
    if not os.path.exists(kept) or os.path.getmtime(kept) < os.path.getmtime("janus"):
        listing = subprocess.run(["epic64", "disasm", "janus"], check=True, text=True, stdout=subprocess.PIPE).stdout
        with open(kept, "w") as f:
            f.write("\n".join(re.findall(r"^[0-9a-f]+ <.*>:$", listing, re.M)))
    with open(kept) as f:
        return f.read()


class Symbols:
    """Of ./janus."""

    def __init__(self):
        found = sorted((int(ip, 16), name) for ip, name in re.findall(r"^([0-9a-f]+) <(.*)>:$", labels(), re.M))
        self.ips, self.names = [ip for ip, _ in found], [name for _, name in found]

    def find(self, ip):
        """The name and the offset of an address."""
        i = bisect.bisect_right(self.ips, ip) - 1
        if ip in GATE:
            return "(gate page)", ip - GATE.start
        if ip >> 61 != 7 or i < 0:
            return ("(program)" if ip >> 61 < 5 else PAL), None
        return self.names[i], ip - self.ips[i]


def position(way):
    if not os.path.exists(way + ".at"):
        return 0
    with open(way + ".at") as f:
        return int(f.read())


def move(way, at):
    with open(way + ".at", "w") as f:
        f.write("%d\n" % at)


def show(bundles, symbols):
    last = None
    for bundle in bundles:
        name, offset = symbols.find(bundle[0].ip)
        if name != last:
            print(name if offset is None else "%s+0x%x" % (name, offset))
        last = name
        slots = [slot for slot in bundle if not slot.is_nop()]
        for slot in slots:
            print("  " + slot.line())
        if not slots:
            print("  %s nop" % bundle[0].place)


def find_end(way, bundles, at, place, symbols):
    for i in range(at + 1, len(bundles)):
        if place.startswith("/") and holds(bundles[i], place.strip("/")):
            return i
        if symbols.find(bundles[i][0].ip)[0] == place:
            return i
    sys.exit("bundles.py: %s does not come to %s any more" % (way, place))


def same(way, other):
    """The number of bundles, up to and with its last, that this way shares with the other."""
    mine, theirs = bundles_of(way), bundles_of(other)
    at = position(way)
    start = next((i for i, b in enumerate(theirs) if b[0].ip == mine[at][0].ip), None)
    if start is None:
        sys.exit("bundles.py: %s does not go on as %s does" % (way, other))
    for a, b in zip(mine[at:], theirs[start:]):
        if [(s.place, s.text) for s in a] != [(s.place, s.text) for s in b]:
            sys.exit("bundles.py: %s and %s part at %s" % (way, other, a[0].place))
    move(way, at + len(theirs) - start)
    print(len(theirs) - start)


def main():
    if len(sys.argv) < 3 or sys.argv[1].partition(".")[2] not in WAYS:
        sys.exit(__doc__)
    way, what, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    if what == "same":
        same(way, rest[0])
        return
    bundles, at = bundles_of(way), position(way)
    if what == "count":
        if at != len(bundles):
            sys.exit("bundles.py: %d bundles of %s have not been printed" % (len(bundles) - at, way))
        print(len(bundles))
        return
    symbols = Symbols()
    end = find_end(way, bundles, at, rest[0], symbols) if what == "until" else len(bundles)
    show(bundles[at:end], symbols)
    move(way, end)


main()
