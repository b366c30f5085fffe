"""What the builds of janus cost, and that the tool which says so tells the truth.

    test_variants.py EPIC64 [--built]

The images are those that are checked in, since it is their numbers that people see; --built takes what
the source gives.  The status is 77 if there are none.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import kit  # noqa: E402

SKIPPED = 77
LIMIT = 1.005  # what being able to run as a domain may cost on bare hardware
WORKLOADS = {"null-break", "null-epc", "pipe", "switch", "fault", "fork", "exec", "mmap", "idle", "disk",
             "purge", "signal"}


def load_measure():
    """guest/kernel/measure is a program, but also a module."""
    loader = importlib.machinery.SourceFileLoader("measure", os.path.join(kit.KERNEL, "measure"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("measure", loader))
    loader.exec_module(module)
    return module


measure = load_measure()


class Variants(unittest.TestCase):
    epic64 = images = directory = None

    def arguments(self, **changes):
        usual = dict(epic64=self.epic64, workloads="all", n=0, smp=1, traced=2)
        return types.SimpleNamespace(**usual | changes)

    def slots(self, run, **changes):
        image, way, words = measure.RUNS[run]
        disk = measure.make_disk(self.directory)
        return measure.slots(self.arguments(**changes), os.path.join(self.images, image), way, words, disk)

    def test_patched_it_costs_less_than_half_a_percent_on_every_workload(self):
        for processors in (1, 4):
            nopv, patched = self.slots("nopv", smp=processors), self.slots("patched", smp=processors)
            self.assertEqual(set(nopv), WORKLOADS)
            self.assertEqual(set(patched), WORKLOADS)
            for name, (n, slots) in patched.items():
                self.assertEqual(n, nopv[name][0])
                print("  %-10s %d processors %+.3f %%" % (name, processors, 100 * (slots / nopv[name][1] - 1)))
                self.assertLess(slots, nopv[name][1] * LIMIT, "%s on %d processors" % (name, processors))

    def test_what_is_not_patched_costs_much_more_than_that(self):
        nopv, unpatched = self.slots("nopv", n=20), self.slots("unpatched", n=20)
        for name in ("pipe", "switch", "idle"):
            self.assertGreater(unpatched[name][1], nopv[name][1] * 1.02, name)

    def test_two_runs_give_the_same_numbers_both_ways(self):
        for run in ("nopv", "patched", "xen", "branch", "xen table"):
            self.assertEqual(self.slots(run, n=5), self.slots(run, n=5), run)

    def test_calls_cost_more_than_code_in_place_and_a_table_more_than_a_branch(self):
        for runs in (("patched", "branch", "table"), ("xen", "xen branch", "xen table")):
            in_place, branch, table = (self.slots(run, n=20, workloads="null-break,switch,fault")
                                       for run in runs)
            for name in in_place:
                self.assertLess(in_place[name][1], branch[name][1], name)
                self.assertLess(branch[name][1], table[name][1], name)

    def test_slots_of_a_workload_are_the_lines_of_its_trace(self):
        names = "null-break,switch,fault"
        counted = self.slots("patched", n=3, workloads=names)
        lines = {}
        for number, piece in measure.phases(measure.trace_pieces(
                self.arguments(), os.path.join(self.images, "janus"), names, 3,
                measure.make_disk(self.directory), self.directory)):
            # An MLX bundle is three slots, but two lines.
            long = sum(piece.count(b" %s" % name) for name in (b"movl ", b"brl.", b"nop.x ", b"break.x "))
            lines[number] = lines.get(number, 0) + piece.count(b"\n") + long
        # A few lines more: instructions that faulted are traced, but did not retire.  A mark less.
        for number, name in enumerate(names.split(",")):
            self.assertAlmostEqual(lines[number], counted[name][1], delta=5, msg=name)

    def test_native_instruction_streams_differ_only_in_what_the_compiler_chose(self):
        def stream(image, workload):
            return measure.stream(self.arguments(), os.path.join(self.images, image), workload, 1,
                                  measure.make_disk(self.directory), self.directory)
        for workload in ("null-break", "null-epc", "fault"):
            a, b = stream("janus-nopv", workload), stream("janus", workload)
            privileged = [[measure.normal(t) for t, _ in s if measure.PRIVILEGED.search(t)] for s in (a, b)]
            self.assertGreater(len(privileged[0]), 3, workload)
            self.assertEqual(*privileged, workload)
            changed = sum(len(x) + len(y) for x, y in measure.differences(a, b))
            print("  %-10s %d instructions, %d differ" % (workload, len(a), changed))
            self.assertLess(changed, 0.02 * len(a), workload)


def main():
    built = "--built" in sys.argv
    if len(sys.argv) - built != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as images, tempfile.TemporaryDirectory() as directory:
        try:
            (kit.build if built else kit.unpack)(images)
        except kit.Skip as why:
            print(why)
            return SKIPPED
        Variants.epic64, Variants.images, Variants.directory = os.path.abspath(sys.argv[1]), images, directory
        done = unittest.main(argv=[sys.argv[0]], exit=False, verbosity=2)
        return 0 if done.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
