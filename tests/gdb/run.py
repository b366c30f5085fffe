#!/usr/bin/env python3
"""Debian's gdb-multiarch drives the emulator: what a person would type, and what must come out.

    run.py EPIC64

The guest is program.s; program.elf is the image for hosts without the ia64 binutils, and the unit tests
have the same bytes in tests/unit/debug_program.h.  With EPIC64_LINUX_KERNEL (and EPIC64_LINUX_INITRD)
in the environment a Linux kernel is debugged, too.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKIP = 77
GDB = shutil.which("gdb-multiarch")
PROGRAM = os.path.join(HERE, "program.elf")

# Each case: what gdb is told, what it must print in this order (regular expressions), how the emulator
# ends.  The program is at its first slot when a script begins.
CASES = [
    ("a breakpoint at a slot, arguments, callers", """
        break *0x100112
        continue
        printf "a=%ld n=%ld\\n", $r32, $r33
        backtrace
        up
        printf "outer a=%ld b=%ld\\n", $r32, $r33
        up
        printf "start %lx %ld\\n", $r33, $r34
        detach
     """, [r"Breakpoint 1, 0x0*100112 in inner", r"a=20 n=3", r"#0 .*inner", r"#1 .*outer", r"#2 .*_start",
           r"outer a=5 b=7", r"start 1111222233334444 77", r"detached"], 46),
    ("registers of every kind", """
        break deepest
        continue
        p $f9
        p $f1
        p/x $b0
        p/x $cfm
        p/x $bsp - $bof
        p $p7
        p $p6
        p/x $fpsr
        p/x *(long *) ($bof + 8)
        p/x *(long *) 0x100428
        monitor registers
        kill
     """, [r"= 21\b", r"= 1\b", r"= 0x1000d0", r"= 0x306", r"= 0x30", r"= 1\b", r"= 0\b", r"= 0x9804c0270033f",
           r"= 0x3\b", r"= 0x7\b", r"r33 +0000000000000003"], 0),
    ("rotating registers and predicates", """
        break rotated
        continue
        p $r33
        p $r34
        p $p16
        p $p17
        p/x ($cfm >> 18) & 0x7f
        kill
     """, [r"= 102\b", r"= 101\b", r"= 0\b", r"= 1\b", r"= 0x5\b"], 0),
    ("a watchpoint sees the counter grow", """
        watch *(long *) &counter
        continue
        p/x $pc
        continue
        continue
        delete
        rwatch *(long *) &counter
        continue
        p/x $pc
        delete
        continue
     """, [r"Old value = 0", r"New value = 3", r"= 0x100151", r"New value = 6", r"New value = 9"], 46),
    ("a read watchpoint", """
        rwatch *(long *) &counter
        continue
        p/x $pc
        delete
        continue
     """, [r"read watchpoint", r"= 0x100141", r"exited with code 056"], 46),
    ("steps go slot by slot, also across MLX", """
        stepi
        p/x $pc
        stepi
        p/x $pc
        stepi
        x/i $pc
        stepi 5
        p/x $pc
        kill
     """, [r"= 0x100001", r"= 0x100010", r"loadrs|mov.m", r"= 0x1000\d\d"], 0),
    ("a breakpoint in a loop, with a count", """
        break loop
        ignore 1 1
        continue
        p counter_is_not_typed
        p *(long *) &counter
        info breakpoints
        delete
        continue
     """, [r"Breakpoint 1, .*loop", r"No symbol", r"= 3\b", r"already hit 2 times", r"exited with code 056"], 46),
    ("what is changed takes effect", """
        break *0x100112
        continue
        set $r33 = 1
        set *(long *) &counter = 10
        set $f8 = 4.0
        p/x $r33
        p *(long *) &counter
        p $f8
        continue
     """, [r"= 0x1\b", r"= 10\b", r"= 4\b", r"exited with code"], 50),
    ("functions of the guest are called, whatever the frame", """
        break *0x100112
        continue
        delete
        print (long) outer(5, 7)
        printf "a=%ld n=%ld counter=%ld\\n", $r32, $r33, *(long *) &counter
        print (long) deep(9)
        p/x $bsp - $bof
        backtrace
        tbreak rotated
        continue
        p $r33
        print (long) deep(20)
        p $r33
        p $p16
        p/x ($cfm >> 18) & 0x7f
        continue
     """, [r"= 46\b", r"a=20 n=3 counter=9", r"= 45\b", r"= 0x30", r"#0 .*inner", r"#1 .*outer", r"#2 .*_start", r"= 102\b",
           r"= 210\b", r"= 102\b", r"= 0\b", r"= 0x5\b", r"exited with code 067"], 55),
    ("a call is abandoned in the middle", """
        break *0x100112
        continue
        p/x $bspstore
        break bottom if $r8 == 0
        print (long) deep(9)
        p $bspstore > 0x100600
        backtrace -1
        frame function _start
        frame 10
        return
        p/x $bspstore
        printf "a=%ld n=%ld\\n", $r32, $r33
        backtrace
        delete
        continue
     """, [r"= 0x100400", r"stopped while in a function called from GDB", r"= 1\b", r"#13 .*_start", r"#10 <function called",
           r"= 0x100400", r"a=20 n=3", r"#0 .*inner", r"#2 .*_start", r"exited with code 056"], 46),
    ("a function is left before it ends", """
        break *0x100140
        continue
        set $r8 = 100
        return
        p/x $pc
        printf "a=%ld b=%ld\\n", $r32, $r33
        continue
     """, [r"= 0x1000d0", r"a=5 b=7", r"exited with code 0165"], 117),
    ("Ctrl-C stops a guest that spins", """
        set $ip = 0x100090
        shell (sleep 1; kill -INT $PPID) > /dev/null 2>&1 &
        continue
        p/x $ip
        kill
     """, [r"SIGINT", r"= 0x100090"], 0),
    ("the monitor's commands", """
        monitor help
        monitor translate counter
        monitor disassemble inner 1
        monitor print [counter+0x10]
        monitor step
        monitor frobnicate
        monitor break inner
        continue
        p/x $pc
        monitor backtrace
        monitor branches on
        stepi 40
        monitor branches
        kill
     """, [r"disassemble", r"physical 0x1002b0", r"alloc r35=ar.pfs", r"0x123456789abcdef", r"gdb holds the reins",
           r"no command", r"SIGTRAP", r"= 0x1000f0", r"#1 +0x1000d0 <after_inner", r"<the_store\+0x12> +-> +0x100140"], 0),
]

PANIC_ARGUMENTS = ["--append", "console=ttyS0 quiet", "--mem", "512M", "--console", "none", "--max-insns", "900000000"]
LINUX_CASE = ("a Linux kernel", """
        info threads
        break kernel_init
        continue
        backtrace
        monitor log
        break do_one_initcall
        continue
        backtrace 3
        info symbol *(long *) $r32
        stepi
        x/i $pc
        delete
        break vfs_write
        continue
        backtrace 3
        print ((long) nr_processes()) > 20
        backtrace 3
        monitor backtrace
        info threads
        thread 2
        backtrace 1
        detach
    """, [r"Thread 2 \(cpu 1\)", r"hit Breakpoint 1, .*kernel_init", r"#1 .*call_payload", r"Linux version",
          r"hit Breakpoint 2, .*do_one_initcall", r"#1 .*kernel_init_freeable", r" in section \.init\.text", r"=> ",
          r"hit Breakpoint 3, .*vfs_write", r"#1 .*ksys_write", r"= 1\b", r"#1 .*ksys_write", r"#1 +0x\w+ <ksys_write", r"Thread 2 \(cpu 1",
          r"Switching to thread 2", r"detached"])

# The emulator has a breakpoint of its own at the function panic: it ends the run with status 119 whatever
# the person does there.  Without a root the kernel panics.
PANIC_CASES = [
    ("a breakpoint at panic", """
        break panic
        continue
        backtrace 2
        stepi
        continue
     """, [r"Breakpoint 1, .*panic", r"#1 .*mount_block_root", r"the kernel panicked", r"SIGABRT"], 119),
    ("a breakpoint at panic, set and deleted", """
        break panic
        hbreak panic
        delete 1
        tbreak start_kernel
        continue
        delete
        continue
     """, [r"start_kernel \(", r"the kernel panicked", r"SIGABRT"], 119),
    ("a step onto panic", """
        break panic
        continue
        set $calls = $b0 - 16
        monitor reset
        delete
        tbreak *($calls + 2)
        continue
        stepi
        info symbol $pc
        continue
     """, [r"Breakpoint 1, ", r"Temporary breakpoint 2, .*mount_block_root", r"panic in section", r"SIGABRT"], 119),
    ("a person who leaves", """
        break panic
        detach
     """, [r"detached"], 119),
]


def tools_agree(directory):
    """The image is what the source says, and the unit tests use the image."""
    image = open(PROGRAM, "rb").read()
    header = open(os.path.join(HERE, "..", "unit", "debug_program.h"), encoding="utf-8").read()
    listed = bytes(int(b, 16) for b in re.findall(r"\b0x([0-9a-f]{2}),", header))
    if listed != image:
        return "tests/unit/debug_program.h is not program.elf"
    if not shutil.which("ia64-linux-gnu-as") or not shutil.which("ia64-linux-gnu-ld"):
        return None
    obj, fresh = os.path.join(directory, "program.o"), os.path.join(directory, "program.elf")
    script = os.path.join(HERE, "..", "guest", "rt", "asm.ld")
    subprocess.run(["ia64-linux-gnu-as", "-o", obj, os.path.join(HERE, "program.s")], check=True)
    subprocess.run(["ia64-linux-gnu-ld", "-n", "--no-warn-rwx-segments", "-T", script, "-o", fresh, obj], check=True)
    text = [subprocess.run(["ia64-linux-gnu-objdump", "-sj.text", "-j.data", f], check=True, stdout=subprocess.PIPE)
            .stdout.split(b"\n", 2)[2] for f in (fresh, PROGRAM)]
    return None if text[0] == text[1] else "program.elf is not what program.s says"


def found_in_order(text, patterns):
    """The first pattern that does not come, or None."""
    at = 0
    for pattern in patterns:
        match = re.compile(pattern).search(text, at)
        if not match:
            return pattern
        at = match.end()
    return None


def session(epic64, directory, arguments, symbols, script):
    """One emulator, one gdb.  gdb's words, the emulator's, its status."""
    where, commands = os.path.join(directory, "socket"), os.path.join(directory, "commands")
    lines = ["set confirm off", "set pagination off", "set width 0", "file " + symbols, "target remote " + where]
    with open(commands, "w", encoding="utf-8") as out:
        for line in lines + [line.strip() for line in script.strip().splitlines()]:
            # an error must not end the session: some cases provoke one
            plain = line.startswith(("printf", "shell")) or "'" in line
            out.write(line + "\n" if plain else "python\ntry:\n    gdb.execute('''%s''')\nexcept gdb.error as e:\n"
                      "    print(e)\nend\n" % line)
    run = [epic64, "run", "--gdb", "unix:" + where] + arguments
    with subprocess.Popen(run, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as emulator:
        try:
            for _ in range(200):
                if os.path.exists(where) or emulator.poll() is not None:
                    break
                subprocess.run(["sleep", "0.05"], check=False)
            said = subprocess.run([GDB, "-nx", "-batch", "-x", commands], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200).stdout
            own = emulator.communicate(timeout=100)[0]
        except subprocess.TimeoutExpired:
            emulator.kill()
            return "timeout", emulator.communicate()[0], -1
    return said, own, emulator.returncode


def check(name, said, own, status, patterns, wanted):
    missing = found_in_order(said, patterns)
    if missing is None and (wanted is None or status == wanted):
        print("ok: %s" % name)
        return True
    print("FAILED: %s" % name)
    print("  missing: %s" % missing if missing else "  status %d, not %d" % (status, wanted))
    print("--- gdb\n%s\n--- emulator (status %d)\n%s\n---" % (said, status, own))
    return False


def linux_arguments():
    kernel, initrd = os.environ.get("EPIC64_LINUX_KERNEL"), os.environ.get("EPIC64_LINUX_INITRD")
    if not kernel or not initrd:
        return None, None
    return kernel, ["--kernel", kernel, "--initrd", initrd, "--append", "console=ttyS0", "--mem", "512M", "--smp", "2",
                    "--console", "none", "--max-insns", "400000000"]


def main():
    epic64 = sys.argv[1]
    usage = subprocess.run([epic64, "run", "--help"], stdout=subprocess.PIPE, text=True, check=False).stdout
    if "--gdb" not in usage:
        print("skipped: this epic64 has no --gdb")
        return SKIP
    if not GDB:
        print("skipped: gdb-multiarch is not installed")
        return SKIP
    with tempfile.TemporaryDirectory() as directory:
        complaint = tools_agree(directory)
        if complaint:
            print(complaint)
            return 1
        good = True
        for name, script, patterns, wanted in CASES:
            said, own, status = session(epic64, directory, [PROGRAM], PROGRAM, script)
            good &= check(name, said, own, status, patterns, wanted)
        kernel, arguments = linux_arguments()
        if kernel:
            name, script, patterns = LINUX_CASE
            said, own, status = session(epic64, directory, arguments, kernel, script)
            good &= check(name, said, own, status, patterns, None)
            for name, script, patterns, wanted in PANIC_CASES:
                said, own, status = session(epic64, directory, PANIC_ARGUMENTS + ["--kernel", kernel], kernel, script)
                good &= check(name, said, own, status, patterns, wanted)
        else:
            print("left out: a Linux kernel (EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD are not set)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
