#!/usr/bin/env python3
"""Compares with HP's simulator, where somebody has installed it as `bski`.

Three kinds of programs are built twice, as user-level Linux programs for bski and as bare-metal ones
for epic64, and must say the same:

  - one of our own making, which runs nearly every user-level instruction that computes something, and
    loads, stores and semaphores in both byte orders, on corner and random operands, and integer
    instructions with NaTs as well, and writes all results, flags and predicates out;
  - random programs about calls, frames and rotation (frames.py);
  - some of the benchmarks, at their smallest scale.

    ski.py EPIC64

Differences of the first kind are reported as instruction, operands and both results.  Where the
simulator is known to depart from the manual, KNOWN says so.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cross  # noqa: E402
import frames  # noqa: E402

SKIP = 77
SEED = 64
BENCHMARKS = ["sort", "recursion", "float"]
INT_ROWS, FP_ROWS, FRAMES = 160, 500, 4
MASK64 = (1 << 64) - 1

# --- what is run ----------------------------------------------------------------------------------
# Integer instructions: the result is r8, sources are r16, r17 (r18 where three are wanted).


def integer_instructions():
    yield from ("%s r8 = r16, r17" % m for m in (
        "add sub and andcm or xor addp4 padd1 padd2 padd4 padd1.sss padd2.sss padd1.uuu padd2.uuu padd1.uus "
        "padd2.uus psub1 psub2 psub4 psub1.sss psub2.sss psub1.uuu psub2.uuu psub1.uus psub2.uus pavg1 pavg2 "
        "pavg1.raz pavg2.raz pavgsub1 pavgsub2 pcmp1.eq pcmp2.eq pcmp4.eq pcmp1.gt pcmp2.gt pcmp4.gt pmpy2.r "
        "pmpy2.l mix1.r mix2.r mix4.r mix1.l mix2.l mix4.l pack2.uss pack2.sss pack4.sss unpack1.h unpack2.h "
        "unpack4.h unpack1.l unpack2.l unpack4.l pmin1.u pmax1.u pmin2 pmax2 psad1 shl shr shr.u pshl2 pshl4 "
        "pshr2 pshr4 pshr2.u pshr4.u").split())
    yield from ("add r8 = r16, r17, 1", "sub r8 = r16, r17, 1")
    yield from ("%s r8 = r16, %d, r17" % (m, n) for m in ("shladd", "shladdp4") for n in (1, 2, 3, 4))
    yield from ("%s r8 = r16, %d, r17" % (m, n) for m in ("pshladd2", "pshradd2") for n in (1, 2, 3))
    yield from ("%s r8 = r16, r17, %d" % (m, n) for m in ("pmpyshr2", "pmpyshr2.u") for n in (0, 7, 15, 16))
    yield from ("shrp r8 = r16, r17, %d" % n for n in (0, 1, 31, 32, 63))
    yield from ("%s r8 = %d, r16" % (m, n) for m in ("sub", "and", "andcm", "or", "xor") for n in (-128, -1, 0, 127))
    yield from ("%s r8 = %d, r16" % (m, n) for m in ("adds", "addp4") for n in (-8192, -1, 8191))
    yield from ("%s r8 = r16" % m for m in (
        "zxt1 zxt2 zxt4 sxt1 sxt2 sxt4 czx1.l czx1.r czx2.l czx2.r popcnt").split())
    yield from ("mux1 r8 = r16, @%s" % t for t in ("brcst", "mix", "shuf", "alt", "rev"))
    yield from ("mux2 r8 = r16, %d" % n for n in (0, 0x1b, 0x8d, 0xe4, 0xff))
    yield from ("%s r8 = r16, %d" % (m, n) for m in ("pshl2", "pshl4", "pshr2", "pshr4", "pshr2.u", "pshr4.u")
                for n in (0, 1, 15, 16, 31))
    fields = [(0, 1), (0, 64), (5, 13), (31, 33), (32, 32), (60, 4), (60, 20), (63, 1), (63, 64), (1, 63)]
    yield from ("%s r8 = r16, %d, %d" % (m, p, n) for m in ("extr", "extr.u") for p, n in fields)
    yield from ("dep.z r8 = r16, %d, %d" % f for f in fields)
    yield from ("dep.z r8 = %d, %d, %d" % ((v,) + f) for v in (-128, 127) for f in fields)
    yield from ("dep r8 = %d, r16, %d, %d" % ((v,) + f) for v in (0, -1) for f in fields)
    yield from ("dep r8 = r16, r17, %d, %d" % f for f in [(0, 1), (0, 16), (7, 11), (48, 16), (60, 4), (63, 1)])
    yield "xma.l f8 = f16, f17, f18"
    yield "xma.h f8 = f16, f17, f18"
    yield "xma.hu f8 = f16, f17, f18"


# Writers of p6 and p7 under p8, which all three start with bits of r18.
def compare_instructions():
    kinds = [""] + [".unc"]
    for m in ("cmp", "cmp4"):
        yield from ("%s.%s%s p6, p7 = %s, r17" % (m, r, k, a) for r in ("lt", "ltu", "eq") for k in kinds
                    for a in ("r16", "-1", "0", "127"))
        yield from ("%s.%s.%s p6, p7 = %s, r17" % (m, r, k, a) for r in ("eq", "ne") for k in ("and", "or", "or.andcm")
                    for a in ("r16", "-128", "1"))
        yield from ("%s.%s.%s p6, p7 = r0, r17" % (m, r, k) for r in ("gt", "le", "ge", "lt")
                    for k in ("and", "or", "or.andcm"))
    yield from ("tbit.%s p6, p7 = r16, %d" % (r, n) for n in (0, 31, 63)
                for r in ("z", "z.unc", "z.and", "nz.and", "z.or", "nz.or", "z.or.andcm", "nz.or.andcm"))


# Memory, in both byte orders: sequences that end with r8.  r37 points to 48 bytes.
def memory_sequences():
    for order in ("rum 2", "sum 2"):
        begin, end = order + " ;; ", " ;; rum 2"
        fill = "st8 [r37] = r16, 8 ;; st8 [r37] = r17, -8 ;; "
        for size in (1, 2, 4, 8):
            yield begin + fill + "ld%d r8 = [r37]" % size + end
            yield begin + fill + "st%d [r37] = r17 ;; ld8 r8 = [r37]" % size + end
            yield begin + fill + "mov ar.ccv = r16 ;; cmpxchg%d.acq r8 = [r37], r17, ar.ccv ;; ld8 r9 = [r37] ;; " \
                "add r8 = r8, r9" % size + end
            yield begin + fill + "xchg%d r8 = [r37], r17 ;; ld8 r9 = [r37] ;; xor r8 = r8, r9" % size + end
        for size in (4, 8):
            for n in (1, -16):
                yield begin + fill + "fetchadd%d.rel r8 = [r37], %d ;; ld8 r9 = [r37] ;; " \
                    "xor r8 = r8, r9" % (size, n) + end
        for t in ("s", "d", "e", "8"):
            yield begin + fill + "ldf%s f8 = [r37] ;; getf.sig r8 = f8 ;; getf.exp r9 = f8 ;; add r8 = r8, r9" % t + end
            yield begin + fill + "setf.d f8 = r17 ;; stf%s [r37] = f8 ;; ld8 r8 = [r37], 8 ;; ld8 r9 = [r37], -8 ;; " \
                "sub r8 = r8, r9" % t + end
        for t in ("s", "d", "8"):
            yield begin + fill + "ldfp%s f8, f9 = [r37] ;; getf.sig r8 = f8 ;; getf.exp r9 = f9 ;; " \
                "add r8 = r8, r9 ;; getf.sig r9 = f9 ;; xor r8 = r8, r9" % t + end
        yield begin + fill + "ldf.fill f8 = [r37] ;; getf.sig r8 = f8 ;; getf.exp r9 = f8 ;; add r8 = r8, r9" + end
        yield begin + "setf.d f8 = r17 ;; stf.spill [r37] = f8 ;; ld8 r8 = [r37], 8 ;; ld8 r9 = [r37], -8 ;; " \
            "sub r8 = r8, r9" + end
        yield begin + "mov ar.unat = r18 ;; st8.spill [r37] = r16 ;; ld8 r8 = [r37] ;; mov r9 = ar.unat ;; " \
            "xor r8 = r8, r9" + end


# NaT bits: the same integer instructions with sources that are NaT by chance.
def nat_instructions():
    for insn in list(integer_instructions()) + list(compare_instructions()):
        if " f8" not in insn:
            yield insn
    yield from ("tnat.%s p6, p7 = r16" % r for r in (
        "z", "z.unc", "z.and", "nz.and", "z.or", "nz.or", "z.or.andcm", "nz.or.andcm"))


def all_integer():
    return list(integer_instructions()) + list(compare_instructions()) + list(memory_sequences())


# Floating point: the result is f8 (and p6, p7); sources f16, f17, f18.
def fp_instructions():
    for sf in ("s0", "s2"):
        yield from ("%s.%s f8 = f16, f17, f18" % (m, sf) for m in (
            "fma fma.s fma.d fms fms.s fms.d fnma fnma.s fnma.d fpma fpms fpnma").split())
        yield from ("%s.%s f8 = f16, f17, f0" % (m, sf) for m in ("fma.d", "fms", "fnma.s", "fpma"))
        yield from ("%s.%s f8 = f16, f1, f18" % (m, sf) for m in ("fma", "fms.d", "fnma"))
        yield from ("%s.%s f8 = f16, f17" % (m, sf) for m in (
            "fmin fmax famin famax fpmin fpmax fpamin fpamax fpcmp.eq fpcmp.lt fpcmp.le fpcmp.unord fpcmp.neq "
            "fpcmp.nlt fpcmp.nle fpcmp.ord").split())
        yield from ("%s.%s f8 = f16" % (m, sf) for m in (
            "fcvt.fx fcvt.fxu fcvt.fx.trunc fcvt.fxu.trunc fpcvt.fx fpcvt.fxu fpcvt.fx.trunc fpcvt.fxu.trunc").split())
        yield from ("%s.%s f8, p6 = f16, f17" % (m, sf) for m in ("frcpa", "fprcpa"))
        yield from ("%s.%s f8, p6 = f16" % (m, sf) for m in ("frsqrta", "fprsqrta"))
        yield from ("fcmp.%s%s.%s p6, p7 = f16, f17" % (r, k, sf) for r in ("eq", "lt", "le", "unord")
                    for k in ("", ".unc"))
    yield from ("%s f8 = f16, f17" % m for m in (
        "fmerge.s fmerge.ns fmerge.se fpmerge.s fpmerge.ns fpmerge.se fmix.lr fmix.r fmix.l fsxt.r fsxt.l fpack "
        "fand fandcm for fxor fswap fswap.nl fswap.nr").split())
    yield "fselect f8 = f16, f17, f18"
    yield "fcvt.xf f8 = f16"
    yield from ("fclass.m p6, p7 = f16, 0x%x" % c
                for c in (1, 2, 4, 8, 16, 32, 64, 128, 256, 0x1ff, 0x7, 0xb, 0x13, 0x23))


    yield from ("setf.%s f8 = r17" % t for t in ("sig", "exp", "s", "d"))
    yield from ("getf.%s r8 = f16 ;; setf.sig f8 = r8" % t for t in ("sig", "exp", "s", "d"))
    yield from ("stf%s [r37] = f16 ;; ldf%s f8 = [r37]" % (t, t) for t in ("s", "d", "e", "8"))


# Where the simulator departs from the manual.
def known(insn, sources):
    if ".sss " in insn or insn.startswith(("pshladd2", "pshradd2")):
        return "signed saturation of the simulator takes positive lanes for too negative"
    if insn.startswith("sum 2") and ("xchg4" in insn):
        return "four-byte semaphores of the simulator mix bytes of old and new in big-endian mode"
    pseudo_zero = any(f[2] == 0 and 0 < f[1] < 0x1fffe for f in sources[:2]) if len(sources) == 5 else False
    if pseudo_zero and insn.startswith(("fmin", "fmax", "famin", "famax", "fcmp")):
        return "the simulator orders pseudo-zeros by their exponent (SDM 1:88: they are zeros)"
    return None


# --- operands -------------------------------------------------------------------------------------

INT_CORNERS = [0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
               0x80000000, 0xffffffff, 0x100000000, 0x7f80007f8000ff01, 0x8000800080008000, 0x7fff7fff7fff7fff,
               0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0x00ff00ff00ff00ff, 0x0123456789abcdef, 0xfedcba9876543210,
               0x7fffffffffffffff, 0x8000000000000000, MASK64 - 1, MASK64]

BIAS = 0xffff
FP_CORNERS = [
    (0, 0, 0), (1, 0, 0), (0, BIAS, 1 << 63), (1, BIAS, 1 << 63), (0, BIAS + 1, 1 << 63), (0, BIAS - 1, 3 << 62),
    (0, 0x1ffff, 1 << 63), (1, 0x1ffff, 1 << 63),                        # infinities
    (0, 0x1ffff, 3 << 62), (1, 0x1ffff, 0xc000000000012345),             # quiet NaNs
    (0, 0x1ffff, 0xa000000000000001), (1, 0x1ffff, 0x8000010000000000),  # signaling ones
    (0, 0x1fffe, 0),                                                     # NaTVal
    (0, 0x1ffff, 0x4000000000000000),                                    # unsupported
    (0, 0xfc01, 1), (1, 0xfc01, 0x4000000000000000),                     # double denormals
    (0, 0xff81, 0x0000010000000000), (0, 0, 1), (1, 0, 0x7fffffffffffffff),
    (0, 0x1003e, 0), (0, 0x1003e, 5), (0, 0x1003e, MASK64), (0, 0x1003e, 0x3f80000040000000),
    (0, 0x1003e, 0x7f800000ff800001), (0, 0x1003e, 0x0000000180000000), (0, 0x1003e, 0x7f7fffff00800000),
    (0, 0x1003e, 0xbf8000003f800001), (0, 0x1003e, 0x4f000000cf000000),
    (0, 0x103fe, 0xfffffffffffff800), (0, 0x1007e, 0xffffff0000000000), (0, 0x13ffe, MASK64), (0, 0x1fffd, MASK64),
    (0, 1, 1 << 63), (1, 0x41, 1 << 63), (0, 0x40, 3 << 62), (0, 0xc001, 1 << 63), (0, 0xfc01, 1 << 63),
    (0, 0x1003d, MASK64), (1, 0x1003e, 1 << 63), (1, 0x1003d, 0xffffffffffffffff), (0, BIAS - 2, MASK64),
]


def random_fp(rng):
    if rng.random() < 0.45:
        return rng.choice(FP_CORNERS)
    kind = rng.random()
    if kind < 0.5:  # near one, so that results stay ordinary
        return (rng.getrandbits(1), BIAS + rng.randint(-70, 70), 1 << 63 | rng.getrandbits(63))
    if kind < 0.7:
        return (rng.getrandbits(1), BIAS + rng.randint(-20, 40), 1 << 63 | rng.getrandbits(24) << 39)
    if kind < 0.85:
        return (0, 0x1003e, rng.getrandbits(64))
    return (rng.getrandbits(1), rng.randint(1, 0x1fffd), 1 << 63 | rng.getrandbits(63))


def integer_rows(rng):
    value = lambda: rng.choice(INT_CORNERS) if rng.random() < 0.6 else rng.getrandbits(64)  # noqa: E731
    return [(value(), value(), rng.getrandbits(64)) for _ in range(INT_ROWS)]


# All traps disabled; every rounding, precision, range and flushing in status fields 0 and 2.
def random_fpsr(rng):
    field = lambda: rng.getrandbits(2) | rng.choice((0, 2, 3)) << 2 | rng.getrandbits(2) << 4  # noqa: E731
    return 0x3f | field() << 6 | 3 << 21 | field() << 32 | 3 << 47


def fp_rows(rng):
    return [(random_fp(rng), random_fp(rng), random_fp(rng), random_fpsr(rng), rng.getrandbits(64))
            for _ in range(FP_ROWS)]


# The simulator asks for software assistance, which nobody gives it, where the quotient or root of an
# approximation would leave the range; and nobody stores NaTVals.
def is_tame(row):
    return all(f[1] == 0x1ffff or 0x4000 < f[1] < 0x1c000 or f[1] == 0 for f in row[:3])


def tame_rows(rng):
    rows = []
    while len(rows) < FP_ROWS:
        rows += [row for row in fp_rows(rng) if is_tame(row)]
    return rows[:FP_ROWS]


def wants_tame(insn):
    return insn.startswith(("frcpa", "frsqrta", "stf"))


def spilled(f):
    return struct.pack("<QQ", f[2], f[0] << 17 | f[1])


# --- the program ----------------------------------------------------------------------------------
# One loop per instruction: operands from a table, results to the end of `out`, which is then written.

INT_LOOP = """
	mov	r14 = r33
	mov	r8 = {last}
	;;
	mov	ar.lc = r8
	;;
1:	ld8	r16 = [r14], 8
	;;
	ld8	r17 = [r14], 8
	mov	r8 = 0
	;;
	ld8	r18 = [r14], 8
	setf.sig	f16 = r16
	setf.sig	f17 = r17
	;;
	setf.sig	f18 = r18
	mov	pr = r18, 0x1c0
	;;
	{guard}{insn}
	;;
	{fetch}
	;;
	st8	[r32] = r8, 8
	br.cloop.sptk.few	1b
	;;
"""
NAT_LOOP = """
	mov	r14 = r33
	mov	r8 = {last}
	;;
	mov	ar.lc = r8
	;;
1:	ld8	r16 = [r14], 8
	;;
	ld8	r17 = [r14], 8
	mov	r8 = 0
	;;
	ld8	r18 = [r14], 8
	st8	[r37] = r16, 8
	;;
	st8	[r37] = r17, -8
	mov	ar.unat = r18
	;;
	ld8.fill	r16 = [r37], 8
	;;
	ld8.fill	r17 = [r37], -8
	mov	pr = r18, 0x1c0
	;;
	{guard}{insn}
	;;
	{fetch}
	mov	r9 = pr
	;;
	and	r9 = r35, r9
	;;
	st8	[r32] = r9, 8
	br.cloop.sptk.few	1b
	;;
"""
FP_LOOP = """
	mov	r14 = {table}
	mov	r8 = {last}
	;;
	mov	ar.lc = r8
	;;
1:	ldf.fill	f16 = [r14], 16
	mov	f8 = f0
	;;
	ldf.fill	f17 = [r14], 16
	;;
	ldf.fill	f18 = [r14], 16
	;;
	ld8	r16 = [r14], 8
	;;
	ld8	r17 = [r14], 8
	mov	ar.fpsr = r16
	;;
	mov	pr = r17, 0x1c0
	;;
	{guard}{insn}
	;;
	mov	r8 = ar.fpsr
	mov	r9 = pr
	stf.spill	[r32] = f8, 16
	;;
	st8	[r32] = r8, 8
	and	r9 = r35, r9
	;;
	st8	[r32] = r9, 8
	br.cloop.sptk.few	1b
	;;
"""
START = """
	.explicit
	.text
	.global	_start
_start:
	alloc	r2 = ar.pfs, 0, 8, 0, 0
	movl	r32 = out
	movl	r33 = int_rows
	movl	r34 = fp_rows
	movl	r36 = tame_rows
	movl	r37 = scratch
	mov	r35 = 0x1c0
	;;
"""
# Linux: write(1, out, size) as often as it takes, exit(0).
END_USER = """
	movl	r36 = out
	;;
	sub	r37 = r32, r36
	;;
2:	mov	r15 = 1027
	mov	r38 = r36
	;;
	alloc	r2 = ar.pfs, 0, 8, 3, 0
	mov	r40 = 1
	mov	r41 = r36
	mov	r42 = r37
	;;
	break	0x100000
	;;
	add	r36 = r8, r36
	sub	r37 = r37, r8
	;;
	cmp.lt	p6, p7 = 0, r37
(p6)	br.cond.sptk.few	2b
	;;
	mov	r15 = 1025
	mov	r40 = 0
	;;
	break	0x100000
	;;
"""
END_BARE = """
	movl	r36 = out
	movl	r37 = 0xff5d0000
	;;
2:	ld1	r8 = [r36], 1
	;;
	st1	[r37] = r8
	cmp.ltu	p6, p7 = r36, r32
(p6)	br.cond.sptk.few	2b
	;;
	add	r37 = 8, r37
	;;
	st8	[r37] = r0
	;;
3:	br.sptk.few	3b
	;;
"""


def data_words(label, raw):
    words = struct.unpack("<%dQ" % (len(raw) // 8), raw)
    lines = [label + ":"]
    for i in range(0, len(words), 8):
        lines.append("\tdata8\t" + ", ".join("0x%x" % w for w in words[i:i + 8]))
    return "\n".join(lines) + "\n"


def is_compare(insn):
    return " p6" in insn


def needs_guard(insn):
    return is_compare(insn) and "f8" not in insn


def source_text(ending, int_table, fp_table, tame_table, size):
    text = [START]
    for insn in all_integer():
        fetch = "mov r8 = pr ;; and r8 = r35, r8" if is_compare(insn) else "getf.sig r8 = f8" if " f8" in insn else ""
        text.append(INT_LOOP.format(last=INT_ROWS - 1, insn=insn, fetch=fetch,
                                    guard="(p8) " if needs_guard(insn) else ""))
    for insn in nat_instructions():
        text.append(NAT_LOOP.format(last=INT_ROWS - 1, insn=insn, guard="(p8) " if is_compare(insn) else "",
                                    fetch="" if is_compare(insn) else "tnat.nz p6, p7 = r8 ;;"))
    for insn in fp_instructions():
        text.append(FP_LOOP.format(last=FP_ROWS - 1, insn=insn, table="r36" if wants_tame(insn) else "r34",
                                   guard="(p8) " if "p6" in insn else ""))
    text += [ending, "\t.data\n\t.align 16\n", data_words("int_rows", int_table), data_words("fp_rows", fp_table),
             data_words("tame_rows", tame_table),
             "\t.bss\n\t.align 512\nscratch:\t.skip 48\nout:\t.skip %d\n" % (size + 64)]
    return "".join(text)


def write_text(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def assemble(text, image, bare):
    source, obj = write_text(image + ".s", text), image + ".o"
    cross.run([cross.tool("as"), "-o", obj, source])
    script = ["-z", "max-page-size=4096", "-T", os.path.join(cross.RT, "asm.ld")] if bare else ["-static"]
    cross.run([cross.tool("ld")] + script + ["-o", image, obj])


def output_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise SystemExit("%s: exit %d\n%s" % (" ".join(command), done.returncode, done.stderr.decode(errors="replace")))
    return done.stdout


def in_simulator(image):
    return output_of(["bski", "-noconsole", "-nonet", "-forceuser", image])


# --- comparing ------------------------------------------------------------------------------------


def show_fp(raw):
    sig, exp = struct.unpack("<QQ", raw[:16])
    return "%s%05x:%016x" % ("-" if exp >> 17 & 1 else "+", exp & 0x1ffff, sig)


class Comparison:
    def __init__(self):
        self.differences, self.excused = {}, {}

    def note(self, insn, sources, text):
        why = known(insn, sources)
        if why:
            self.excused[why] = self.excused.get(why, 0) + 1
        else:
            self.differences.setdefault(insn, []).append(text)

    def report(self):
        for insn, texts in self.differences.items():
            print("%s: %d differences\n  %s" % (insn, len(texts), "\n  ".join(texts[:3])))
        for why, n in self.excused.items():
            print("%6d excused: %s" % (n, why))
        return not self.differences


def compare(ours, theirs, ints, fps, tames):
    c, at = Comparison(), 0
    for insn in all_integer() + ["with NaTs: " + insn for insn in nat_instructions()]:
        for row in ints:
            a, b = ours[at:at + 8], theirs[at:at + 8]
            if a != b:
                c.note(insn, row, "%016x %016x %016x: we %x, bski %x" % (row + struct.unpack("<QQ", a + b)))
            at += 8
    for insn in fp_instructions():
        for row in tames if wants_tame(insn) else fps:
            a, b = ours[at:at + 32], theirs[at:at + 32]
            if a != b:
                c.note(insn, row, "%s fpsr %015x: we %s fpsr %x pr %x, bski %s fpsr %x pr %x" % (
                    (" ".join(show_fp(spilled(f)) for f in row[:3]), row[3], show_fp(a)) + struct.unpack("<QQ", a[16:])
                    + (show_fp(b),) + struct.unpack("<QQ", b[16:])))
            at += 32
    return c


def every_instruction(epic64, directory):
    rng = random.Random(SEED)
    ints, fps, tames = integer_rows(rng), fp_rows(rng), tame_rows(rng)
    int_table = b"".join(struct.pack("<QQQ", *row) for row in ints)
    fp_table, tame_table = (b"".join(b"".join(map(spilled, row[:3])) + struct.pack("<QQ", *row[3:]) for row in rows)
                            for rows in (fps, tames))
    n_int = len(all_integer()) + len(list(nat_instructions()))
    size = 8 * INT_ROWS * n_int + 32 * FP_ROWS * len(list(fp_instructions()))
    outputs = []
    for name, ending in (("bare", END_BARE), ("user", END_USER)):
        image = os.path.join(directory, name)
        assemble(source_text(ending, int_table, fp_table, tame_table, size), image, name == "bare")
        out = output_of([epic64, "run", image]) if name == "bare" else in_simulator(image)
        if len(out) < size:
            raise SystemExit("%s: only %d of %d bytes of results" % (name, len(out), size))
        outputs.append(out)
    c = compare(outputs[0], outputs[1], ints, fps, tames)
    print("%d instructions, %d results" % (n_int + len(list(fp_instructions())),
                                            INT_ROWS * n_int + FP_ROWS * len(list(fp_instructions()))))
    return c.report()


# --- frames ---------------------------------------------------------------------------------------


def frames_text(seed, ending):
    start, functions = frames.program(seed)
    return (START.split("movl	r32")[0] + start + ending + functions +
            "\t.bss\n\t.align 16\nout:\t.skip %d\n" % frames.RESULTS)


def random_frames(epic64, directory, seed):
    outputs = []
    for name, ending in (("bare", END_BARE), ("user", END_USER)):
        image = os.path.join(directory, "frames-" + name)
        assemble(frames_text(seed, ending), image, name == "bare")
        out = output_of([epic64, "run", image]) if name == "bare" else in_simulator(image)
        outputs.append(struct.unpack("<%dQ" % (len(out) // 8), out[:len(out) // 8 * 8]))
    ours, theirs = outputs
    n = min(len(ours), len(theirs)) // 2
    for i in range(n):
        if ours[2 * i:2 * i + 2] != theirs[2 * i:2 * i + 2]:
            print("frames, seed %d: result %d: we %d %#x, bski %d %#x" % ((seed, i) + ours[2 * i:2 * i + 2]
                                                                          + theirs[2 * i:2 * i + 2]))
            return False
    print("frames, seed %d: %d steps" % (seed, n))
    return n > 1000 and abs(len(ours) - len(theirs)) < 2


# --- benchmarks -----------------------------------------------------------------------------------
# For bski the bare-metal runtime is used, but with another beginning, and characters that go through
# a system call at the end.

PROGRAMS = os.path.join(cross.TOP, "bench", "programs")
USER_START = """
	.explicit
	.text
	.global	_start
	.proc	_start
_start:
	alloc	r32 = ar.pfs, 0, 1, 1, 0
	movl	gp = __gp
	movl	sp = rt_stack_top - 16
	movl	r2 = 0x9804c0270033f
	;;
	mov	ar.fpsr = r2
	br.call.sptk.many	rp = main
	;;
	mov	r33 = 0
	br.call.sptk.many	rp = exit
	;;
	.endp	_start
	.global	system_call
	.proc	system_call
system_call:
	alloc	r2 = ar.pfs, 4, 0, 3, 0
	mov	r15 = r32
	mov	r36 = r33
	mov	r37 = r34
	mov	r38 = r35
	;;
	break	0x100000
	;;
	br.ret.sptk.many	rp
	;;
	.endp	system_call
	.global	rt_ivt, rt_vector, rt_heap, rt_stack_top
rt_vector:
	.bss
	.align	16
rt_ivt:
	.skip	0x100000
rt_stack_top:
rt_heap:
	.skip	0x4000000
"""
USER_RUNTIME = """
#include "rt.h"
long system_call(long number, long a, long b, long c);
static unsigned char said[65536];
static unsigned long length;
static uint64_t *finish(void)
{
    system_call(1027, 1, (long)said, (long)length); /* write */
    system_call(1025, 0, 0, 0);                     /* exit */
    return NULL;
}
#undef TESTDEV_CHAR
#define TESTDEV_CHAR said[length++ % sizeof(said)]
#undef TESTDEV_EXIT
#define TESTDEV_EXIT (*(volatile uint64_t *)finish())
#include "rt.c"
"""
MAIN = """
#include "bench.h"
int main(void)
{
    printf("%016lx\\n", (unsigned long)bench(1));
    return 0;
}
"""


def build_user(sources, image):
    runtime = [write_text(image + "-start.s", USER_START), write_text(image + "-rt.c", USER_RUNTIME)]
    cross.run([cross.tool("gcc")] + cross.CFLAGS + ["-I", cross.RT, "-I", PROGRAMS, "-nostdlib", "-static", "-s",
                                                    "-o", image] + runtime + sources + ["-lgcc"])


def benchmark(epic64, name, directory):
    sources = [os.path.join(PROGRAMS, name + ".c"), write_text(os.path.join(directory, "main.c"), MAIN)]
    bare, user = os.path.join(directory, "bare-" + name), os.path.join(directory, "user-" + name)
    cross.build(sources, bare)
    build_user(sources, user)
    ours, theirs = output_of([epic64, "run", bare]), in_simulator(user)
    print("%s: %s" % (name, ours.decode().strip()))
    if ours != theirs:
        print("%s: bski says %s" % (name, theirs.decode(errors="replace").strip()))
    return ours == theirs


def main():
    epic64 = sys.argv[1]
    if not shutil.which("bski"):
        print("skipped: bski, HP's simulator, is not installed")
        raise SystemExit(SKIP)
    if not cross.tool("as") or not cross.tool("ld"):
        print("skipped: %sas and %sld are not installed" % (cross.PREFIX, cross.PREFIX))
        raise SystemExit(SKIP)
    with tempfile.TemporaryDirectory() as directory:
        ok = every_instruction(epic64, directory)
        for seed in range(FRAMES):
            ok = random_frames(epic64, directory, seed) and ok
        if cross.tool("gcc"):
            ok = all([benchmark(epic64, name, directory) for name in BENCHMARKS]) and ok
        else:
            print("no benchmarks: %sgcc is not installed" % cross.PREFIX)
    raise SystemExit(0 if ok else 1)


if __name__ == "__main__":
    main()
