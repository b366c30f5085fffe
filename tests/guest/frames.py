"""Random programs about the register frame, for ski.py: calls of functions with all kinds of frames,
rotating registers, software-pipelined loops, NaT bits, flushrs, reallocation, deep enough to spill and
fill the register stack many times.

Every step leaves {its number, r8} in memory at r14, so that two runs can be compared step by step;
r8 takes in everything that the step read.  Registers that the architecture leaves undefined (new ones
of alloc, outputs after a call) are written before they are read.

Static registers: r8 sum, r9 to r11 scratch, r13 a stack for what functions must save, r14 results.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import random

FUNCTIONS, STEPS, MAX_CALLS = 40, 14, 1500
RESULTS = 1 << 21  # bytes


class Function:
    def __init__(self, rng, number, costs):
        self.rng, self.number, self.costs = rng, number, costs
        self.lines, self.steps, self.cost = [], [], 1
        self.sol = self.sof = self.sor = 0

    def put(self, text):
        self.lines.append("\t" + text + "\n\t;;")

    def stacked(self):
        return "r%d" % (32 + self.rng.randrange(self.sof))

    # Takes a register into r8, whether it is a NaT or not.
    def take(self, reg):
        self.put("tnat.nz p6, p7 = %s" % reg)
        self.put("(p7) xor r9 = r8, %s" % reg)
        self.put("(p6) add r9 = 0x55, r8")
        self.put("shrp r8 = r9, r9, 59")
        self.put("add r8 = 1, r8")

    def define(self, first, last):
        for r in range(first, last):
            kind = self.rng.random()
            if kind < 0.12:
                self.put("ld8.fill r%d = [r15]" % (32 + r))  # a NaT
            else:
                self.put("add r%d = %d, r8" % (32 + r, self.rng.randrange(-8000, 8000)))

    def alloc(self, inputs):
        self.sof = self.rng.randint(max(inputs, 1), self.rng.choice((8, 20, 40, 96)) if inputs < 8 else 96)
        self.sol = self.rng.randint(0, self.sof)
        self.sor = 8 * self.rng.randint(0, self.sof // 8) if self.rng.random() < 0.6 else 0
        self.put("alloc r9 = ar.pfs, 0, %d, %d, %d" % (self.sol, self.sof - self.sol, self.sor))

    # --- steps

    def step_mix(self):
        self.take(self.stacked())
        self.put("add %s = %s, r8" % (self.stacked(), self.stacked()))
        self.take(self.stacked())

    def step_nat(self):
        self.put("ld8.fill %s = [r15]" % self.stacked())

    def step_flush(self):
        self.put("flushrs")

    def step_sum(self):
        for r in range(self.sof):
            self.take("r%d" % (32 + r))

    def step_predicates(self):
        self.put("mov r9 = pr")
        self.take("r9")
        self.put("mov pr = r8, 0x1ff00")
        p = self.rng.randrange(16, 63)
        self.put("cmp.lt p%d, p%d = r8, r0" % (p, p + 1))
        self.put("(p%d) add r8 = 77, r8" % self.rng.randrange(16, 64))

    def step_loop(self):
        label = "loop_%d_%d" % (self.number, len(self.lines))
        branch = self.rng.choice(("br.ctop", "br.cexit", "br.wtop", "br.wexit"))
        self.put("mov ar.lc = %d" % self.rng.randrange(0, 9))
        self.put("mov ar.ec = %d" % self.rng.randrange(0, 5))
        self.put("mov pr.rot = %#x" % (self.rng.getrandbits(43) << 16 & ((1 << 44) - 1) & ~0xffff))
        self.put("setf.sig f%d = r8" % self.rng.randrange(32, 128))
        self.put("mov r11 = 12")
        self.lines.append(label + ":")
        self.put("(p%d) add %s = r8, %s" % (self.rng.randrange(16, 20), self.stacked(), self.stacked()))
        self.take(self.stacked())
        self.put("getf.sig r9 = f%d" % self.rng.randrange(32, 128))
        self.take("r9")
        self.put("setf.sig f%d = r8" % self.rng.randrange(32, 128))
        self.put("cmp.eq p%d, p0 = r8, r8" % self.rng.randrange(20, 60))
        # a second exit, since some of these loops would run for ever
        self.put("add r11 = -1, r11")
        self.put("cmp.eq p8, p9 = 0, r11")
        self.put("(p8) br.cond.dpnt.few %s_out" % label)
        guard = "(p%d) " % self.rng.randrange(16, 30) if branch[3] == "w" else ""
        if branch.endswith("top"):
            self.put("%s%s.dptk.few %s" % (guard, branch, label))
        else:
            self.put("%s%s.dpnt.few %s_out" % (guard, branch, label))
            self.put("br.sptk.few " + label)
        self.lines.append(label + "_out:")
        self.put("mov r9 = ar.lc")
        self.put("mov r10 = ar.ec")
        self.put("shladd r9 = r9, 4, r10")
        self.take("r9")

    def step_clear(self):
        self.put(self.rng.choice(("clrrrb", "clrrrb.pr")))

    def step_again(self):
        self.put("clrrrb")
        self.alloc(self.rng.randrange(0, 40))
        self.define(0, self.sof)

    def step_call(self):
        callees = [c for c in range(self.number + 1, FUNCTIONS) if self.cost + self.costs[c] < MAX_CALLS]
        if not callees:
            return self.step_mix()
        callee = self.rng.choice(callees[:8])
        self.cost += self.costs[callee]
        self.put("br.call.sptk.many b0 = function_%d" % callee)
        # The outputs are the callee's; where they rotate, any name may be one of theirs.
        self.define(0 if self.sor > self.sol else self.sol, self.sof)
        return None

    def step(self):
        weights = {self.step_mix: 4, self.step_nat: 2, self.step_flush: 1, self.step_sum: 1, self.step_predicates: 2,
                   self.step_loop: 3, self.step_clear: 1, self.step_again: 1, self.step_call: 5}
        self.rng.choices(list(weights), list(weights.values()))[0]()

    # What is pushed in the first line is popped in the last.
    SAVED = ("b0", "ar.pfs", "ar.lc", "ar.ec")

    def make(self):
        self.lines.append("\t.align 16\nfunction_%d:" % self.number)
        for reg in self.SAVED:
            self.put("mov r9 = " + reg)
            self.put("st8 [r13] = r9, 8")
        self.alloc(0)
        self.define(0, self.sof)
        for n in range(STEPS):
            self.step()
            self.put("mov r9 = %d" % (self.number * 1000 + n))
            self.put("st8 [r14] = r9, 8")
            self.put("st8 [r14] = r8, 8")
        for reg in reversed(self.SAVED):
            self.put("add r13 = -8, r13")
            self.put("ld8 r9 = [r13]")
            self.put("mov %s = r9" % reg)
        self.put("br.ret.sptk.many b0")
        return "\n".join(self.lines) + "\n"


def program(seed):
    """The text of functions, and the code that calls the first one."""
    rng, costs, texts = random.Random(seed), {}, []
    for number in reversed(range(FUNCTIONS)):
        f = Function(rng, number, costs)
        texts.append(f.make())
        costs[number] = f.cost
    start = ["movl r13 = frames_stack", "movl r14 = out", "movl r15 = frames_nat", "movl r8 = 0x123456789abcdef",
             "mov r9 = -1", ";;", "mov ar.unat = r9", "mov pr = r0, -1", ";;"]
    start += ["setf.sig f%d = r8\n\tadd r8 = 77, r8\n\t;;" % f for f in range(32, 128)]
    start += ["clrrrb", ";;", "movl r8 = 0x123456789abcdef", ";;", "br.call.sptk.many b0 = function_0", ";;", "clrrrb",
              ";;", "mov r32 = r14", ";;"]
    data = "\t.data\n\t.align 16\nframes_nat:\tdata8 0, 0\n\t.bss\n\t.align 16\nframes_stack:\t.skip 65536\n\t.text\n"
    return "\t" + "\n\t".join(start).replace("\t;;", ";;") + "\n", "".join(texts) + data
