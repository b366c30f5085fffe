#!/usr/bin/env python3
"""epic64 privops against a full trace of the same guest, and its options and outputs.

    test_privops.py EPIC64

The oracle is the trace of every slot (--trace insn), read here as text: which mnemonics are privileged
or sensitive is written down below after the SDM, not taken from the emulator's tables.  Needs
ia64-linux-gnu-as and -ld; without them the status is 77.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import hashlib
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
import xml.etree.ElementTree
import zlib

SKIPPED = 77
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "guest", "both.s")
SVG = "{http://www.w3.org/2000/svg}"
EPIC64 = None
FOLDER = None

# SDM volume 3: instructions that need level 0 ...
PRIVILEGED = re.compile(r"""(ssm|rsm|rfi|bsw\.[01]|itc\.[di]|itr\.[di]|ptc\.(l|ga?|e)|ptr\.[di]|tpa|tak)\b
    |mov\ (psr\.l|cr\.\w+|(rr|pkr|dbr|ibr|pmc|pmd|dtr|itr)\[r\d+\])=
    |mov\ r\d+=(psr$|cr\.|(rr|pkr|dbr|ibr|pmc)\[)
    |mov\.m\ ar\.(k[0-7]|itc|ruc|cflg)=""", re.X)
# ... and those that run at every level but concern what a hypervisor keeps for itself.
SENSITIVE = re.compile(r"""(cover|thash|ttag|fc|fc\.i)\b|mov\ r\d+=(cpuid|pmd)\[
    |mov\.m\ r\d+=ar\.(itc|ruc|eflag|cflg)$|mov\.m\ ar\.eflag=""", re.X)
BREAK = re.compile(r"break\.[mibf] (0x[0-9a-f]+|\d+)$")
LINE = re.compile(r"^(\d+) ([0-9a-f]{16})\.(\d) (?:\(p\d+\) )?(.*?)(;;)?\s*(\(off\)|\(not retired\))?$")


def run(*arguments, status=0):
    env = dict(os.environ)
    if "--plot" in arguments:  # a cache of libfontconfig, which cairo uses, is never freed
        env["ASAN_OPTIONS"] = "detect_leaks=0"
    done = subprocess.run([EPIC64] + list(arguments), stdin=subprocess.DEVNULL, capture_output=True,
                          env=env, timeout=120)
    if done.returncode != status:
        raise AssertionError("%s: status %d\n%s%s" % (" ".join(arguments), done.returncode,
                                                      done.stdout.decode(), done.stderr.decode()))
    return done.stdout.decode(), done.stderr.decode()


def build(name, *defines):
    program = os.path.join(FOLDER, name)
    definitions = [word for define in defines for word in ("--defsym", define)]
    subprocess.run(["ia64-linux-gnu-as", "-g"] + definitions + ["-o", program + ".o", SOURCE], check=True)
    subprocess.run(["ia64-linux-gnu-ld", "--no-warn-rwx-segments", "-N", "-Ttext=0x4000000", "-e", "_start",
                    "-o", program, program + ".o"], check=True)
    return program


def privops(program, *options, status=0):
    return run("privops", "-m", "128M", "--max-insns", "10000000", "--kernel", program, *options,
               status=status)


def kind_of(text, domain, retired):
    """What a line of the trace is to be counted as, or None."""
    trap = BREAK.match(text)
    if trap and domain:
        number = int(trap.group(1), 0)
        if 1 <= number <= 0x1a:
            return "hyperprivop"
        if number == 0x1000:
            return "hypercall"
    if trap and not retired:
        return "reflect" if domain else "interruption"
    if PRIVILEGED.match(text):
        return "trapped" if domain else "privop"
    return "privop" if SENSITIVE.match(text) else None


def follows(here, there):
    """Is `there` the slot behind `here`?"""
    (address, slot), after = here, (here[0], here[1] + 1)
    return there == after or (there == (address + 16, 0) and slot > 0)


def from_trace(path, domain):
    """(kind, address, slot) -> how often, by the trace alone.

    A domain's privileged instruction that "did not retire" was emulated all the same if the guest goes
    on behind it: some are refused by the processor for another reason before their level counts.
    """
    counts = collections.Counter()
    with open(path) as lines:
        found = [LINE.match(line.rstrip("\n")).groups() for line in lines]
    places = [(int(address, 16), int(slot)) for _, address, slot, _, _, _ in found]
    for i, (_, _, _, text, _, end) in enumerate(found):
        kind = None if end == "(off)" else kind_of(text, domain, end is None)
        emulated = kind == "trapped" and i + 1 < len(found) and follows(places[i], places[i + 1])
        if kind and (end is None or kind in ("reflect", "interruption") or emulated):
            counts[(kind,) + places[i]] += 1
    return counts


def from_counters(run_record):
    """The same by the counters; the entries of a multicall have no instruction of their own."""
    counts = collections.Counter()
    for c in run_record["counters"]:
        if not c["batched"]:
            counts[c["kind"], int(c["address"], 16), c["slot"]] += c["count"]
    return counts


def operations(phase):
    return {o["operation"]: o for o in phase["operations"]}


def cells(operation):
    return tuple(operation[c] for c in ("native", "domain_direct", "domain_trapped", "domain_called"))


class Counts(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.program = build("both")
        cls.json_text, _ = privops(cls.program, "--output", "json", "--top", "1000")
        cls.json = json.loads(cls.json_text)
        cls.phases = {p["name"]: p for p in cls.json["phases"]}

    def trace(self, *options):
        path = os.path.join(FOLDER, "trace")
        run("run", "-m", "128M", "--kernel", self.program, "--trace", "insn:" + path, *options)
        return from_trace(path, "--xen" in options)

    def test_native_counters_equal_the_trace(self):
        self.assertEqual(self.trace(), from_counters(self.json["runs"]["native"]))

    def test_counters_of_the_domain_equal_the_trace(self):
        self.assertEqual(self.trace("--xen"), from_counters(self.json["runs"]["domain"]))

    def test_the_guest_did_what_its_source_says(self):
        found = {(p, name): cells(o) for p in self.phases for name, o in operations(self.phases[p]).items()}
        self.assertEqual(found, {
            ("boot", "mov cr.iva="): (1, 0, 1, 0),
            ("between", "sched_op.shutdown"): (0, 0, 0, 1),
            ("psr", "rsm psr.i"): (100, 0, 100, 0),
            ("psr", "mov =psr"): (100, 0, 100, 100),
            ("psr", "mov psr.l="): (100, 0, 100, 0),
            ("psr", "mov =cr.ivr"): (100, 0, 0, 0),
            ("boot (marked)", "ttag"): (4, 8, 0, 0),
            ('registers, "mapped"', "mov ar.k="): (10, 0, 10, 0),
            ('registers, "mapped"', "mov =ar.itc"): (10, 10, 0, 0),
            ('registers, "mapped"', "mov =cr.ifa"): (10, 0, 10, 0),
            ('registers, "mapped"', "mov cr.ifa="): (10, 0, 10, 0),
            ('registers, "mapped"', "mov =cpuid"): (10, 10, 0, 0),
            ('registers, "mapped"', "mov rr="): (10, 0, 10, 10),
            ('registers, "mapped"', "mov =rr"): (20, 0, 20, 0),
            ('registers, "mapped"', "thash"): (10, 10, 0, 0),
            ('registers, "mapped"', "fc"): (10, 10, 0, 0),
            ('registers, "mapped"', "cover"): (10, 10, 0, 0),
            ("inner", "mov =pkr"): (10, 0, 10, 0),
            ("phase 1", "ssm psr.ic"): (5, 0, 5, 0),
            ("phase 1", "rfi"): (5, 0, 5, 0),
            ("phase 1", "mov =cr.iip"): (5, 0, 5, 0),
            ("phase 1", "mov =cr.ipsr"): (5, 0, 5, 0),
            ("phase 1", "mov cr.iip="): (5, 0, 5, 0),
            ("phase 1", "mov cr.ipsr="): (5, 0, 5, 0),
            ("phase 1", "Break Instruction"): (5, 0, 0, 5),
            ("calls", "xen_version.version"): (0, 0, 0, 1),
            ("calls", "xen_version.get_features"): (0, 0, 0, 1),
            ("calls", "multicall"): (0, 0, 0, 1),
            ("calls", "unknown hypercall"): (0, 0, 0, 1),
        })
        batched = [c for c in self.json["runs"]["domain"]["counters"] if c["batched"]]
        self.assertEqual([(c["name"], c["count"]) for c in batched], [("xen_version.get_features", 1)])

    def test_iterations_are_what_the_marks_say(self):
        self.assertEqual({name: (p["native"]["iterations"], p["domain"]["iterations"])
                          for name, p in self.phases.items()},
                         {"boot": (0, 0), "between": (0, 0), "psr": (100, 100), "boot (marked)": (4, 8),
                          'registers, "mapped"': (0, 0), "inner": (10, 10), "phase 1": (5, 5),
                          "calls": (0, 2)})

    def test_ratios_are_per_iteration(self):
        phase = self.phases["boot (marked)"]
        native, domain = phase["native"]["slots"] / 4, phase["domain"]["slots"] / 8
        self.assertAlmostEqual(phase["ratio"], domain / native, places=3)
        self.assertLess(phase["ratio"], 1.2)

    def test_slots_of_the_phases_are_all_slots(self):
        for way, record in self.json["runs"].items():
            _, text = run("run", "-m", "128M", "--kernel", self.program, "--speed",
                          *(["--xen"] if way == "domain" else []))
            whole = int(re.search(r"speed: (\d+) slots", text).group(1))
            self.assertEqual(record["slots"], whole)
            self.assertEqual(sum(p[way]["slots"] for p in self.phases.values()), whole)

    def test_the_time_line_has_every_event_once(self):
        for record in self.json["runs"].values():
            by_kind = collections.Counter()
            for c in record["counters"]:
                by_kind[c["kind"]] += c["count"]
            line = {k: sum(v) for k, v in record["timeline"].items() if isinstance(v, list)}
            self.assertEqual(line, by_kind)

    def test_counters_of_xen_are_named(self):
        named = {c["xen_counter"] for c in self.json["runs"]["domain"]["counters"]}
        self.assertLessEqual({"rsm", "misc_privop[0x25]", "misc_privop[0x2d]", "mov_to_cr[20]",
                              "mov_from_cr[20]", "fast_hyperprivop[0x19]",
                              "fast_hyperprivop[0x11]", "fast_reflect[0x2c]", "hypercalls[17]",
                              "mov_to_ar_reg", "rfi"}, named)
        native = {c["xen_counter"] for c in self.json["runs"]["native"]["counters"]}
        self.assertEqual(native, {None})

    def test_levels_are_those_that_asked(self):
        for way, level in (("native", 0), ("domain", 1)):
            self.assertEqual({c["level"] for c in self.json["runs"][way]["counters"]}, {level})

    def test_every_counter_has_a_symbol(self):
        for record in self.json["runs"].values():
            self.assertTrue(all(c["symbol"] for c in record["counters"]))
        alone = json.loads(privops(self.program, "--output", "json")[0])
        self.assertEqual(alone["runs"]["domain"]["counters"], self.json["runs"]["domain"]["counters"])

    def test_all_call_sites_have_symbols(self):
        for record in self.json["runs"].values():
            top = record["top"]
            self.assertEqual([s["count"] for s in top], sorted((s["count"] for s in top), reverse=True))
            self.assertTrue(all(s["symbol"] for s in top))
            self.assertIn("status+0x0", [s["symbol"] for s in top])

    def test_call_sites_have_the_lines_of_the_source(self):
        sites = {s["operation"]: s["line"] for s in self.json["runs"]["native"]["top"]}
        if not any(sites.values()):
            self.skipTest("built without libdw")
        with open(SOURCE) as f:
            source = [line.split("//")[0].split() for line in f]
        for operation, words in (("mov_from_psr", "mov r4 = psr"), ("mov_to_psr_l", "mov psr.l = r4"),
                                 ("mov_from_pkr[0]", "mov r10 = pkr[r0]"), ("fc", "fc r3")):
            self.assertEqual(sites[operation], "both.s:%d" % (source.index(words.split()) + 1))

    def test_the_file_is_named_by_its_digest(self):
        with open(self.program, "rb") as f:
            self.assertEqual(self.json["sha256"], hashlib.sha256(f.read()).hexdigest())

    def test_processors_add_up(self):
        both = json.loads(privops(self.program, "--output", "json", "--smp", "2")[0])
        for phase in both["phases"]:
            for o in phase["operations"]:
                self.assertEqual(len(o["processors"]), 2)
                for column in ("native", "domain_direct", "domain_trapped", "domain_called"):
                    self.assertEqual(sum(p[column] for p in o["processors"]), o[column])

    def test_every_run_counts_the_same(self):
        self.assertEqual(self.json_text, privops(self.program, "--output", "json", "--top", "1000")[0])
        self.assertEqual(privops(self.program)[0], privops(self.program)[0])

    def test_the_counters_of_the_hypervisor_agree(self):
        _, text = run("run", "--xen", "-m", "128M", "--kernel", self.program, "--stats")
        stats = collections.Counter()
        for count, kind, name in re.findall(r"^ *(\d+)  (hyperprivop|hypercall) (\w+)$", text, re.M):
            stats[kind, name] += int(count)
        ours = collections.Counter()
        for c in self.json["runs"]["domain"]["counters"]:
            if c["kind"] in ("hyperprivop", "hypercall") and not c["name"].startswith("unknown"):
                ours[c["kind"], c["name"].split(".")[0]] += c["count"]
        self.assertEqual(ours, stats)

    def test_counting_changes_nothing(self):
        for way in ([], ["--xen"]):
            plain = run("run", "-m", "128M", "--kernel", self.program, "--hash", *way)[1]
            heard = run("run", "-m", "128M", "--kernel", self.program, "--hash", "--trace", "all:/dev/null",
                        *way)[1]
            self.assertEqual(re.search("hash .*", plain).group(), re.search("hash .*", heard).group())


class Outputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = build("both")

    def test_csv_says_what_json_says(self):
        rows = list(csv.DictReader(io.StringIO(privops(self.program, "--output", "csv")[0], newline="")))
        data = json.loads(privops(self.program, "--output", "json")[0])
        found = {(r["phase"], r["operation"]): tuple(int(r[c]) for c in
                 ("native", "domain_direct", "domain_trapped", "domain_called")) for r in rows}
        self.assertEqual(found, {(p["name"], o["operation"]): cells(o) for p in data["phases"]
                                 for o in p["operations"]})
        self.assertEqual(len(rows), len(found))

    def table(self, name, *options):
        text, _ = privops(self.program, "--output", "csv", "--table", name, *options)
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def test_csv_has_every_counter(self):
        data = json.loads(privops(self.program, "--output", "json")[0])
        found = [(r["way"], r["phase"], int(r["processor"]), int(r["level"]), r["address"], int(r["slot"]),
                  r["kind"], r["name"], r["xen_counter"] or None, r["symbol"] or None, r["line"] or None,
                  bool(int(r["batched"])), int(r["count"])) for r in self.table("counters")]
        self.assertEqual(found, [(way, c["phase"], c["processor"], c["level"], c["address"], c["slot"],
                                  c["kind"], c["name"], c["xen_counter"], c["symbol"], c["line"],
                                  c["batched"], c["count"])
                                 for way, run_record in data["runs"].items() for c in run_record["counters"]])
        self.assertEqual({r["phase"] for r in self.table("counters", "--phases", "psr")}, {"psr"})

    def test_csv_has_the_time_line(self):
        data = json.loads(privops(self.program, "--output", "json")[0])
        sums = collections.Counter()
        for r in self.table("timeline"):
            sums[r["way"], r["kind"]] += int(r["count"])
            self.assertLess(int(r["from_ns"]), int(r["to_ns"]))
        self.assertEqual(sums, {(way, kind): sum(line) for way, run_record in data["runs"].items()
                                for kind, line in run_record["timeline"].items() if isinstance(line, list)})

    def test_detail_tells_registers_paths_and_times(self):
        text, _ = privops(self.program, "--detail")
        self.assertRegex(text, r"(?m)^  mov =rr +20 +- +20 +- .*\n"
                               r"      mov_from_rr\[1\] +10 +- +10 +-\n      mov_from_rr\[2\] +10 +- +10 +-$")
        for way in ("native", "domain"):
            self.assertRegex(text, r"(?m)^over time, %s\n +from ms +privop .*\n +0\.000 +\d" % way)

    def test_iterations_that_differ_are_both_told(self):
        text, _ = privops(self.program, "--phases", "boot (marked)")
        self.assertRegex(text, r"(?m)^boot \(marked\) +4/8 +(\d[\d.]+) +(\d[\d.]+) +[01]\.\d\d\d +1\.00 ")
        one, _ = privops(self.program, "--only", "native", "--phases", "boot (marked)")
        self.assertRegex(one, r"(?m)^boot \(marked\): 4 times, \d+ slots native$")

    def test_text_has_each_number_of_a_phase(self):
        text, _ = privops(self.program, "--phases", "psr")
        self.assertRegex(text, r"(?m)^psr +100 +15\.0 +15\.0 +1\.000 +4\.00 +3\.00 +1\.00 +-$")
        self.assertRegex(text, r"(?m)^  mov =psr +100 +1\.00 +- +100 +100 +1\.00  misc_privop\[0x25\]$")
        self.assertNotIn("registers", text)

    def test_workloads_are_shown_at_a_glance(self):
        text, _ = privops(self.program)
        self.assertRegex(text, r"(?m)^each time +psr boot \(marked\) +inner +phase 1 +calls$")
        self.assertRegex(text, r"(?m)^  mov =psr +1\.00 +- +- +- +-\n    trapped +1\.00 +- +- +- +-\n"
                               r"    called +1\.00 +- +- +- +-$")
        self.assertRegex(text, r"(?m)^  xen_version\.version +- +- +- +- +0\.50$")
        self.assertRegex(text, r"(?m)^  Break Instruction +- +- +- +1\.00 +-\n    reflected +- +- +- +1\.00 +-$")
        self.assertNotIn("Xen's counter", text)
        detail, _ = privops(self.program, "--detail")
        self.assertTrue(detail.startswith(text))
        self.assertRegex(detail, r"(?m)^phase 1: 5 times, \d+ slots native")

    def test_one_way_alone_counts_as_it_does_beside_the_other(self):
        both = json.loads(privops(self.program, "--output", "json")[0])
        for way in ("native", "domain"):
            one = json.loads(privops(self.program, "--output", "json", "--only", way)[0])
            self.assertEqual(one["runs"], {way: both["runs"][way]})
            text, _ = privops(self.program, "--only", way, "--plot", os.path.join(FOLDER, "one.svg"))
            self.assertIn("booted natively\n" if way == "native" else "booted as a Xen domain\n", text)

    def test_phases_can_be_chosen(self):
        data = json.loads(privops(self.program, "--output", "json", "--phases", "calls,psr")[0])
        self.assertEqual([p["name"] for p in data["phases"]], ["psr", "calls"])

    def test_pictures_are_drawn_all(self):
        paths = [os.path.join(FOLDER, name) for name in ("all.svg", "all.png")]
        privops(self.program, "--plot", paths[0], "--plot", paths[1])
        self.assertTrue(all(os.path.getsize(path) > 1000 for path in paths))

    def test_a_picture_in_svg_is_well_formed(self):
        path = os.path.join(FOLDER, "p.svg")
        privops(self.program, "--plot", path)
        root = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(root.tag, SVG + "svg")
        self.assertGreater(len(list(root.iter(SVG + "path"))) + len(list(root.iter(SVG + "rect"))), 50)

    def test_a_picture_in_png_is_a_picture(self):
        path = os.path.join(FOLDER, "p.png")
        privops(self.program, "--plot", path)
        with open(path, "rb") as f:
            data = f.read()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", data[16:24])
        self.assertGreater(min(width, height), 400)
        at, pixels = 8, b""
        while at < len(data):
            size, kind = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + size]
            self.assertEqual(zlib.crc32(kind + body), struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0])
            pixels += body if kind == b"IDAT" else b""
            at += 12 + size
        self.assertGreater(len(set(zlib.decompress(pixels))), 20)


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = build("both")

    def refused(self, status, words, *options):
        out, err = run("privops", *options, status=status)
        self.assertRegex(err, words)
        self.assertEqual(out, "")

    def test_bad_options_are_refused_before_anything_runs(self):
        kernel = ["-m", "128M", "--kernel", self.program]
        self.refused(125, "--kernel: name the kernel", "-m", "128M")
        self.refused(125, "'x' is not text, csv or json", "--output", "x", *kernel)
        self.refused(125, "'both' is not native or domain", "--only", "both", *kernel)
        self.refused(125, "ends in neither .svg nor .png", "--plot", "x.gif", *kernel)
        self.refused(125, "'0' is not a number above 0", "--top", "0", *kernel)
        self.refused(125, "--table: 'x' is not operations, counters", "--output", "csv", "--table", "x", *kernel)
        self.refused(125, "--table: 'timeline' is a table of --output=csv", "--table", "timeline", *kernel)
        self.refused(125, "--top: csv lists every call site", "--output", "csv", "--top", "3", *kernel)
        self.refused(125, "'file:both' would be written by both boots", "--console", "file:both", *kernel)
        self.refused(125, "the kernel is named by --kernel", "-m", "128M", self.program)
        self.refused(125, "/nowhere/kernel", "--kernel", "/nowhere/kernel")
        self.refused(125, "is not a size", "--kernel", self.program, "-m", "much")

    def test_a_phase_nobody_marked_is_refused(self):
        self.refused(125, "the guest marks no phase 'lunch'", "-m", "128M", "--kernel", self.program,
                     "--phases", "psr,lunch")

    def test_a_picture_that_cannot_be_written_is_an_error(self):
        out, err = privops(self.program, "--plot", "/nowhere/p.svg", status=125)
        self.assertIn("/nowhere/p.svg", err)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_report_that_cannot_be_written_is_an_error(self):
        for output in ("text", "csv", "json"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([EPIC64, "privops", "-m", "128M", "--kernel", self.program, "--output",
                                       output], stdout=full, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 126)
            self.assertIn(b"standard output: could not write", done.stderr)

    def test_a_guest_that_fails_natively_is_an_error(self):
        self.refused(124, "native: .*--max-insns", "-m", "128M", "--max-insns", "500", "--kernel", self.program)

    def test_a_guest_that_fails_as_a_domain_is_an_error(self):
        program = build("fails", "FAIL=1")
        self.refused(124, "domain: .*--max-insns", "-m", "128M", "--max-insns", "100000", "--kernel", program)

    def test_a_file_for_another_machine_is_refused(self):
        self.refused(125, ".", "--kernel", sys.executable)


def main():
    global EPIC64, FOLDER
    EPIC64 = sys.argv.pop(1)
    for tool in ("ia64-linux-gnu-as", "ia64-linux-gnu-ld"):
        if not shutil.which(tool):
            print("skipped:", tool, "is not there")
            return SKIPPED
    with tempfile.TemporaryDirectory() as FOLDER:
        program = unittest.main(exit=False)
    return 0 if program.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
