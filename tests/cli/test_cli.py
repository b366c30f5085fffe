#!/usr/bin/env python3
"""The command line from outside: what epic64 accepts, prints, refuses, and how it exits.

    test_cli.py EPIC64 TOP

Files are made here, byte by byte; nothing needs a cross compiler.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

EPIC64, TOP = sys.argv[1:3]
DEMO = os.path.join(TOP, "tests", "guest", "images", "demo.elf")
STUCK, LOOP, GUEST, MAX_INSNS, USER, OUTPUT = 121, 122, 123, 124, 125, 126
M64 = (1 << 64) - 1


def bundle(template, slot0, slot1, slot2):
    return (template | slot0 << 5 | slot1 << 46 | slot2 << 87).to_bytes(16, "little")


NOP, NOP_B = 0x8000000, 0x4000000000
BRANCH_SELF = bundle(0x11, NOP, NOP, 0x8000000000)
NOPS = bundle(0x01, NOP, NOP, NOP)
BREAK = bundle(0x01, 0, NOP, NOP)


def elf(segments=((0x2000, BRANCH_SELF),), machine=50, encoding=1, bits=2, kind=2, entry=0x2000, memsz=None):
    """An ELF file whose segments are (physical address, bytes)."""
    order = "<" if encoding == 1 else ">"
    header = struct.pack(order + "4s5B7xHHIQQQIHHHHHH", b"\x7fELF", bits, encoding, 1, 0, 0, kind, machine, 1,
                         entry, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    offset = 64 + 56 * len(segments)
    table = body = b""
    for address, code in segments:
        table += struct.pack(order + "IIQQQQQQ", 1, 5, offset + len(body), address, address, len(code),
                             memsz or len(code), 16)
        body += code
    return header + table + body


class Cli(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()

    def tearDown(self):
        shutil.rmtree(self.dir)

    def file(self, name, content):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def epic64(self, *args, stdout=subprocess.PIPE):
        done = subprocess.run([EPIC64] + list(args), stdout=stdout, stderr=subprocess.PIPE, timeout=60)
        out = done.stdout.decode() if done.stdout is not None else None
        err = done.stderr.decode()
        self.assertGreaterEqual(done.returncode, 0, "crashed: %s\n%s" % (args, err))
        self.assertNotIn("CRITICAL", err)
        return done.returncode, out, err

    def refuses(self, words, *args):
        status, out, err = self.epic64(*args)
        self.assertEqual(status, USER, err)
        self.assertEqual(out, "")
        self.assertIn(words, err)
        self.assertTrue(err.startswith("epic64: "), err)
        self.assertEqual(err.count("\n"), 1, "one line is enough: " + err)

    def raw(self, code, *args, entry=0x1000):
        path = self.file("code", code)
        return self.epic64("run", "--mem=1M", "--load=%s@%#x" % (path, entry), "--entry=%#x" % entry, *args)

    # --- what works --------------------------------------------------------------------------------

    def test_a_program_runs_and_its_status_is_ours(self):
        status, out, err = self.epic64("run", DEMO)
        self.assertEqual((status, err), (0, ""))
        self.assertTrue(out.startswith("Hello from IA-64"))
        status, out, _ = self.epic64("run", os.path.join(TOP, "tests", "guest", "images", "status.elf"))
        self.assertEqual((status, out), (42, ""))

    def test_help_and_version(self):
        status, out, _ = self.epic64("--help")
        self.assertEqual(status, 0)
        self.assertIn("epic64 run", out)
        self.assertIn("epic64 disasm", out)
        status, out, _ = self.epic64("run", "--help")
        self.assertEqual(status, 0)
        for option in ("--mem", "--load", "--entry", "--until", "--max-insns", "--trace", "--stats", "--dump-state",
                       "--hash", "--config"):
            self.assertIn(option, out)
        self.assertIn("124", out)
        status, out, _ = self.epic64("--version")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"^epic64 \d+\.\d+")

    def test_the_man_page_source_names_every_option(self):
        with open(os.path.join(TOP, "machine", "options.def")) as f:
            names = re.findall(r'OPTION\( RUN, +"([^"]+)"', f.read())
        self.assertGreater(len(names), 10)
        _, out, _ = self.epic64("run", "--help")
        for name in names:
            self.assertIn("--" + name, out)

    def test_max_insns_stops_exactly(self):
        for n in (1, 2, 999, 1000, 5000):
            status, _, err = self.raw(BRANCH_SELF, "--max-insns=%d" % n, "--speed")
            self.assertEqual(status, MAX_INSNS)
            self.assertIn("speed: %d slots" % n, err)

    def test_until_stops_before_the_bundle(self):
        for slice_ in ([], ["--slice=1"], ["--slice=9"]):
            dump = os.path.join(self.dir, "state.json")
            status, _, err = self.raw(NOPS * 5 + BRANCH_SELF, "--until=0x1040", "--dump-state", dump, "--speed", *slice_)
            self.assertEqual(status, 0, err)
            self.assertIn("speed: 12 slots", err)
            with open(dump) as f:
                self.assertEqual(int(json.load(f)["ip"], 16), 0x1040)

    def test_the_state_dump_has_all_members(self):
        dump = os.path.join(self.dir, "state.json")
        status, _, _ = self.raw(BRANCH_SELF, "--max-insns=100", "--dump-state", dump)
        self.assertEqual(status, MAX_INSNS)
        with open(dump) as f:
            state = json.load(f)
        for name in ("ip", "ri", "psr", "pr", "gr", "gr_nat", "fr", "br", "cfm", "ar", "cr", "rr", "pkr", "tr"):
            self.assertIn(name, state)
        self.assertEqual([len(state[n]) for n in ("gr", "gr_nat", "fr", "br")], [128, 128, 128, 8])
        self.assertEqual(int(state["fr"][1]["exp"], 16), 0xffff)
        self.assertEqual(int(state["fr"][1]["sig"], 16), 1 << 63)
        self.assertIn("bspstore", state["ar"])
        self.assertIn("rrb.gr", state["cfm"])

    def test_the_predicates_of_the_dump_are_those_of_mov_from_pr(self):
        # mov pr.rot = 0x10000, mov.i ar.ec = 2; br.ctop
        code = bundle(0x01, NOP, 0x400000040, 0x54204000) + bundle(0x11, NOP, NOP, 0x91ffffe1c0)
        dump = os.path.join(self.dir, "state.json")
        self.raw(code, "--max-insns=6", "--dump-state", dump)
        with open(dump) as f:
            state = json.load(f)
        self.assertEqual(int(state["cfm"]["rrb.pr"], 16), 47)
        self.assertEqual(int(state["pr"], 16), 0x10001)

    def test_raw_files_land_where_they_should(self):
        a, b = self.file("a", NOPS), self.file("b", BRANCH_SELF)
        dump = os.path.join(self.dir, "state.json")
        status, _, err = self.epic64("run", "--mem=1M", "--load=%s@0x1000" % a, "--load=%s@0x1010" % b, "--entry=0x1000",
                                     "--max-insns=100", "--dump-state=" + dump)
        self.assertEqual(status, MAX_INSNS, err)
        with open(dump) as f:
            self.assertEqual(int(json.load(f)["ip"], 16), 0x1010)

    def test_the_hash_is_the_same_for_any_slice_and_run(self):
        seen = set()
        for extra in ([], [], ["--slice=1"], ["--slice=7"], ["--slice=1000"], ["--stats"]):
            _, _, err = self.epic64("run", "--hash", DEMO, *extra)
            seen.add(re.search(r"^hash ([0-9a-f]{16})$", err, re.M).group(1))
        self.assertEqual(len(seen), 1)
        _, _, err = self.epic64("run", "--hash", "--max-insns=100", DEMO)
        self.assertNotIn(re.search(r"^hash (\w+)$", err, re.M).group(1), seen)

    def test_trace_has_a_line_per_slot(self):
        trace = os.path.join(self.dir, "trace")
        status, _, _ = self.raw(NOPS * 2 + BRANCH_SELF, "--max-insns=9", "--trace=insn:" + trace)
        self.assertEqual(status, MAX_INSNS)
        with open(trace) as f:
            lines = f.read().splitlines()
        self.assertEqual(len(lines), 9)
        self.assertRegex(lines[0], r"^0 0000000000001000\.0 nop\.m 0x0")
        self.assertRegex(lines[8], r"^0 0000000000001020\.2 br\.few 0x1020|br\.sptk\.few 0x1020")

    def test_trace_shows_registers(self):
        adds = 8 << 37 | 2 << 34 | 5 << 13 | 14 << 6  # adds r14 = 5, r0
        trace = os.path.join(self.dir, "trace")
        self.raw(bundle(0x01, adds, NOP, NOP) + BRANCH_SELF, "--max-insns=4", "--trace=insn,regs:" + trace)
        with open(trace) as f:
            self.assertIn("r14=0000000000000005", f.readline())

    def test_stats_count_rows_and_classes(self):
        status, _, err = self.raw(NOPS * 4 + BRANCH_SELF, "--max-insns=30", "--stats")
        self.assertEqual(status, MAX_INSNS)
        self.assertRegex(err, r"speed: 30 slots")
        self.assertRegex(err, r"\n +6 +20\.0%  branch\n")
        self.assertRegex(err, r"\n +24 +80\.0%  nop\n")

    def test_stats_leave_no_slot_out(self):
        _, _, err = self.epic64("run", "--stats", DEMO)
        total = int(re.search(r"speed: (\d+) slots", err).group(1))
        classes, rows = err.split("by class\n")[1].split("stats: ")
        self.assertEqual(sum(int(line.split()[0]) for line in classes.splitlines()), total)
        self.assertEqual(sum(int(line.split()[0]) for line in rows.splitlines()[1:]), total)

    def test_a_config_file_does_what_options_do(self):
        code = self.file("code", BRANCH_SELF)
        ini = self.file("machine.ini", ("[run]\nmem=1M\nload=%s@0x1000\nentry=0x1000\nmax-insns=50\nspeed=true\n" % code).encode())
        status, _, err = self.epic64("run", "--config=" + ini)
        self.assertEqual(status, MAX_INSNS)
        self.assertIn("speed: 50 slots", err)
        _, _, err = self.epic64("run", "--config=" + ini, "--max-insns=60")
        self.assertIn("speed: 60 slots", err)

    def test_start_up_is_quick(self):
        best = 1.0
        for _ in range(5):
            start = time.monotonic()
            self.raw(BRANCH_SELF, "--max-insns=1")
            best = min(best, time.monotonic() - start)
        self.assertLess(best, 0.5)  # ten times the aim: sanitizers and busy hosts

    # --- guests that go wrong ------------------------------------------------------------------------

    def test_zeroed_memory_is_a_loop_of_faults(self):
        status, _, err = self.raw(b"\0" * 16)
        self.assertEqual(status, LOOP)
        self.assertIn("loop of interruptions", err)
        self.assertIn("Break Instruction", err)
        self.assertIn("it began with Break Instruction at 0x1000", err)
        self.assertRegex(err, r"cpu 0  ip [0-9a-f]{16}\.0")

    def test_running_off_the_end_of_memory_is_told(self):
        for at in (0xffff0, 0xff000):
            status, _, err = self.raw(NOPS * ((0x100000 - at) // 16), entry=at)
            self.assertEqual(status, GUEST, err)
            self.assertIn("0x100000", err)

    def test_a_handler_that_mends_nothing_is_told(self):
        # break, and a handler that is a break itself but for three nops
        code = bytearray(0x8000)
        code[0x2c00:0x2c30] = NOPS + bundle(0x01, 0, NOP, NOP) + NOPS
        code[0x7000:0x7010] = BREAK
        path = self.file("code", bytes(code))
        status, _, err = self.epic64("run", "--mem=1M", "--load=%s@0" % path, "--entry=0x7000", "--max-insns=10000000")
        self.assertEqual(status, LOOP, err)
        self.assertIn("inside its handler", err)

    # --- bad input -----------------------------------------------------------------------------------

    def test_files_that_are_no_program(self):
        self.refuses("cannot be read", "run", os.path.join(self.dir, "absent"))
        self.refuses("not a regular file", "run", self.dir)
        self.refuses("empty", "run", self.file("empty", b""))
        self.refuses("not an ELF file", "run", self.file("text", b"#!/bin/sh\n"))
        self.refuses("x86-64", "run", self.file("x86", elf(machine=62)))
        self.refuses("big-endian", "run", self.file("be", elf(encoding=2)))
        self.refuses("32-bit", "run", self.file("32", elf(bits=1)))
        self.refuses("not an executable", "run", self.file("so", elf(kind=3)))
        self.refuses("nothing to load", "run", self.file("bare", elf(segments=())))

    def test_unreadable_files(self):
        path = self.file("secret", elf())
        os.chmod(path, 0)
        if os.access(path, os.R_OK):
            self.skipTest("root reads everything")
        self.refuses("cannot be read", "run", path)

    def test_truncated_programs(self):
        whole = elf()
        for length in (5, 40, 63, 64, 100, len(whole) - 1):
            self.refuses("truncated", "run", self.file("cut", whole[:length]))
        with open(DEMO, "rb") as f:
            demo = f.read()
        for length in (64, 500, 4096, 5000):
            self.refuses("truncated", "run", self.file("cut", demo[:length]))

    def test_segments_that_do_not_fit(self):
        self.refuses("outside the guest's memory", "run", "--mem=1M", self.file("a", elf(((0x100000, NOPS),), entry=0x100000)))
        self.refuses("outside the guest's memory", "run", "--mem=1M", self.file("b", elf(memsz=0x200000)))
        self.refuses("outside the guest's memory", "run", self.file("c", elf(((0xff5d0000, NOPS),), entry=0xff5d0000)))
        self.refuses("overlaps", "run", self.file("d", elf(((0x2000, NOPS * 2), (0x2010, NOPS)))))
        self.refuses("past the end", "run", self.file("e", elf(((M64 - 7, NOPS),))))
        raw = self.file("raw", NOPS)
        self.refuses("overlaps", "run", "--load=%s@0x2000" % raw, self.file("f", elf()))
        self.refuses("outside the guest's memory", "run", "--mem=1M", "--load=%s@0xfffff8" % raw, self.file("g", elf()))

    def test_entries_that_are_none(self):
        self.refuses("no entry", "run", self.file("a", elf(entry=0)))
        self.refuses("bad entry", "run", self.file("b", elf(entry=0x3000)))
        self.refuses("bad entry", "run", self.file("c", elf(entry=0x2008)))
        self.refuses("not the address of a bundle", "run", "--entry=0x2008", self.file("d", elf()))
        self.refuses("no memory", "run", "--entry=0xff0000000000", self.file("e", elf()))
        self.refuses("say where to start with --entry", "run", "--load=%s@0" % self.file("f", NOPS))
        self.refuses("nothing to run", "run")

    def test_malformed_options(self):
        for words, *args in (("--mem", "--mem=lots"), ("--mem", "--mem=0"), ("--mem", "--mem=64K"),
                             ("--mem", "--mem=1048577"), ("--mem", "--mem=100T"), ("--load", "--load=x"),
                             ("--entry", "--entry=here"), ("--max-insns", "--max-insns=-1"), ("--slice", "--slice=0"),
                             ("--trace", "--trace=everything"), ("--log", "--log=loud"), ("nonsense", "--nonsense"),
                             ("argument too many", "a.elf", "b.elf"), ("nope.ini", "--config=/nope.ini")):
            self.refuses(words, "run", *args)
        self.refuses("is no command", "frobnicate")
        self.refuses("cannot be written", "run", "--trace=insn:/nonexistent/trace", DEMO)

    def test_no_command_at_all(self):
        status, _, err = self.epic64()
        self.assertEqual(status, USER)
        self.assertIn("Usage", err)

    def test_output_that_cannot_be_written(self):
        self.refuses("--dump-state: /nonexistent/state.json", "run", "--dump-state=/nonexistent/state.json", DEMO)
        self.refuses("--screenshot: /nonexistent/a.png", "run", "--screenshot=/nonexistent/a.png", DEMO)
        status, _, err = self.epic64("run", "--dump-state=/dev/full", DEMO)
        self.assertEqual(status, OUTPUT)
        self.assertIn("/dev/full", err)
        with open("/dev/full", "w") as full:
            status, _, err = self.epic64("run", DEMO, stdout=full)
        self.assertEqual(status, OUTPUT)
        self.assertIn("standard output", err)
        status, _, err = self.epic64("run", "--trace=insn:/dev/full", DEMO)
        self.assertEqual(status, OUTPUT)
        self.assertIn("/dev/full", err)

    def test_no_output_is_lost_because_another_takes_its_place(self):
        a, b, kernel = (os.path.join(self.dir, name) for name in ("a", "b", "kernel"))
        for option in ("--dump-state", "--screenshot", "--pvcheck"):
            self.refuses("%s: said twice: '%s' would not be written" % (option, a), "run", option + "=" + a, option + "=" + b, DEMO)
        self.refuses("--pvcheck: said twice", "run", "--pvcheck", "--pvcheck=" + b, DEMO)
        for option in ("--console", "--hvc"):
            self.refuses("'%s' would not be written" % a, "run", option + "=file:" + a, option + "=none", "--kernel", kernel)
            _, _, err = self.epic64("run", option + "=none", option + "=file:" + a, "--kernel", kernel)
            self.assertIn("cannot be read", err)
            self.assertNotIn("twice", err)
        self.refuses("--console: said twice", "privops", "--console=file:" + a, "--console=none", "--kernel", kernel)
        self.assertEqual(os.listdir(self.dir), ["a"], "what the last console was told")
        ini = self.file("machine.ini", ("[run]\ndump-state=%s\n" % a).encode())
        status, _, err = self.epic64("run", "--config=" + ini, "--dump-state=" + b, DEMO)
        self.assertEqual((status, err), (0, ""), "the command line has the last word over the file")

    def test_two_outputs_to_one_file_are_refused(self):
        a, link = os.path.join(self.dir, "a"), os.path.join(self.dir, "link")
        there, dotted = self.file("there", b"kept"), os.path.join(self.dir, ".", "a")
        os.symlink("there", link)
        for first, second in (("--trace=tlb:" + a, "--trace=irq:" + a), ("--trace=tlb:" + a, "--trace=insn:" + dotted),
                              ("--trace=tlb:" + there, "--trace=insn:" + link), ("--trace=tlb:" + a, "--dump-state=" + a),
                              ("--trace=tlb", "--trace=irq"), ("--trace=tlb:-", "--trace=insn:-"),
                              ("--pvcheck=" + a, "--screenshot=" + dotted), ("--trace=tlb:" + a, "--console=file:" + a),
                              ("--hvc=file:" + a, "--console=file:" + a)):
            self.refuses("would both write to", "run", first, second, DEMO)
        self.assertFalse(os.path.exists(a))
        with open(there, "rb") as f:
            self.assertEqual(f.read(), b"kept")
        status, _, err = self.epic64("run", "--trace=tlb:/dev/null", "--trace=irq:/dev/null", "--dump-state=/dev/null", DEMO)
        self.assertEqual((status, err), (0, ""))

    # --- disasm --------------------------------------------------------------------------------------

    def test_disasm_lists_a_program(self):
        status, out, err = self.epic64("disasm", DEMO)
        self.assertEqual(status, 0, err)
        self.assertIn("loadrs", out)
        self.assertGreater(out.count("\n"), 500)

    def test_disasm_of_raw_bundles_is_objdumps(self):
        objdump = shutil.which("ia64-linux-gnu-objdump")
        if not objdump:
            self.skipTest("ia64-linux-gnu-objdump is not installed")
        with open(DEMO, "rb") as f:
            f.seek(0x1000)
            code = f.read(0x1400)
        path = self.file("raw", code)
        theirs = subprocess.run([objdump, "-D", "-z", "-b", "binary", "-m", "ia64", path], stdout=subprocess.PIPE, text=True,
                                check=True).stdout
        _, ours, _ = self.epic64("disasm", "--raw", path)

        def texts(listing):
            lines = re.findall(r"^ *[0-9a-f]+:(?:\t(?:[0-9a-f]{2} )+ *\t)?(.*)$", listing, re.M)
            return [re.sub(r"\s+", " ", line).strip() for line in lines if not re.match(r"\s*([0-9a-f]{2} )*$", line)]
        self.assertGreater(len(texts(theirs)), 500)
        self.assertEqual(texts(ours), texts(theirs))

    def test_disasm_refuses_what_is_no_program(self):
        self.refuses("not an ELF file", "disasm", self.file("text", b"hello, world"))
        self.refuses("No such file", "disasm", os.path.join(self.dir, "absent"))
        self.refuses("whole number of bundles", "disasm", "--raw", self.file("odd", NOPS + b"\0"))
        self.refuses("no file", "disasm")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
