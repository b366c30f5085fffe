#!/usr/bin/env python3
"""Event traces from outside: text and binary say the same, filters select, and what is told agrees
with what others saw: the hypervisor's own counters, and the trace of all instructions.

    test_events.py EPIC64

The paravirtual guest is tests/hypercall/guest/pv.s and needs ia64-linux-gnu-as and -ld.  With
EPIC64_PV_KERNEL and EPIC64_LINUX_INITRD a real kernel is looked at, too.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import fnmatch
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import zlib

M64 = (1 << 64) - 1
EPIC64 = os.path.abspath(sys.argv[1])
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PV_SOURCE = os.path.join(TESTS, "hypercall", "guest", "pv.s")
BOTH_SOURCE = os.path.join(TESTS, "privops", "guest", "both.s")
RESETS_SOURCE = os.path.join(TESTS, "events", "resets.s")
AS, LD = "ia64-linux-gnu-as", "ia64-linux-gnu-ld"
USER, OUTPUT = 125, 126
REAL, INITRD = os.environ.get("EPIC64_PV_KERNEL"), os.environ.get("EPIC64_LINUX_INITRD")

LINE = re.compile(r"^(\d+) (\d+) ([0-9a-f]{16})\.([012]) (\S+) (\S+) (\S+)((?: \w+=0x[0-9a-f]+)*)( = -?\w+)?( slow)?( batched)?$")
Line = collections.namedtuple("Line", "text time cpu ip slot symbol kind what args result")

# What is privileged or sensitive, in the words of a trace of instructions.
CONCERNS = re.compile(r"""(?:\(p\d+\)\ )?(?:
    (?:ptc\.(?:l|g|ga|e) | ptr\.[id] | it[rc]\.[id] | tpa | tak | thash | ttag | fc | fc\.i | ssm | rsm)\ .*
    | rfi | bsw\.[01] | cover
    | mov\ (?:cr\.\w+= | psr\.l= | r\d+=cr\. | r\d+=psr$ | (?:rr|dbr|ibr|pkr|pmc|pmd)\[ | r\d+=(?:rr|dbr|ibr|pkr|pmc|pmd|cpuid)\[).*
    | mov\.m\ (?:ar\.(?:k[0-7]|eflag|cflg|itc|ruc)=.* | r\d+=ar\.(?:eflag|cflg|itc|ruc)))$""", re.X)


def native(name):
    return [os.path.join(TESTS, "guest", "images", name + ".elf")]


GUESTS = {name: native(name) for name in ("virtual", "timer", "traps", "faults", "debug", "rsefault")}
GUESTS["chaos"] = native("chaos") + ["--max-insns=300000"]


def run(*args, status=None):
    done = subprocess.run([EPIC64, "run"] + list(args), stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    err = done.stderr.decode(errors="replace")
    assert done.returncode >= 0, "crashed: %s\n%s" % (args, err)
    if status is not None:
        assert done.returncode == status, "%s: status %d\n%s" % (args, done.returncode, err)
    return err


def reader(*args):
    done = subprocess.run([EPIC64, "events"] + list(args), stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def parse(text):
    lines = text.splitlines()
    assert lines[0].startswith("# epic64 events, 400000000 ticks a second:"), lines[0]
    out = []
    for line in lines[1:]:
        m = LINE.match(line)
        assert m, "not a line: " + line
        args = dict(a.split("=") for a in m.group(8).split())
        out.append(Line(line, int(m.group(1)), int(m.group(2)), int(m.group(3), 16), int(m.group(4)), m.group(5),
                        m.group(6), m.group(7), args, (m.group(9) or "")[3:]))
    return out


def assemble(folder, name, source):
    program = os.path.join(folder, name)
    subprocess.run([AS, "-o", program + ".o", source], check=True)
    subprocess.run([LD, "--no-warn-rwx-segments", "-N", "-Ttext=0x4000000", "-e", "_start", "-o", program, program + ".o"],
                   check=True)
    return program


def decode(data):
    """The lines of a binary trace, by docs/tracing.md alone."""
    assert data[:8] == bytes.fromhex("894554420d0a1a0a")
    at, payload = 8, b""
    while at < len(data):
        length, crc = struct.unpack_from("<II", data, at)
        block = data[at + 8:at + 8 + length]
        assert len(block) == length and zlib.crc32(block) == crc
        payload, at = payload + block, at + 8 + length
    stream, lines, symbols, whats = iter(payload), [], [None], [None]
    time = place = 0

    def number():
        value = shift = 0
        while True:
            byte = next(stream)
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed():
        value = number()
        return ~(value >> 1) if value & 1 else value >> 1

    def name():
        return bytes(next(stream) for _ in range(number())).decode("ascii")
    while True:
        record = number()
        if record == 1:
            assert (number(), number()) == (1, 400000000)
        elif record == 2:
            symbols.append(name())
        elif record == 3:
            whats.append((name(), name(), number(), [name() for _ in range(number())]))
        elif record == 4:
            kind, what, decimal, args = whats[number()]
            flags, cpu = number(), number()
            time, place = (time + signed()) & M64, (place + signed()) & M64
            symbol = number()
            where = "%s+%#x" % (symbols[symbol], number()) if symbol else "-"
            line = "%d %d %016x.%d %s %s %s" % (time, cpu, place & ~15, place & 15, where, kind, what)
            line += "".join(" %s=%#x" % (arg, number()) for arg in args)
            if flags & 4:
                result = number()
                line += " = %d" % (result - (result >> 63 << 64)) if decimal else " = %#x" % result
            lines.append(line + (" slow" if flags & 1 else "") + (" batched" if flags & 2 else ""))
        else:
            assert record == 5 and number() == len(lines) and next(stream, None) is None
            return lines


class Events(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp()
        cls.guests = dict(GUESTS)
        if shutil.which(AS) and shutil.which(LD):
            program = assemble(cls.dir, "pv", PV_SOURCE)
            cls.guests["pv"] = ["--xen", "--mem=128M", "--max-insns=50000000", "--kernel", program]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def pv(self):
        if "pv" not in self.guests:
            self.skipTest("ia64 binutils are not installed")
        return self.guests["pv"]

    def path(self, name):
        return os.path.join(self.dir, name)

    def text(self, guest, classes="all", *options):
        path = self.path("trace.txt")
        run("--trace=%s:%s" % (classes, path), *options, *guest)
        with open(path) as f:
            return f.read()

    # --- the two forms -----------------------------------------------------------------------------

    def test_the_binary_form_reads_back_as_the_text(self):
        for name, guest in self.guests.items():
            text, binary = self.text(guest), self.path("trace.etb")
            run("--trace=all:" + binary, *guest)
            status, back, err = reader(binary)
            self.assertEqual((status, err), (0, ""), name)
            self.assertEqual(back, text, name)
            self.assertGreater(len(parse(text)), 3, name)
            self.assertLess(os.path.getsize(binary), len(text) / 2, name)

    def test_the_word_binary_and_standard_input_do_as_well(self):
        guest, binary = self.guests["virtual"], self.path("no-suffix")
        run("--trace=tlb,binary:" + binary, *guest)
        with open(binary, "rb") as f:
            done = subprocess.run([EPIC64, "events", "-"], stdin=f, capture_output=True)
        self.assertEqual(done.stdout.decode(), self.text(guest, "tlb"))

    def test_tracing_does_not_change_the_guest_nor_do_two_traces_each_other(self):
        for name, guest in self.guests.items():
            alone = re.search(r"hash \w+", run("--hash", *guest)).group()
            events, insns, insns_alone = self.path("events"), self.path("insns"), self.path("insns-alone")
            err = run("--hash", "--trace=insn:" + insns, "--trace=all:" + events, *guest)
            self.assertEqual(re.search(r"hash \w+", err).group(), alone, name)
            with open(events) as f:
                self.assertEqual(f.read(), self.text(guest), name)
            run("--trace=insn:" + insns_alone, *guest)
            with open(insns) as a, open(insns_alone) as b:
                self.assertTrue(a.read() == b.read(), name)

    def test_the_layout_is_the_documented_one(self):
        for name in ("virtual", "pv"):
            if name in self.guests:
                binary = self.path("trace.etb")
                run("--trace=all:" + binary, *self.guests[name])
                with open(binary, "rb") as f:
                    self.assertEqual(decode(f.read()), self.text(self.guests[name]).splitlines()[1:])

    # --- agreement with others ---------------------------------------------------------------------

    def test_privileged_operations_are_those_that_the_instruction_trace_shows(self):
        for name in GUESTS:
            told = [(line.cpu, line.ip, line.slot) for line in parse(self.text(self.guests[name], "privop"))
                    if line.kind == "privop"]
            insns, shown = self.path("insns"), []
            run("--trace=insn:" + insns, *self.guests[name])
            with open(insns) as f:
                for line in f:
                    m = re.match(r"^(\d+) ([0-9a-f]{16})\.(\d) (.*?) *( \(off\)| \(not retired\))?$", line)
                    if not m.group(5) and CONCERNS.match(re.sub(r";;$", "", m.group(4).rstrip()).rstrip()):
                        shown.append((int(m.group(1)), int(m.group(2), 16), int(m.group(3))))
            self.assertEqual(told, shown, name)
            if name in ("virtual", "faults", "traps", "chaos"):
                self.assertGreater(len(told), 10, name)

    def check_against_counters(self, guest):
        path = self.path("trace.txt")
        err = run("--stats", "--trace=all:" + path, *guest)
        with open(path) as f:
            lines = parse(f.read())
        counted = {name: int(n) for n, name in re.findall(r"^ +(\d+)  ([a-z].*)$", err, re.M)}
        by_kind = collections.Counter(line.kind for line in lines)
        told = collections.Counter("hyperprivop " + line.what for line in lines if line.kind == "hyperprivop")
        told.update("hypercall " + line.what.split(".")[0] for line in lines if line.kind == "hypercall")
        told.update("reflected to vector " + line.what.split(":")[0] for line in lines if line.kind == "reflect")
        mine = {n: c for n, c in counted.items() if n.split()[0] in ("hyperprivop", "hypercall")
                or n.startswith("reflected to")}
        nested = counted.get("data nested TLB faults", 0)
        self.assertEqual(by_kind["reflect"], counted["interruptions reflected"] + nested)
        told["reflected to vector 0x1400"] -= nested
        self.assertEqual({n: c for n, c in told.items() if c}, mine)
        self.assertEqual(by_kind["upcall"], counted.get("events delivered", 0))
        self.assertEqual(by_kind["event"], counted.get("event ports set pending", 0))
        return by_kind

    def test_counts_are_those_of_the_hypervisor(self):
        kinds = self.check_against_counters(self.pv())
        for kind in ("trapped", "hyperprivop", "hypercall", "reflect", "event", "upcall", "tlb", "firmware"):
            self.assertIn(kind, kinds)

    @unittest.skipUnless(REAL and INITRD, "EPIC64_PV_KERNEL and EPIC64_LINUX_INITRD are not set")
    def test_counts_are_those_of_the_hypervisor_under_a_real_kernel(self):
        kinds = self.check_against_counters(["--xen", "--mem=256M", "--smp=2", "--kernel", REAL, "--initrd", INITRD, "--append",
                                             "console=hvc0 quiet", "--console=none", "--max-insns=90000000"])
        self.assertGreater(kinds["hyperprivop"], 200)

    def test_counts_are_those_of_privops_by_place_both_ways(self):
        self.pv()
        program = assemble(self.dir, "both", BOTH_SOURCE)
        options = ["--mem=128M", "--max-insns=10000000", "--kernel", program]
        done = subprocess.run([EPIC64, "privops", "--output=json"] + options, stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        runs = json.loads(done.stdout)["runs"]
        for way, more in (("native", []), ("domain", ["--xen"])):
            counted = collections.Counter()
            for c in runs[way]["counters"]:
                counted[c["kind"], int(c["address"], 16), c["slot"]] += c["count"]
            lines = parse(self.text(options + more))
            told = collections.Counter((line.kind, line.ip, line.slot) for line in lines if line.kind not in ("tlb", "mark"))
            self.assertEqual(told, counted, way)
            self.assertGreater(len(told), 20)

    def test_arguments_have_their_names(self):
        lines = parse(self.text(self.pv()))
        calls = {line.what: line for line in lines if line.kind == "hypercall"}
        self.assertEqual(set(calls["event_channel_op.bind_virq"].args), {"cmd", "arg"})
        self.assertEqual(int(calls["event_channel_op.bind_virq"].args["cmd"], 16), 1)
        inserted = [line for line in lines if line.kind == "tlb" and line.what.startswith("it")]
        self.assertTrue(all(set(line.args) == {"va", "pte", "ps"} for line in inserted) and inserted)
        self.assertTrue(any(line.symbol.startswith("common+0x") for line in lines))
        self.assertTrue(all(set(line.args) == {"isr", "ifa", "iim"} for line in lines if line.kind == "reflect"))

    # --- selection ---------------------------------------------------------------------------------

    def test_classes_select_kinds(self):
        guest = self.pv()
        everything = parse(self.text(guest))
        classes = {"privop": {"privop", "trapped", "hyperprivop"}, "hypercall": {"hypercall", "firmware"},
                   "reflect": {"reflect", "interruption"}, "event": {"event", "upcall"}, "tlb": {"tlb"}, "irq": {"irq"},
                   "trapped": {"trapped"}, "tlb,upcall": {"tlb", "upcall"}}
        for word, kinds in classes.items():
            self.assertEqual([line.text for line in parse(self.text(guest, word))],
                             [line.text for line in everything if line.kind in kinds], word)

    def test_filters_select_at_the_run_and_at_the_reader(self):
        guest, binary = self.pv(), self.path("all.etb")
        run("--trace=all:" + binary, *guest)
        everything = parse(self.text(guest))
        filters = {
            "cpu=0": lambda l: True,
            "cpu=1..15": lambda l: False,
            "kind=tlb": lambda l: l.kind == "tlb",
            "kind=t*": lambda l: l.kind in ("tlb", "trapped"),
            "kind=tlb,kind=upcall": lambda l: l.kind in ("tlb", "upcall"),
            "what=mov_*": lambda l: l.what.startswith("mov_"),
            "in=common+*": lambda l: False,
            "in=common": lambda l: l.symbol.startswith("common+"),
            "in=m?": lambda l: fnmatch.fnmatch(l.symbol.split("+")[0], "m?"),
            "ip=0x4000000..0x40000e0": lambda l: 0x4000000 <= l.ip <= 0x40000e0,
            "ip=0x40000d0": lambda l: l.ip == 0x40000d0,
            "time=100..500": lambda l: 100 <= l.time <= 500,
            "time=1000..": lambda l: l.time >= 1000,
            "time=..1000": lambda l: l.time <= 1000,
            "time=10us..7ms": lambda l: 4000 <= l.time <= 2800000,
            "time=7ms..1s": lambda l: 2800000 <= l.time <= 400000000,
            "time=..1000,kind=trapped,what=rfi": lambda l: l.time <= 1000 and l.kind == "trapped" and l.what == "rfi",
        }
        for text, passes in filters.items():
            expected = [line.text for line in everything if passes(line)]
            status, out, _ = reader("--filter", text, binary)
            self.assertEqual(status, 0)
            self.assertEqual([line.text for line in parse(out)], expected, text)
            self.assertEqual(self.text(guest, "all", "--trace-filter=" + text), out, text)

    # --- resets, and names ---------------------------------------------------------------------------

    def resets(self):
        self.pv()
        return ["--mem=128M", "--console=none", "--kernel", assemble(self.dir, "resets", RESETS_SOURCE)]

    def test_a_trace_goes_on_over_resets(self):
        for more in ([], ["--xen"], ["--xen", "--smp=2"]):
            guest = self.resets() + more + ["--max-insns=20000"]
            lines = parse(self.text(guest))
            turns = [line for line in lines if line.what == "mov_from_cr.itv"]
            self.assertGreater(len(turns), 100)
            self.assertEqual({line.symbol for line in turns}, {"home+0x0"})
            per_turn = [line.text.split(" ", 2)[2] for line in lines]
            first = per_turn[:per_turn.index(per_turn[0], 10)]
            self.assertEqual(per_turn[len(first):2 * len(first)], first, "every turn is like the first")

    def test_no_observer_minds_a_reset(self):
        for more in ([], ["--xen"]):
            guest = self.resets() + more + ["--max-insns=20000"]
            observers = ["--stats", "--speed", "--hash", "--on-crash=dump", "--trace=insn,regs:/dev/null", "--trace=all:/dev/null",
                         "--trace=all,binary:/dev/null", "--dump-state=/dev/null"]
            for some in [[o] for o in observers] + [observers] + ([["--pvcheck=/dev/null"]] if more else []):
                run(*some, *guest, status=124)

    def test_only_code_at_hand_names_an_instruction(self):
        for more in ([], ["--xen"]):
            lines = parse(self.text(self.resets() + more + ["--no-reboot"]))
            at = {line.what: line.symbol for line in lines}
            self.assertEqual(at["mov_from_cr.itv"], "home+0x0")
            self.assertEqual(at["mov_from_cr.tpr"], "-", "an absolute symbol is no code")
            self.assertEqual(at["mov_from_cr.dcr"], "copy+0x70", "data names its own bytes only")

    def until(self, path, passes):
        """Wait until the content of a file passes."""
        for _ in range(600):
            time.sleep(0.05)
            if os.path.exists(path):
                with open(path) as f:
                    if passes(f.read()):
                        return
        self.fail("it does not come")

    def started(self, *args):
        def as_usual():
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
        return subprocess.Popen([EPIC64, "run"] + list(args), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, preexec_fn=as_usual)

    def test_a_kernel_that_is_exchanged_before_a_reset_has_its_own_names(self):
        for more in ([], ["--xen"]):
            guest, trace = self.resets() + more, self.path("exchanged.txt")
            with open(guest[-1 - len(more)], "rb") as f:
                other = f.read().replace(b"\0home\0", b"\0abro\0")
            with self.started("--trace=irq,trapped,privop:" + trace, "--trace-filter=what=mov_from_cr.itv", *guest) as p:
                self.until(trace, lambda text: " home+0x0 " in text)
                with open(self.path("new"), "wb") as f:
                    f.write(other)
                os.replace(self.path("new"), guest[-1 - len(more)])
                self.until(trace, lambda text: " abro+0x0 " in text)
                p.send_signal(signal.SIGTERM)
                _, err = p.communicate(timeout=60)
            self.assertEqual((p.returncode, err), (-signal.SIGTERM, b""))
            with open(trace) as f:
                names = [line.symbol for line in parse(f.read())]
            self.assertEqual(names, sorted(names, reverse=True))
            with self.started("--trace=all:" + trace, *guest) as p:
                self.until(trace, lambda text: len(text) > 100000)
                os.remove(guest[-1 - len(more)])
                _, err = p.communicate(timeout=60)
            self.assertIn(b"again", err)
            self.assertGreater(p.returncode, 0, "no signal")

    # --- an end before the end -----------------------------------------------------------------------

    def test_a_signal_ends_the_traces_properly_and_then_the_process(self):
        text, binary, insns = self.path("cut.txt"), self.path("cut.etb"), self.path("cut.insn")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for guest in ([self.resets()] if "pv" in self.guests else []) + [GUESTS["chaos"][:1]]:
                with self.started("--trace=all:" + text, "--trace=all:" + binary, "--trace=insn:" + insns, *guest) as p:
                    self.until(text, lambda content: len(content) > 10000)
                    sent = time.monotonic()
                    p.send_signal(number)
                    _, err = p.communicate(timeout=60)
                self.assertLess(time.monotonic() - sent, 10)
                self.assertEqual((p.returncode, err), (-number, b""))
                status, back, err = reader(binary)
                self.assertEqual((status, err), (0, ""))
                with open(text) as f:
                    content = f.read()
                self.assertTrue(content == back and content.endswith("\n"))
                parse(content)
                with open(insns) as f:
                    self.assertRegex(f.readlines()[-1], r"^\d+ [0-9a-f]{16}\.\d .*\n$")

    def test_a_signal_in_a_trace_gives_the_terminal_back(self):
        guest = [arg for arg in self.resets() if not arg.startswith("--console")]
        text = self.path("terminal.txt")
        try:
            ours, theirs = os.openpty()
        except OSError as e:
            self.skipTest("no terminal to be had: %s" % e)
        before = termios.tcgetattr(theirs)
        with subprocess.Popen([EPIC64, "run", "--trace=all:" + text] + guest, stdin=theirs, stdout=theirs, stderr=theirs,
                              start_new_session=True) as p:
            self.until(text, lambda content: len(content) > 10000)
            self.assertNotEqual(termios.tcgetattr(theirs), before)
            p.send_signal(signal.SIGTERM)
            self.assertEqual(p.wait(timeout=60), -signal.SIGTERM)
        self.assertEqual(termios.tcgetattr(theirs), before)
        os.close(ours)
        os.close(theirs)

    def test_an_ignored_signal_stays_ignored_and_a_reader_that_hangs_does_not_hold_us(self):
        guest, text, pipe = GUESTS["chaos"][:1], self.path("ignored.txt"), self.path("stuck")
        with subprocess.Popen(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", EPIC64, "run", "--trace=all:" + text] + guest,
                              stdout=subprocess.DEVNULL) as p:
            self.until(text, lambda content: len(content) > 10000)
            p.send_signal(signal.SIGHUP)
            with self.assertRaises(subprocess.TimeoutExpired):
                p.wait(timeout=0.5)
            p.send_signal(signal.SIGTERM)
            self.assertEqual(p.wait(timeout=60), -signal.SIGTERM)
        os.mkfifo(pipe)
        with self.started("--trace=all:" + pipe, *guest) as p, open(pipe) as f:
            f.read(10)
            time.sleep(0.5)
            p.send_signal(signal.SIGTERM)
            p.communicate(timeout=20)
        self.assertEqual(p.returncode, -signal.SIGTERM)

    # --- several at once -----------------------------------------------------------------------------

    def test_each_trace_has_its_own_classes_and_file(self):
        for name in ("virtual", "pv"):
            if name not in self.guests:
                continue
            guest, paths = self.guests[name], [self.path("several%d" % i) for i in range(4)]
            what = ["tlb", "interruption,irq", "tlb,privop,binary", "insn"]
            run(*["--trace=%s:%s" % pair for pair in zip(what, paths)], *guest)
            for classes, path in zip(what[:2], paths):
                with open(path) as f:
                    self.assertEqual(f.read(), self.text(guest, classes))
            self.assertEqual(reader(paths[2])[1], self.text(guest, "tlb,privop"))
            self.assertGreater(os.path.getsize(paths[3]), 0)

    def test_a_dash_is_standard_output(self):
        guest = self.guests["virtual"]
        for classes in ("tlb", "insn"):
            path = self.path("file")
            run("--trace=%s:%s" % (classes, path), *guest)
            folder = tempfile.mkdtemp(dir=self.dir)
            out = subprocess.run([EPIC64, "run", "--trace=%s:-" % classes] + guest, cwd=folder, capture_output=True).stdout
            with open(path, "rb") as f:
                self.assertTrue(set(f.read().splitlines()) <= set(out.splitlines()))
            self.assertEqual(os.listdir(folder), [])
        with open("/dev/full", "w") as full:
            done = subprocess.run([EPIC64, "run", "--trace=tlb:-"] + guest, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, OUTPUT)
        self.assertIn(b"standard output", done.stderr)

    def test_nothing_is_printed_that_an_operation_does_not_take(self):
        lines = parse(self.text(self.pv()))
        taken = {line.what: list(line.args) for line in lines if line.kind == "hyperprivop"}
        self.assertEqual(taken["thash"], ["r8"])
        self.assertEqual(taken["ptc_ga"], ["r8", "r9"])
        self.assertEqual(taken["rfi"], [])

    # --- what is refused -----------------------------------------------------------------------------

    def refuses(self, words, *args):
        err = run(*args, status=USER)
        self.assertIn(words, err)
        self.assertEqual(err.count("\n"), 1, err)

    def test_nonsense_is_refused_before_the_guest_starts(self):
        guest = self.guests["virtual"]
        for what in ("privops", "privop,", ",tlb", "insn,tlb", "binary", ""):
            self.refuses("--trace", "--trace=" + what, *guest)
        self.refuses("needs a file", "--trace=tlb,binary", *guest)
        self.refuses("no file after the colon", "--trace=tlb:", *guest)
        self.refuses("cannot be written", "--trace=tlb:/nonexistent/trace", *guest)
        self.refuses("no --trace of events", "--trace-filter=cpu=0", "--trace=insn:" + self.path("x"), *guest)
        for text, words in (("level=1", "none of the keys"), ("cpu", "KEY=VALUE"), ("cpu=", "KEY=VALUE"), ("cpu=x", "no number"),
                            ("ip=1..2..3", "no number"), ("ip=..", "no number"), ("time=5h", "no time"), ("cpu=1ms", "no number"),
                            ("ip=0x", "no number"), ("ip=99999999999999999999", "no number"), ("kind=tlb,", "KEY=VALUE"),
                            ("cpu=3..1", "'cpu=3..1' is a range whose end"), ("time=5..1", "whose end"),
                            ("time=5ms..1us", "whose end"), ("ip=0x20..0x10", "whose end"),
                            ("kind=nosuch", "none of the kinds privop, trapped, hyperprivop,"), ("kind=T*", "none of the kinds")):
            self.refuses(words, "--trace=all:" + self.path("x"), "--trace-filter=" + text, *guest)
            status, out, err = reader("--filter=" + text, self.path("x"))
            self.assertEqual((status, out), (USER, ""))
            self.assertIn(words, err)

    def test_a_range_of_ticks_and_seconds_is_looked_at_where_the_rate_is_known(self):
        binary = self.path("range.etb")
        run("--trace=all:" + binary, *self.guests["virtual"])
        self.refuses("'time=400001..1ms' is a range", "--trace=all:" + self.path("x"), "--trace-filter=time=400001..1ms",
                     *self.guests["virtual"])
        status, out, err = reader("--filter=time=400001..1ms", binary)
        self.assertEqual((status, out), (USER, ""))
        self.assertIn("'time=400001..1ms' is a range", err)
        self.assertEqual(reader("--filter=time=400000..1ms", binary)[0], 0)

    def test_a_trace_that_must_be_empty_is_refused(self):
        self.refuses("nothing that --trace writes to " + self.path("x"), "--trace=tlb:" + self.path("x"),
                     "--trace-filter=kind=irq", *self.guests["virtual"])

    def test_a_full_disk_and_a_reader_that_leaves_are_errors(self):
        guest = GUESTS["chaos"]
        for suffix in ("", ",binary"):
            self.assertIn("could not write all", run("--trace=all%s:/dev/full" % suffix, *guest, status=OUTPUT))
        pipe = self.path("fifo")
        os.mkfifo(pipe)
        with subprocess.Popen([EPIC64, "run", "--trace=all:" + pipe] + guest, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as p:
            with open(pipe) as f:
                f.read(100)
            _, err = p.communicate(timeout=60)
        self.assertEqual(p.returncode, OUTPUT, err)
        self.assertIn(b"could not write all", err)

    def test_the_reader_refuses_what_is_no_trace(self):
        binary = self.path("trace.etb")
        run("--trace=all:" + binary, *self.guests["virtual"])
        with open(binary, "rb") as f:
            whole = f.read()
        for content, words in ((b"", "begin like one"), (whole[:-1], "cut off"), (whole + b"x", "after its end"),
                               (whole.replace(b"\r\n", b"\n", 1), "begin like one"),
                               (whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], "checksum")):
            with open(binary, "wb") as f:
                f.write(content)
            status, _, err = reader(binary)
            self.assertEqual(status, USER)
            self.assertIn(words, err)
            self.assertTrue(err.startswith("epic64: " + binary), err)
        self.assertEqual(reader(PV_SOURCE)[0], USER)
        self.assertIn("cannot be read", reader(self.path("absent"))[2])
        self.assertIn("no file given", reader()[2])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
