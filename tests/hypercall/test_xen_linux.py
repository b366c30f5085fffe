#!/usr/bin/env python3
"""One unmodified kernel, both ways: test_xen_linux.py EPIC64 [TEST...]

EPIC64_PV_KERNEL names a Linux 2.6.28 to 3.13 vmlinux built with PARAVIRT_GUEST and XEN for 16 KB pages
and all platforms; EPIC64_PV_INITRD (or EPIC64_LINUX_INITRD) an initial RAM disk whose init runs the
command after "run=" and powers off (docs/images.md).  Without them everything is skipped.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time

KERNEL = os.environ.get("EPIC64_PV_KERNEL")
INITRD = os.environ.get("EPIC64_PV_INITRD") or os.environ.get("EPIC64_LINUX_INITRD")
SKIPPED = 77
PATIENCE = 300
PROMPT = "/ # "


def boot(epic64, command, *options, xen=True, console="", hash_wanted=False):
    """Runs one command in a fresh guest: (exit status, console text, messages)."""
    line = [epic64, "run", "-m", "512M", "--kernel", KERNEL, "--initrd", INITRD, "--no-reboot",
            "--append", console + " run=" + command]
    line += ["--xen"] if xen else []
    line += ["--hash"] if hash_wanted else []
    done = subprocess.run(line + list(options), stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()


def after(text, mark):
    assert mark in text, text
    return text.split(mark, 1)[1]


def test_the_same_file_boots_both_ways(epic64):
    with open(KERNEL, "rb") as f:
        before = hashlib.sha256(f.read()).hexdigest()
    times = {}
    for xen in (True, False):
        started = time.monotonic()
        status, out, err = boot(epic64, "uname -srm; cat /proc/cpuinfo", xen=xen,
                                console="" if xen else "console=ttyS0")
        times[xen] = time.monotonic() - started
        assert status == 0, (xen, status, err)
        text = after(out, "INIT-REACHED")
        assert "ia64" in text, text
        assert ("Running on Xen!" in out) == xen, out
        assert ("Xen/ia64" in text) == xen, text
        assert "RUN-EXIT 0" in text, text
    with open(KERNEL, "rb") as f:
        assert hashlib.sha256(f.read()).hexdigest() == before
    print("xen %.1f s, native %.1f s" % (times[True], times[False]))


def test_two_boots_are_the_same_boot(epic64):
    runs = [boot(epic64, "cat /proc/interrupts", "--smp", "2", hash_wanted=True) for _ in range(2)]
    hashes = [re.search(r"^hash (\w+)$", r[2], re.M).group(1) for r in runs]
    assert hashes[0] == hashes[1], hashes
    assert runs[0][1] == runs[1][1]


def test_four_processors_all_work(epic64):
    loop = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; echo loop $i"
    _, out, err = boot(epic64, "nproc; for p in 1 2 3 4 5 6 7 8; do (%s) & done; wait; "
                       "cat /proc/interrupts" % loop, "--smp", "4")
    text = after(out, "INIT-REACHED")
    assert re.search(r"^4\r?$", text, re.M), text
    assert len(re.findall(r"^loop 300\r?$", text, re.M)) == 8, text
    for cpu in range(4):
        row = re.search(r"^ *\d+: +(.*) timer%d\r?$" % cpu, text, re.M).group(1).split()
        assert int(row[cpu]) > 10, row


def test_xvda_keeps_what_was_written(epic64):
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "disk")
        with open(image, "wb") as f:
            f.truncate(16 << 20)
        write = "yes epic64 | head -c 3000000 > /dev/xvda; sync; md5sum < /dev/xvda"
        _, out, _ = boot(epic64, write, "--disk", image)
        first = re.search(r"^([0-9a-f]{32})", after(out, "INIT-REACHED"), re.M).group(1)
        with open(image, "rb") as f:
            data = f.read()
        assert data[:3000000] == (b"epic64\n" * 500000)[:3000000]
        assert hashlib.md5(data).hexdigest() == first
        _, out, _ = boot(epic64, "md5sum < /dev/xvda; echo x > /dev/xvda; echo status $?",
                         "--disk", image + ",ro")
        text = after(out, "INIT-REACHED")
        assert first in text, text
        with open(image, "rb") as f:
            assert f.read() == data


def test_eth0_reaches_its_gateway(epic64):
    _, out, _ = boot(epic64, "ifconfig eth0 10.0.2.15 up; ping -c 3 10.0.2.2", "--net", "user")
    text = after(out, "INIT-REACHED")
    if "Network" in text and "unreachable" in text:
        raise AssertionError(text)
    assert "3 packets received" in text, text


def test_ends_are_told_apart(epic64):
    status, _, err = boot(epic64, "true")
    assert status == 0, err
    status, _, err = boot(epic64, "reboot -f")
    assert "reset" in err, err
    status, out, err = boot(epic64, "echo c > /proc/sysrq-trigger")
    assert status != 0 and "crashed" in err, (status, err)


def test_a_reboot_starts_anew_and_input_reaches_the_shell(epic64):
    line = [epic64, "run", "-m", "512M", "--kernel", KERNEL, "--initrd", INITRD, "--xen"]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)

    def until(what):
        text = b""
        while what not in text:
            piece = os.read(process.stdout.fileno(), 4096)
            assert piece, text
            text += piece
        return text

    until(PROMPT.encode())
    process.stdin.write(b"echo $((6*7))\nreboot -f\n")
    process.stdin.flush()
    assert b"42" in until(b"Restarting system")
    until(PROMPT.encode())
    process.stdin.write(b"poweroff -f\n")
    process.stdin.flush()
    assert b"Power down" in process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0


def main():
    epic64, wanted = sys.argv[1], sys.argv[2:]
    if not KERNEL or not INITRD:
        print("skipped: EPIC64_PV_KERNEL and EPIC64_PV_INITRD do not name a kernel and a RAM disk")
        return SKIPPED
    failed = 0
    for name, test in sorted(globals().items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        try:
            test(epic64)
            print("ok     ", name)
        except AssertionError as problem:
            failed += 1
            print("FAILED ", name, problem)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
