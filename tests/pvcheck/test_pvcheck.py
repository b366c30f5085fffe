#!/usr/bin/env python3
"""epic64 pvcheck from outside: what it finds, how it says so, and what it refuses.

    test_pvcheck.py EPIC64

kernel.s says in its comments what must be found in images/kernel.elf, which is rebuilt where the
cross binutils are there and must come out the same.  A real kernel, EPIC64_PV_KERNEL, is compared
with objdump's listing of it, instruction by instruction.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

EPIC64 = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE, IMAGE = os.path.join(HERE, "kernel.s"), os.path.join(HERE, "images", "kernel.elf")
ROOT = os.path.dirname(os.path.dirname(HERE))
PV_SOURCE = os.path.join(os.path.dirname(HERE), "hypercall", "guest", "pv.s")
WATCHED_SOURCE = os.path.join(HERE, "watched.s")
AS, LD, OBJDUMP = ("ia64-linux-gnu-" + tool for tool in ("as", "ld", "objdump"))
OK, UNCOVERED, USER = 0, 118, 125
REAL = os.environ.get("EPIC64_PV_KERNEL")


def pvcheck(*args):
    done = subprocess.run([EPIC64, "pvcheck"] + list(args), stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def rows(*args):
    status, out, err = pvcheck("--output=csv", "--all", *args)
    assert status in (OK, UNCOVERED), err
    return list(csv.DictReader(io.StringIO(out)))


def assemble(folder, source, address, entry):
    program, obj = os.path.join(folder, "kernel.elf"), os.path.join(folder, "kernel.o")
    subprocess.run([AS, "-o", obj, source], check=True)
    subprocess.run([LD, "--no-warn-rwx-segments", "-N", "-Ttext=" + address, "-e", entry, "-o", program, obj],
                   check=True)
    return program


# What is privileged or sensitive, in objdump's words.
CONCERNS = r"""
    (?:ptc\.(?:l|g|ga|e) | ptr\.[id] | it[rc]\.[id] | tpa | tak | thash | ttag | fc | fc\.i | probe\.\S+
       | ssm | rsm | sum | rum)\ .*
    | rfi | bsw\.[01] | vmsw\.[01] | cover | epc
    | mov\ (?:cr\.\w+= | psr(?:\.l|\.um)?= | r\d+=cr\. | r\d+=psr | (?:rr|dbr|ibr|pkr|pmc|pmd)\[
            | r\d+=(?:rr|dbr|ibr|pkr|pmc|pmd|cpuid)\[).*
    | mov\.m\ (?:ar\.(?:k[0-7]|eflag|cflg|itc|ruc)=.* | r\d+=ar\.(?:eflag|cflg|itc|ruc))"""
# objdump gives the slots of a bundle its address plus 0, 6 and 12.
LINE = re.compile(r"^\ *([0-9a-f]+):\t[0-9a-f\ ]+\t(?:\[\w+\])?\ *((?:\(p\d+\)\ )?(?:%s))\ *(?:;;)?\ *$" % CONCERNS,
                  re.M | re.X)


def by_objdump(path, sections):
    """(address, slot, text) of all instructions that concern a hypervisor."""
    command = [OBJDUMP, "-d"] + [a for s in sections for a in ("-j", s)] + [path]
    listing = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = set()
    for line in LINE.finditer(listing):
        address = int(line.group(1), 16)
        found.add((address & ~15, (address & 15) // 6, line.group(2).strip(" ;")))
    return found


def strip(content):
    """The symbol table becomes a section like any other."""
    at = struct.unpack_from("<Q", content, 40)[0]
    for i in range(struct.unpack_from("<H", content, 60)[0]):
        if struct.unpack_from("<I", content, at + 64 * i + 4)[0] == 2:
            struct.pack_into("<I", content, at + 64 * i + 4, 1)


class Pvcheck(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp()

    def tearDown(self):
        shutil.rmtree(self.dir)

    def damaged(self, change):
        with open(IMAGE, "rb") as f:
            content = bytearray(f.read())
        content = change(content) or content
        path = os.path.join(self.dir, "damaged")
        with open(path, "wb") as f:
            f.write(content)
        return path

    def refuses(self, words, *args):
        status, out, err = pvcheck(*args)
        self.assertEqual((status, out), (USER, ""), err)
        self.assertIn(words, err)
        self.assertEqual(err.count("\n"), 1, err)

    # --- what is found ---------------------------------------------------------------------------

    def test_the_source_and_the_image_belong_together(self):
        if not shutil.which(AS) or not shutil.which(LD):
            self.skipTest("ia64 binutils are not installed")
        with open(assemble(self.dir, SOURCE, "0x100000", "patched_bundles"), "rb") as mine, open(IMAGE, "rb") as image:
            self.assertEqual(mine.read(), image.read(), "rebuild tests/pvcheck/images/kernel.elf")

    def test_each_instruction_is_what_the_source_says(self):
        with open(SOURCE) as f:
            said = re.findall(r"//= (\S+) (\d) (\S+) (.*)$", f.read(), re.M)
        self.assertEqual(len(said), 24)
        found = [(r["class"], r["slot"], r["effect"], r["instruction"]) for r in rows(IMAGE)]
        self.assertEqual(found, said)

    def test_functions_and_sections_are_named(self):
        at = {r["instruction"]: r for r in rows(IMAGE)}
        self.assertEqual(at["probe.r r8=r9,3"]["function"], "native_helper")
        self.assertEqual(at["probe.r r8=r9,3"]["offset"], "0x10")
        self.assertEqual(at["ssm 0x4000"]["section"], ".mixed")
        self.assertEqual(at["thash r8=r9"]["instead"], "hyperprivop thash")

    def test_the_three_outputs_agree(self):
        _, text, _ = pvcheck("--all", IMAGE)
        _, out, _ = pvcheck("--all", "--output=json", IMAGE)
        data, table = json.loads(out), rows(IMAGE)
        self.assertEqual(data["counts"], {"uncovered": 13, "native-only": 5, "harmless": 2, "patched": 4})
        self.assertEqual(data["sites"], {"bundles": 2, "instructions": 1, "branches": 1})
        self.assertEqual([(int(i["address"], 16), i["slot"], i["instruction"], i["class"]) for i in data["instructions"]],
                         [(int(r["address"], 16), int(r["slot"]), r["instruction"], r["class"]) for r in table])
        listed = re.findall(r"^  ([0-9a-f]{16})\.(\d)  (.*?)  ", text, re.M)
        self.assertEqual(sorted((int(a, 16), int(s), i) for a, s, i in listed),
                         sorted((int(r["address"], 16), int(r["slot"]), r["instruction"]) for r in table))
        self.assertIn("24 privileged or sensitive instructions in 17 bundles", text)
        self.assertIn("13 uncovered", text)

    def test_without_all_only_the_uncovered_are_listed(self):
        status, out, _ = pvcheck("--output=json", IMAGE)
        self.assertEqual(status, UNCOVERED)
        data = json.loads(out)
        self.assertEqual({i["class"] for i in data["instructions"]}, {"uncovered"})
        self.assertEqual(len(data["instructions"]), data["counts"]["uncovered"])

    def test_more_rules_cover_more_and_the_status_says_when_all_is_covered(self):
        self.assertEqual(pvcheck("--native=patched_*", IMAGE)[0], UNCOVERED)
        left = [r for r in rows("--native", "patched_*", "--native=silent", IMAGE) if r["class"] == "uncovered"]
        self.assertEqual({r["function"] for r in left}, {"vector2", "in_mixed"})
        self.assertEqual(pvcheck("--native=patched_bundles..ia64_ivt", "--native=vector2", "--native=s?lent",
                                 "--native", "in_*", IMAGE)[0], OK)
        # a range whose end does not exist, or lies before its start, covers nothing
        for rule in ("patched_bundles..nowhere", "xen_ivt..ia64_ivt", "..", "patched_bundles.."):
            self.assertEqual(len([r for r in rows("--native", rule, IMAGE) if r["class"] == "uncovered"]), 13, rule)

    def test_patch_tables_are_what_covers(self):
        def without(table):
            def change(content):
                at = content.index(table.encode() + b"\0")
                content[at + 1:at + 3] = b"no"
            return change
        for table, loses in ((".paravirt_bundles", 2), (".paravirt_insts", 2), (".paravirt_branches", 0)):
            found = rows(self.damaged(without(table)))
            self.assertEqual(len([r for r in found if r["class"] == "uncovered"]), 13 + loses, table)

    # --- a real kernel ---------------------------------------------------------------------------

    @unittest.skipUnless(REAL, "EPIC64_PV_KERNEL is not set")
    @unittest.skipUnless(shutil.which(OBJDUMP), "ia64-linux-gnu-objdump is not installed")
    def test_a_real_kernel_has_exactly_what_objdump_shows(self):
        found = rows(REAL)
        sections = {r["section"] for r in found}
        self.assertLessEqual({".text", ".init.text"}, sections)
        mine = {(int(r["address"], 16), int(r["slot"]), r["instruction"]) for r in found}
        self.assertEqual(len(mine), len(found))
        theirs = by_objdump(REAL, sorted(sections))
        self.assertGreater(len(theirs), 500)
        self.assertEqual(sorted(mine - theirs), [])
        self.assertEqual(sorted(theirs - mine), [])

    @unittest.skipUnless(REAL, "EPIC64_PV_KERNEL is not set")
    def test_the_classes_of_a_real_kernel(self):
        found = rows(REAL)
        native = {r["function"] for r in found if r["class"] == "native-only"}
        self.assertIn("ia64_native_thash_func", native)
        self.assertIn("ia64_native_leave_kernel", native)
        vectors = [(r["class"], r["instruction"].split()[0]) for r in found if r["function"] == "dirty_bit"]
        self.assertIn(("native-only", "thash"), vectors)
        self.assertNotIn(("uncovered", "thash"), vectors)
        self.assertIn("uncovered", dict(vectors))
        left = {(r["function"], r["instruction"].split()[0]) for r in found if r["class"] == "uncovered"}
        # the ABI's list of what is executed as it is: patched nowhere, emulated
        self.assertIn(("xen_switch_to", "itr.d"), left)
        self.assertIn(("ia64_switch_mode_phys", "rfi"), left)
        self.assertNotIn("ia64_native_getreg_func", {f for f, _ in left})
        _, text, _ = pvcheck(REAL)
        self.assertRegex(text, r"in one of \d{4} bundle, 0 instruction, 4 branch sites")

    # --- while a domain runs ------------------------------------------------------------------------

    def watched(self, *options):
        """What --pvcheck reports, {(class, place): (count, text, function)}; and the trace beside it, {place: count}."""
        report, trace = os.path.join(self.dir, "report"), os.path.join(self.dir, "trace")
        done = subprocess.run([EPIC64, "run", "--xen", "--pvcheck=" + report, "--trace=privop:" + trace] + list(options),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        self.assertIn(done.returncode, (0, 119, 124), done.stderr)  # 119: there is no root to mount
        found, told, now, said = {}, collections.Counter(), None, {}
        with open(report) as f:
            for line in f:
                head = re.match(r"pvcheck: (\S+): (\d+) places, executed (\d+) times$", line)
                if head:
                    now = head.group(1)
                    said[now] = (int(head.group(2)), int(head.group(3)))
                    continue
                m = re.match(r" +(\d+)  ([0-9a-f]{16})\.([012])  (.*?)  +(traps|silent) +(\S+)\+0x([0-9a-f]+)$", line)
                self.assertTrue(m, line)
                place = (int(m.group(2), 16), int(m.group(3)))
                self.assertNotIn(place, [p for _, p in found], "each address once")
                found[now, place] = (int(m.group(1)), m.group(4), m.group(6))
        for which, totals in said.items():
            counts = [count for (c, _), (count, _, _) in found.items() if c == which]
            self.assertEqual((len(counts), sum(counts)), totals)
            self.assertEqual(counts, sorted(counts, reverse=True))
        with open(trace) as f:
            for line in f.readlines()[1:]:
                _, _, place, _, kind, _ = line.split()[:6]
                if kind in ("privop", "trapped"):
                    told[int(place[:16], 16), int(place[17])] += 1
        return found, told

    def test_a_running_domain_is_watched(self):
        if not shutil.which(AS) or not shutil.which(LD):
            self.skipTest("ia64 binutils are not installed")
        program = assemble(self.dir, PV_SOURCE, "0x4000000", "_start")
        options = ["--mem=128M", "--max-insns=50000000", "--kernel", program]
        found, told = self.watched(*options)
        self.assertEqual({place: count for (_, place), (count, _, _) in found.items()}, told)
        static = {(int(r["address"], 16), int(r["slot"])): r for r in rows(program)}
        for (which, place), (_, text, function) in found.items():
            self.assertEqual((static[place]["class"], static[place]["instruction"], static[place]["function"]),
                             (which, text, function))
        found, _ = self.watched("--pvcheck-native=regions", *options)
        self.assertEqual({f for (which, _), (_, _, f) in found.items() if which == "native-only"}, {"regions"})

    def test_of_a_stripped_kernel_addresses_are_reported(self):
        if not shutil.which(AS) or not shutil.which(LD):
            self.skipTest("ia64 binutils are not installed")
        program, report = assemble(self.dir, WATCHED_SOURCE, "0x4000000", "_start"), os.path.join(self.dir, "stripped")

        def lines(*more):
            done = subprocess.run([EPIC64, "run", "--xen", "--mem=128M", "--max-insns=1000000", "--kernel", program,
                                   "--pvcheck=" + report, *more], stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual(done.stdout, b"")
            with open(report) as f:
                return done.returncode, done.stderr.decode(), f.read().splitlines()
        status, _, named = lines()
        with open(program, "rb") as f:
            content = bytearray(f.read())
        strip(content)
        with open(program, "wb") as f:
            f.write(content)
        again, _, bare = lines()
        self.assertEqual(again, status)
        self.assertIn("stripped of its symbols", bare[0])
        self.assertEqual([line for line in bare[1:] if "stripped" in line], [])
        places = [re.sub(r"  \S+\+0x[0-9a-f]+$", "", line) for line in named if not line.startswith("pvcheck")]
        self.assertEqual(sorted(line for line in bare if not line.startswith("pvcheck")), sorted(places))
        self.assertGreater(len(places), 10)
        status, err, _ = lines("--pvcheck-native=x")
        self.assertEqual(status, USER)
        self.assertIn("stripped of its symbols", err)

    def test_each_execution_of_the_kernel_counts_and_none_of_the_user(self):
        if not shutil.which(AS) or not shutil.which(LD):
            self.skipTest("ia64 binutils are not installed")
        program = assemble(self.dir, WATCHED_SOURCE, "0x4000000", "_start")
        with open(WATCHED_SOURCE) as f:
            said = re.findall(r"//= (\S+) (\d+) (\S+) (.*)$", f.read(), re.M)
        found, told = self.watched("--mem=128M", "--max-insns=1000000", "--kernel", program)
        self.assertEqual(sorted((which, str(count), text) for (which, _), (count, text, _) in found.items()),
                         sorted((which, count, text) for which, count, _, text in said))
        users = {place: n for place, n in told.items() if place not in [p for _, p in found]}
        self.assertEqual(sorted(users.values()), [20, 20])

    @unittest.skipUnless(REAL, "EPIC64_PV_KERNEL is not set")
    def test_a_running_linux_does_what_the_abi_says(self):
        found, told = self.watched("--mem=256M", "--max-insns=200000000", "--console=none", "--kernel", REAL)
        static = {(int(r["address"], 16), int(r["slot"])): r for r in rows(REAL)}
        self.assertEqual(sum(count for count, _, _ in found.values()), sum(told.values()))
        for (which, (address, slot)), (_, text, function) in found.items():
            if which != "patched" and address >> 61 == 5:
                row = static[address, slot]
                self.assertEqual((row["class"], row["instruction"], row["function"]), (which, text, function))
        functions = {f for (which, _), (_, _, f) in found.items() if which == "uncovered"}
        self.assertLessEqual({"_start", "ia64_pal_call_static", "ia64_switch_mode_phys", "xen_switch_to"}, functions)
        self.assertTrue(all(text.startswith("mov.m ") for (which, _), (_, text, _) in found.items() if which == "patched"))

    def test_what_cannot_be_watched_is_refused(self):
        def run(*options):
            done = subprocess.run([EPIC64, "run"] + list(options), stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual(done.returncode, USER)
            return done.stderr.decode()
        self.assertIn("only with --xen", run("--pvcheck", IMAGE))
        self.assertIn("without --pvcheck", run("--xen", "--kernel", IMAGE, "--pvcheck-native=x"))
        self.assertIn("cannot be written", run("--xen", "--kernel", IMAGE, "--pvcheck=/nonexistent/report"))

    # --- what is refused --------------------------------------------------------------------------

    def test_what_our_own_kernel_leaves_to_trap_is_what_the_document_says(self):
        janus = os.path.join(ROOT, "guest", "kernel", "images", "janus.xz")
        with open(os.path.join(ROOT, "docs", "pvcheck.md")) as f:
            section = f.read().split("### janus, our own kernel")[1].split("\n## ")[0]
        table = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
        named = {name for row in table for name in re.findall(r"`(\w+)`", row[1])}
        uncovered = [row for row in rows(janus) if row["class"] == "uncovered"]
        self.assertEqual({row["function"] for row in uncovered}, named)
        self.assertEqual(len(uncovered), int(re.search(r"(\d+) uncovered", section).group(1)))
        silent = {(row["function"], row["instruction"].split()[0]) for row in uncovered if row["effect"] == "silent"}
        self.assertEqual(silent, {("xen_get_itc", "mov.m")})

    def test_files_that_are_no_kernels_are_refused(self):
        self.refuses("no file given")
        self.refuses("cannot be read", os.path.join(self.dir, "absent"))
        self.refuses("not an ELF file", SOURCE)
        self.refuses("for machine 62 (x86-64)", self.damaged(lambda c: c.__setitem__(18, 62)))
        self.refuses("no section headers", self.damaged(lambda c: c.__setitem__(slice(60, 62), b"\0\0")))
        self.refuses("section names", self.damaged(lambda c: c.__setitem__(slice(62, 64), b"\xff\0")))
        self.refuses("not text, csv or json", "--output=xml", IMAGE)

    def test_a_stripped_kernel_is_refused(self):
        self.refuses("no symbols of code", self.damaged(strip))

    def test_damaged_patch_tables_are_refused_by_record(self):
        def at(content, table):
            names = {b".paravirt_bundles": 0x100100, b".paravirt_insts": 0x100130, b".paravirt_branches": 0x100148}
            return 0x80 + names[table] - 0x100000

        def change(table, offset, value):
            return self.damaged(lambda c: struct.pack_into("<Q", c, at(c, table) + offset, value))
        self.refuses("record 1: 0x100018", change(b".paravirt_bundles", 24, 0x100018))
        self.refuses("record 0", change(b".paravirt_bundles", 8, 0x100000))
        self.refuses("not in the code", change(b".paravirt_bundles", 8, 0x900000))
        self.refuses("not in the code", change(b".paravirt_bundles", 0, 0x900000))
        self.refuses("a row of slots", change(b".paravirt_insts", 0, 0x100043))
        self.refuses("not in the code", change(b".paravirt_branches", 0, 0xfffffffffffffff2))

        def shorten(content):
            header = struct.unpack_from("<Q", content, 40)[0] + 64 * 2
            struct.pack_into("<Q", content, header + 32, 0x2f)
        self.refuses("whole number of records", self.damaged(shorten))

    def test_truncated_files_are_refused_whatever_their_length(self):
        with open(IMAGE, "rb") as f:
            size = len(f.read())
        for length in list(range(1, size, 37)) + [size - 1]:
            status, _, err = pvcheck(self.damaged(lambda c: c[:length]))
            self.assertEqual(status, USER, "%d bytes: %s" % (length, err))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
