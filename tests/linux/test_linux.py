#!/usr/bin/env python3
"""An unmodified Linux, from power-on to power-off: test_linux.py EPIC64 [TEST...]

The kernel and its initial RAM disk come from EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD (a busybox
with a shell on the console, docs/images.md makes one); without them everything is skipped.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import http.server
import os
import re
import select
import subprocess
import sys
import tempfile
import threading
import time

KERNEL = os.environ.get("EPIC64_LINUX_KERNEL")
INITRD = os.environ.get("EPIC64_LINUX_INITRD")
SKIPPED = 77
PROMPT = b"/ # "
PATIENCE = 120  # seconds of the host for one answer


class Guest:
    """One run of the emulator, with its serial console on pipes."""

    def __init__(self, epic64, *options, append="rdinit=/init quiet"):
        command = [epic64, "run", "--kernel", KERNEL, "--initrd", INITRD, "--append", append]
        self.process = subprocess.Popen(command + list(options), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.text = b""
        self.expect(PROMPT)

    def expect(self, what):
        """Read until `what` has come; what came before it."""
        end = time.monotonic() + PATIENCE
        while what not in self.text:
            ready, _, _ = select.select([self.process.stdout], [], [], end - time.monotonic())
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                raise AssertionError("no %r in: %s" % (what, self.text.decode(errors="replace")))
            self.text += chunk
        before, _, self.text = self.text.partition(what)
        return before.decode(errors="replace")

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def run(self, line):
        """One shell command; its output.  Quotes keep the echo from looking like the marks."""
        self.type("echo 'beg''in'; " + line + "; echo 'do''ne'")
        self.expect(b"begin\r\n")
        answer = self.expect(b"done\r\n")
        self.expect(PROMPT)
        return answer.replace("\r", "").strip()

    def end(self, line):
        """A command that ends the run; the emulator's status and what it said."""
        self.type(line)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, (self.text + out).decode(errors="replace"), err.decode()


def power_off(guest):
    status, _, err = guest.end("poweroff -f")
    assert status == 0, (status, err)
    return err


def test_boots_to_a_shell_and_powers_off(epic64):
    guest = Guest(epic64)
    assert "ia64" in guest.run("uname -m")
    assert guest.run("nproc") == "1"
    assert "GenuineIntel" in guest.run("cat /proc/cpuinfo")
    power_off(guest)


def test_brings_up_four_processors_that_all_work(epic64):
    guest = Guest(epic64, "--smp", "4")
    assert guest.run("nproc") == "4"
    loop = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; echo $i"
    answer = guest.run("for p in 1 2 3 4 5 6 7 8; do (%s) & done; wait" % loop)
    assert len(re.findall(r"^300$", answer, re.M)) == 8, answer
    ticks = guest.run("grep timer /proc/interrupts").split()[1:5]
    assert all(int(t) > 10 for t in ticks), ticks
    power_off(guest)


def test_the_userland_computes_what_the_host_computes(epic64):
    guest = Guest(epic64)
    lines = "".join("%d\n" % i for i in range(1, 5001)).encode()
    assert guest.run("seq 1 5000 | md5sum").split()[0] == hashlib.md5(lines).hexdigest()
    assert guest.run("echo '2^200' | bc") == str(2 ** 200)
    assert guest.run("awk 'BEGIN{printf \"%.12f\", exp(1)*sin(1)+log(10)+sqrt(2)}'") == "6.004153942546"
    same = guest.run("seq 1 20000 > /tmp/a; gzip -c /tmp/a | gunzip -c | cmp - /tmp/a && echo same")
    assert same == "same", same
    forks = guest.run("i=0; while [ $i -lt 40 ]; do (true | cat) & i=$((i+1)); done; wait; echo $i")
    assert forks.splitlines()[-1] == "40", forks
    killed = guest.run("sh -c 'kill -9 $$'; echo $?")
    assert killed.splitlines()[-1] == "137", killed
    power_off(guest)


def test_time_passes_as_the_clock_says(epic64):
    guest = Guest(epic64, "--date", "2009-02-13T23:31:30Z")
    assert guest.run("date -u +%s").startswith("123456789")
    before = float(guest.run("cut -d' ' -f1 /proc/uptime"))
    started = time.monotonic()
    guest.run("sleep 50")
    after = float(guest.run("cut -d' ' -f1 /proc/uptime"))
    assert 50 <= after - before < 55, (before, after)
    assert time.monotonic() - started < 40, "idle time was not skipped"
    power_off(guest)


def test_disk_contents_survive_a_reboot_and_snapshots_forget(epic64):
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "disk")
        with open(image, "wb") as f:
            f.truncate(32 << 20)
        guest = Guest(epic64, "--disk", image)
        guest.run("mke2fs /dev/vda; mkdir -p /mnt; mount -t ext2 /dev/vda /mnt")
        guest.run("dd if=/dev/urandom of=/mnt/a bs=64k count=40")
        want = guest.run("md5sum < /mnt/a")
        assert re.match(r"^[0-9a-f]{32}", want), want
        guest.run("umount /mnt")
        guest.type("reboot -f")
        guest.expect(PROMPT)
        guest.run("mkdir -p /mnt; mount -t ext2 /dev/vda /mnt")
        assert guest.run("md5sum < /mnt/a") == want
        guest.run("umount /mnt")
        power_off(guest)

        def digest():
            with open(image, "rb") as f:
                return hashlib.md5(f.read()).hexdigest()

        before = digest()
        guest = Guest(epic64, "--disk", image + ",snapshot")
        guest.run("echo forgotten > /dev/vda; sync")
        assert guest.run("head -c 9 /dev/vda") == "forgotten"
        power_off(guest)
        assert digest() == before


def test_the_network_fetches_from_the_host(epic64):
    body = os.urandom(200000)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    guest = Guest(epic64, "--net", "user")
    guest.run("ifconfig eth0 10.0.2.15 up; route add default gw 10.0.2.2")
    guest.run("wget -q -O /tmp/f http://10.0.2.2:%d/" % server.server_port)
    assert guest.run("md5sum < /tmp/f").split()[0] == hashlib.md5(body).hexdigest()
    power_off(guest)
    server.shutdown()


def test_memory_from_128_mb_to_8_gb_is_found(epic64):
    for size, least in (("128M", 30), ("3G", 2800), ("8G", 7800)):
        guest = Guest(epic64, "--mem", size)
        total = int(guest.run("grep MemTotal /proc/meminfo").split()[1]) // 1024
        assert least < total, (size, total)
        power_off(guest)


def test_a_reset_restarts_or_ends_the_run(epic64):
    guest = Guest(epic64, "--no-reboot")
    status, _, err = guest.end("reboot -f")
    assert status == 120, (status, err)


def test_the_same_boot_twice_has_the_same_hash(epic64):
    hashes = set()
    for smp in ("1", "1", "3", "3"):
        with tempfile.TemporaryFile() as script:
            script.write(b"poweroff -f\n")
            script.seek(0)
            command = [epic64, "run", "--kernel", KERNEL, "--initrd", INITRD, "--smp", smp, "--hash",
                       "--append", "rdinit=/init quiet"]
            run = subprocess.run(command, stdin=script, capture_output=True, timeout=PATIENCE)
            assert run.returncode == 0, run.stderr
            hashes.add((smp, re.search(rb"hash ([0-9a-f]{16})", run.stderr).group(1)))
    assert len(hashes) == 2, hashes


def main():
    epic64, wanted = sys.argv[1], sys.argv[2:]
    if not KERNEL or not INITRD:
        print("EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD do not name a kernel: skipped")
        return SKIPPED
    failed = 0
    for name, fn in list(globals().items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        started = time.monotonic()
        try:
            fn(epic64)
            verdict = "ok"
        except (AssertionError, subprocess.TimeoutExpired) as e:
            verdict = "FAILED: %s" % e
            failed += 1
        print("%-60s %5.1fs %s" % (name, time.monotonic() - started, verdict), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
