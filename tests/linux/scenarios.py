"""The Linux tests.  Each gets a kit.Kit; its name says what holds if it passes.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import http.server
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import kit
from kit import check, ended

ALL = []

def linux_test(quick=False, new_only=False):
    def note(fn):
        fn.quick, fn.new_only = quick, new_only
        ALL.append(fn)
        return fn
    return note


def md5(data):
    return hashlib.md5(data).hexdigest()


def numbers(n):
    """What `seq 1 n` prints."""
    return "".join("%d\n" % i for i in range(1, n + 1)).encode()


# ---- boot and the end of it ---------------------------------------------------------------------


@linux_test(quick=True)
def boots_to_a_shell_that_answers_and_powers_off(k):
    guest = kit.Typist(k)
    check(guest.ask("uname -m") == "ia64", "uname")
    check("GenuineIntel" in guest.ask("cat /proc/cpuinfo"), "cpuinfo")
    answer = guest.ask("echo $((6 * 7)) $(nproc)")
    check(answer == "42 1", answer)
    status = guest.end("poweroff -f")
    check(status == 0, "status %d" % status)


@linux_test()
def the_end_of_the_shell_is_the_end_of_the_run(k):
    guest = kit.Typist(k, "--smp", "2")
    guest.type("exit")
    out, _ = guest.process.communicate(timeout=kit.PATIENCE)
    # what it does is the initial RAM disk's choice: power off, or let init end, which Linux cannot bear
    expected = 119 if b"Attempted to kill init" in out else 0
    check(guest.process.returncode == expected, "status %d\n%s" % (guest.process.returncode, out.decode()))


@linux_test(quick=True)
def a_reset_ends_the_run_with_no_reboot_and_else_boots_again(k):
    done = k.run("reboot -f", "--no-reboot")
    ended(done, 120)
    check("the machine was reset" in done.err, done)
    done = k.script("read up rest </proc/uptime; echo up $up\nread n </dev/vda; "
                    "echo run $n\n[ $n = 2 ] || { echo 2 | dd of=/dev/vda conv=notrunc; sync; reboot -f; }\n",
                    "--disk", small_disk(k, b"1\n"))
    ended(done)
    check(re.search(r"^run 1$.*INIT-REACHED.*^run 2$", done.console, re.S | re.M), done)


def small_disk(k, text):
    path = k.path("small")
    with open(path, "wb") as f:
        f.write(text)
        f.truncate(1 << 20)
    return path


@linux_test(quick=True)
def a_panic_has_its_own_status_and_its_message_is_seen(k):
    done = ended(k.run("echo c >/proc/sysrq-trigger"), 119)
    check("Kernel panic" in done.console and "the kernel panicked" in done.err, done)


@linux_test()
def a_panic_on_four_processors_and_one_that_resets(k):
    ended(k.run("echo c >/proc/sysrq-trigger", "--smp", "4"), 119)
    ended(k.run("echo c >/proc/sysrq-trigger", "--no-reboot", append="quiet panic=1"), 119)
    done = ended(k.run("true", append="quiet root=/dev/none", initrd=None), 119)
    check("Unable to mount root" in done.console, done)


# ---- inside -------------------------------------------------------------------------------------


@linux_test(quick=True)
def a_user_program_finds_everything_in_order(k):
    done = ended(k.run("checks", initrd=with_checks(k)))
    check(len(re.findall("^ok ", done.text, re.M)) >= 20 and "not ok" not in done.text, done)


@linux_test()
def the_same_on_four_processors_and_on_sixteen(k):
    for n in ("4", "16"):
        done = ended(k.run("checks", "--smp", n, initrd=with_checks(k)))
        check(len(re.findall("^ok ", done.text, re.M)) >= 20 and "not ok" not in done.text, done)


@linux_test(quick=True)
def processors_share_code_that_a_disk_writes_over(k):
    for n in ("1", "4"):
        disk = k.path("code")
        with open(disk, "wb") as f:
            f.truncate(1 << 20)
        done = ended(k.run("checks code /dev/vda " + n, "--smp", n, "--disk", disk, initrd=with_checks(k)))
        check("all saw the new code" in done.lines, done)


def with_checks(k):
    path = k.path("initrd-checks")
    kit.cpio.extend(k.initrd, path, {"bin/checks": (kit.checks_program(), True)})
    return path


def harmonic(n):
    total = 0.0
    for i in range(1, n + 1):
        total += 1 / i
    return "%.17g" % total


# A shell command, and what it prints.
SHELL = [
    ("uname -m", "ia64"),
    ("sh -c 'exit 7'; echo $?", "7"),
    ("sleep 100 & kill $!; wait $!; echo $?", "Terminated\n143"),
    ("(trap 'echo caught; exit 3' TERM; kill -TERM $(sh -c 'echo $PPID'); sleep 9); echo $?", "caught\n3"),
    ("seq 1 5000 | md5sum | cut -c1-32", md5(numbers(5000))),
    ("echo $(seq 1 3000 | sort -rn | head -n 2)", "3000 2999"),
    ("seq 1 20000 >/tmp/a; gzip -c /tmp/a | gunzip -c | cmp - /tmp/a && echo same", "same"),
    ("mkdir /tmp/d; seq 1 99 >/tmp/d/x; ln -s x /tmp/d/y; tar -C /tmp -cf - d | (mkdir /tmp/e; cd /tmp/e; tar xf -); "
     "md5sum </tmp/e/d/y | cut -c1-32", md5(numbers(99))),
    ("mkfifo /tmp/p; (seq 1 1000 >/tmp/p) & wc -l </tmp/p", "1000"),
    ("i=0; while [ $i -lt 60 ]; do (true | cat) & i=$((i+1)); done; wait; echo $i", "60"),
    ("echo '2^200' | bc", str(2 ** 200)),
    ("awk 'BEGIN { for (i = 1; i <= 2000; i++) s += 1 / i; printf \"%.17g\\n\", s }'", harmonic(2000)),
    ("awk 'BEGIN { printf \"%.17g\\n\", sqrt(2) }'", "%.17g" % 2 ** .5),
    ("echo 30000 >/proc/sys/kernel/pid_max; cat /proc/sys/kernel/pid_max", "30000"),
    ("grep -c ^processor /proc/cpuinfo", "1"),
    ("head -n 3 /proc/self/status | grep -c head", "1"),
    ("head -c 100000 /dev/zero | wc -c", "100000"),
    ("a=$(cut -d. -f1 /proc/uptime); sleep 20; b=$(cut -d. -f1 /proc/uptime); echo $((b - a >= 20 && b - a <= 22))", "1"),
    ("date -u +%Y-%m-%dT%H", "2009-02-13T23"),
    ("[ $(dd if=/dev/hwrng bs=64 count=1 2>/dev/null | wc -c) = 64 ] && echo random", "random"),
]


@linux_test(quick=True, new_only=True)
def a_shell_computes_what_the_host_computes(k):
    script = "".join("echo ==%d\n%s\n" % (i, command) for i, (command, _) in enumerate(SHELL)) + "echo ==end\n"
    started = time.monotonic()
    done = ended(k.script(script, "--date", "2009-02-13T23:31:30Z"))
    for i, (command, expected) in enumerate(SHELL):
        said = done.text.partition("==%d\n" % i)[2].partition("\n==")[0].strip("\n")
        check(said == expected, "%s\nsaid %r, expected %r\n%s" % (command, said, expected, done))
    check(time.monotonic() - started < kit.PATIENCE, "20 idle seconds of the guest were not skipped")


@linux_test(quick=True)
def four_processors_share_the_load(k):
    script = """
work() { i=0; while [ $i -lt 400 ]; do i=$((i+1)); done; echo done $1 $i; }
for p in 1 2 3 4 5 6 7 8; do work $p & done; wait
checks threads sleeping_threads floating_point fork_storm
for c in 0 1 2 3; do taskset $(printf %x $((1 << c))) cat /proc/self/stat; done | cut -d' ' -f39 | tr '\\n' ' '
echo; grep '^cpu[0-9]' /proc/stat; grep timer /proc/interrupts
"""
    done = ended(k.script(script, "--smp", "4", files={"bin/checks": kit.checks_program()}))
    check(len(re.findall(r"^done \d 400$", done.text, re.M)) == 8, done)
    check(len(re.findall("^ok ", done.text, re.M)) == 4 and "not ok" not in done.text, done)
    check("\n0 1 2 3 \n" in done.text, done)
    busy = re.findall(r"^cpu[0-9] (\d+) \d+ (\d+)", done.text, re.M)
    check(len(busy) == 4 and all(int(u) + int(s) > 5 for u, s in busy), done)


@linux_test()
def sixteen_processors_start(k):
    done = ended(k.run("nproc; taskset 8000 cut -d' ' -f39 /proc/self/stat", "--smp", "16"))
    check(done.lines[-2:] == ["16", "15"], done)


# ---- memory -------------------------------------------------------------------------------------

# Swiotlb takes 64 MB unless told otherwise, half of the smallest machine.
MEMORIES = [("128M", 40, 128, "swiotlb=512", 32), ("1G", 900, 1024, "", 600), ("3G", 2900, 3072, "", 2500),
            ("8G", 7900, 8192, "", 4500)]


def memory_is_found_and_holds(k, size, least, most, option, touch):
    done = ended(k.run("/bin/busybox grep MemTotal /proc/meminfo; checks touch %d" % touch, "--mem", size,
                       append="quiet " + option, initrd=with_checks(k)))
    found = int(re.search(r"MemTotal: *(\d+) kB", done.text).group(1)) // 1024
    check(least <= found <= most, "%s: %d MB\n%s" % (size, found, done))
    check("touched %d" % touch in done.text, done)
    return done


@linux_test(quick=True)
def memory_of_128_mb_is_enough(k):
    memory_is_found_and_holds(k, *MEMORIES[0])


@linux_test()
def memory_of_1_3_and_8_gb_is_found_and_holds(k):
    for row in MEMORIES[1:]:
        done = memory_is_found_and_holds(k, *row)
        check(done.peak_kb < (row[2] + 100) * 1024, done)


@linux_test(quick=True)
def memory_that_is_too_small_is_refused(k):
    done = k.run("true", "--mem", "16M")
    check(done.status == 125 and "memory" in done.err, done)


# ---- disks --------------------------------------------------------------------------------------

ROOT = "quiet root=/dev/vda rw init=/init"
WRITE = """
if [ ! -e /marker ]; then
    seq 1 60000 >/big; head -c 3000000 /bin/busybox >/copy
    md5sum </big; echo first; : >/marker
    sync; echo u >/proc/sysrq-trigger; reboot -f
fi
echo 3 >/proc/sys/vm/drop_caches; md5sum </big; md5sum </copy; echo second
sync; echo u >/proc/sysrq-trigger
"""


def dumped(image, path):
    """A file of an ext2 image, read by the host."""
    debugfs = kit.tool("debugfs")
    if not debugfs:
        raise kit.Skip("debugfs (e2fsprogs) is not installed")
    return subprocess.run([debugfs, "-R", "cat " + path, image], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout


def root_survives_a_reboot(k, *options):
    busybox = kit.contents(k.initrd)["bin/busybox"][0]
    image = k.disk("root", 48 << 20, {"run.sh": WRITE.encode()})
    done = ended(k.run("sh /run.sh", "--disk", image, *options, append=ROOT, initrd=None))
    want = re.compile(r"%s  -\nfirst.*INIT-REACHED.*%s  -\n%s  -\nsecond" %
                      (md5(numbers(60000)), md5(numbers(60000)), md5(busybox[:3000000])), re.S)
    check(want.search(done.console), done)
    check(dumped(image, "/big") == numbers(60000), "the host finds another /big in the image")
    check(dumped(image, "/copy") == busybox[:3000000], "the host finds another /copy in the image")
    fsck = subprocess.run([kit.tool("e2fsck"), "-fn", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(fsck.returncode == 0, fsck.stdout.decode())


@linux_test(quick=True)
def a_root_on_virtio_blk_keeps_what_was_written_over_a_reboot(k):
    root_survives_a_reboot(k)


@linux_test()
def the_same_with_four_processors(k):
    root_survives_a_reboot(k, "--smp", "4")


@linux_test(quick=True)
def a_snapshot_leaves_the_image_alone_and_shows_its_writes_to_the_guest(k):
    image = k.path("raw")
    before = os.urandom(2 << 20)
    with open(image, "wb") as f:
        f.write(before)
    done = ended(k.script("md5sum </dev/vda; seq 1 9999 | dd of=/dev/vda bs=512 seek=1000 conv=notrunc 2>/dev/null; sync\n"
                          "echo 3 >/proc/sys/vm/drop_caches; tail -c +512001 /dev/vda | head -c %d | md5sum\n"
                          "md5sum </dev/vdb; echo x 2>&1 >/dev/vdb; cat /sys/block/vdb/ro" % len(numbers(9999)),
                          "--disk", image + ",snapshot", "--disk", image_copy(k, before) + ",ro"))
    sums = re.findall(r"^([0-9a-f]{32})  -$", done.text, re.M)
    check(sums == [md5(before), md5(numbers(9999)), md5(before)], done)
    check(done.lines[-1] == "1", done)
    with open(image, "rb") as f:
        check(f.read() == before, "the image has changed")


def image_copy(k, data):
    path = k.path("copy")
    with open(path, "wb") as f:
        f.write(data)
    return path


@linux_test(new_only=True)
def the_guest_makes_a_file_system_of_its_own(k):
    image = k.path("blank")
    with open(image, "wb") as f:
        f.truncate(200 << 20)
    done = ended(k.script("mke2fs /dev/vda >/dev/null; mkdir /mnt; mount -t ext2 /dev/vda /mnt\n"
                          "for i in $(seq 1 200); do seq 1 $((i * 10)) >/mnt/$i; done\n"
                          "dd if=/dev/zero of=/mnt/z bs=1M count=64 2>/dev/null\n"
                          "umount /mnt; mount -t ext2 /dev/vda /mnt; cat /mnt/[0-9]* | wc -l; umount /mnt",
                          "--disk", image, "--smp", "4"))
    check(done.lines[-1].strip() == str(sum(10 * i for i in range(1, 201))), done)
    fsck = subprocess.run([kit.tool("e2fsck"), "-fn", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(fsck.returncode == 0, fsck.stdout.decode())


@linux_test(quick=True)
def what_was_synced_is_in_the_image_when_the_emulator_is_killed(k):
    image = small_disk(k, b"old")
    guest = kit.Typist(k, "--disk", image)
    guest.ask("seq 1 60000 >/dev/vda; sync")
    guest.process.kill()  # SIGKILL
    guest.process.communicate()
    with open(image, "rb") as f:
        check(f.read().startswith(numbers(60000)), "the image has not what the guest synced")


@linux_test()
def a_packed_image_is_read_and_left_alone(k):
    qemu_img = kit.tool("qemu-img")
    if not qemu_img:
        raise kit.Skip("qemu-img (qemu-utils) is not installed")
    raw, base, top = k.disk("root", 48 << 20), k.path("base.qcow2"), k.path("top.qcow2")
    busybox = kit.contents(k.initrd)["bin/busybox"][0]
    subprocess.run([qemu_img, "convert", "-q", "-f", "raw", "-O", "qcow2", "-c", raw, base], check=True)
    subprocess.run([qemu_img, "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", top], check=True)
    before = [open(path, "rb").read() for path in (base, top)]
    done = ended(k.run("seq 1 60000 >/big; sync; echo 3 >/proc/sys/vm/drop_caches; md5sum </big; md5sum </bin/busybox; "
                       "md5sum </dev/vdb", "--disk", top + ",snapshot", "--disk", base + ",ro",
                       append=ROOT, initrd=None))
    with open(raw, "rb") as f:
        want = [md5(numbers(60000)), md5(busybox), md5(f.read())]
    check(re.findall(r"^([0-9a-f]{32})  -$", done.console, re.M) == want, done)
    check(before == [open(path, "rb").read() for path in (base, top)], "an image has changed")


# ---- a person at the console --------------------------------------------------------------------


def processor_time(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Person(kit.Typist):
    """Somebody at a pseudo-terminal of the emulator's."""

    def __init__(self, k, *options):
        command = k.command("console=ttyS0 quiet", ["--console=pty", *options], k.initrd)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.name = re.search(r"/dev/pts/\d+", self.process.stderr.readline().decode()).group()
        self.text = ""
        self.sit_down()
        self.expect(kit.PROMPT)

    def sit_down(self):
        self.process.stdin = self.process.stdout = open(self.name, "r+b", buffering=0)

    def leave(self):
        self.process.stdout.close()

    def busy(self, seconds=3):
        """The part of a processor that the emulator takes."""
        before = processor_time(self.process.pid)
        time.sleep(seconds)
        return (processor_time(self.process.pid) - before) / seconds


def a_person_waits_and_types(k, *options):
    guest = Person(k, *options)
    try:
        check(guest.busy() < 0.3, "an idle guest keeps the host busy")
        guest.leave()
        check(guest.busy() < 0.3, "with nobody at the console it does")
        guest.sit_down()
        guest.ask("stty -echo")
        guest.type("cat >/tmp/paste; md5sum </tmp/paste")
        text = b"".join(b"%06d %s\n" % (i, b"x" * (i % 120)) for i in range(1000))
        for i in range(0, len(text), 1000):
            guest.process.stdin.write(text[i:i + 1000])
        guest.process.stdin.write(b"\4")
        said = guest.expect(kit.PROMPT)
        check(md5(text) in said, "something of %d bytes was lost: %s" % (len(text), said))
        started = time.monotonic()
        guest.ask("sleep 2")
        check(time.monotonic() - started > 1.5, "two seconds of sleep took %.1f" % (time.monotonic() - started))
        guest.type("poweroff -f")
        check(guest.process.wait(kit.PATIENCE) == 0, "status %d" % guest.process.returncode)
    finally:
        guest.process.kill()
        guest.process.wait()


@linux_test()
def an_idle_guest_leaves_the_host_idle_and_a_long_paste_arrives(k):
    a_person_waits_and_types(k)


@linux_test()
def four_idle_processors_leave_the_host_idle_too(k):
    a_person_waits_and_types(k, "--smp", "4")


@linux_test()
def a_console_that_nobody_reads_does_not_slow_the_guest(k):
    command = k.command("console=ttyS0 run=seq 1 20000", ["--console=pty"], k.initrd)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        with open(re.search(r"/dev/pts/\d+", process.stderr.readline().decode()).group(), "r+b", buffering=0):
            check(process.wait(kit.PATIENCE / 10) == 0, "status %s" % process.returncode)
    except subprocess.TimeoutExpired:
        raise AssertionError("still at it")
    finally:
        process.kill()
        process.wait()


@linux_test(new_only=True)
def a_virtio_console_takes_and_gives_text(k):
    path = k.path("hvc")
    done = ended(k.run("seq 1 2000 >/dev/hvc0", "--hvc", "file:" + path))
    with open(path, "rb") as f:
        got = f.read().replace(b"\r\n", b"\n")
    check(got == numbers(2000), "%d bytes came\n%s" % (len(got), done))


# ---- network ------------------------------------------------------------------------------------


class Server:
    """A web server of the host with one file."""

    def __init__(self, body):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = "http://10.0.2.2:%d/file" % self.http.server_port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()


UP = "ifconfig eth0 10.0.2.15 up; route add default gw 10.0.2.2\n"


def networked(k, script, how="user", *options):
    done = k.script(UP + script, "--net", how, *options)
    if done.status == 125 and "libslirp" in done.err:
        raise kit.Skip("built without libslirp")
    return ended(done)


@linux_test(quick=True)
def the_network_fetches_a_file_from_the_host(k):
    body = os.urandom(1 << 20)
    with Server(body) as server:
        done = networked(k, "wget -q -O - %s | md5sum" % server.url)
    check(done.lines[-1] == md5(body) + "  -", done)


@linux_test()
def four_processors_fetch_at_once(k):
    body = os.urandom(2 << 20)
    with Server(body) as server:
        done = networked(k, "for i in 1 2 3 4; do wget -q -O - %s | md5sum & done; wait" % server.url, "user", "--smp", "4")
    check(done.lines[-4:] == [md5(body) + "  -"] * 4, done)


# In a name space of its own, so that neither rights nor the host's network matter.
TAP = """#!/bin/sh
exec unshare -rn sh -c '
    ip tuntap add epic0 mode tap && ip addr add 10.9.0.1/24 dev epic0 && ip link set epic0 up || exit 77
    %s -m http.server --bind 10.9.0.1 --directory %s 8000 >/dev/null 2>&1 &
    "$@"; status=$?; kill $!; exit $status' sh %s "$@"
"""


@linux_test()
def a_tap_interface_joins_the_guest_and_the_host(k):
    if not kit.tool("unshare") or not kit.tool("ip"):
        raise kit.Skip("unshare or ip (iproute2) is not installed")
    folder = os.path.join(k.directory, "www")
    os.mkdir(folder)
    body = os.urandom(1 << 20)
    with open(os.path.join(folder, "file"), "wb") as f:
        f.write(body)
    wrapper = k.path("in-a-name-space")
    with open(wrapper, "w") as f:
        f.write(TAP % (sys.executable, folder, os.path.abspath(k.epic64)))
    os.chmod(wrapper, 0o755)
    k.epic64 = wrapper
    done = k.script("ifconfig eth0 10.9.0.2 netmask 255.255.255.0 up; ping -c 3 10.9.0.1\n"
                    "wget -q -O - http://10.9.0.1:8000/file | md5sum", "--net", "tap,epic0")
    if done.status in (1, 77):
        raise kit.Skip("no tap interface to be had: " + done.err.strip())
    ended(done)
    check(md5(body) in done.text and "3 packets received" in done.text, done)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def fetch(url, seconds):
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > end:
                raise AssertionError("nothing at %s" % url)
            time.sleep(0.5)


@linux_test()
def the_host_fetches_a_file_from_the_guest(k):
    web, done = free_port(), []
    script = "mkdir /www; seq 1 5000 >/www/x; httpd -p 80 -h /www; until [ -e /www/cgi-bin/done ]; do sleep 1; done"
    # the guest ends when the host has asked for the program that makes the file it waits for
    files = {"www/cgi-bin/end": b"#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n: >/www/cgi-bin/done\n"}

    def guest():
        try:
            done.append(k.script(UP + script, "--net", "user,tcp:%d:80" % web, files=files))
        except AssertionError as why:
            done.append(why)
    thread = threading.Thread(target=guest)
    thread.start()
    try:
        if not done:
            body = fetch("http://127.0.0.1:%d/x" % web, 120)
            fetch("http://127.0.0.1:%d/cgi-bin/end" % web, 60)
    finally:
        thread.join()
    if isinstance(done[0], AssertionError):
        raise done[0]
    if done[0].status == 125 and "libslirp" in done[0].err:
        raise kit.Skip("built without libslirp")
    ended(done[0])
    check(body == numbers(5000), "%d bytes came" % len(body))


# ---- determinism --------------------------------------------------------------------------------

# Processes, timers and a disk; the last line shows when it all was over.
BUSY = ("for i in 1 2 3 4; do (seq 1 300 | md5sum) & done; wait; seq 1 5000 >/dev/vda; sync; md5sum </dev/vda; "
        "cat /proc/uptime")


def all_equal(k, times, *ways):
    """The same boot `times` over, and once in each other way."""
    seen, disk = set(), small_disk(k, b"same") + ",snapshot"
    for way in [[]] * times + list(ways):
        done = ended(k.run(BUSY, "--hash", "--disk", disk, *way))
        check(done.hash, done)
        seen.add((done.hash, done.console))
    check(len(seen) == 1, "different: %s" % sorted(h for h, _ in seen))


@linux_test(quick=True)
def boots_are_equal_to_the_last_bit(k):
    all_equal(k, 3)


@linux_test(quick=True)
def boots_with_four_processors_are_equal_too(k):
    all_equal_smp(k, 2)


def all_equal_smp(k, times, *ways):
    all_equal(k, 0, *[["--smp", "4"] + way for way in [[]] * times + list(ways)])


@linux_test()
def ten_boots_are_equal_whatever_the_slices(k):
    all_equal(k, 10, ["--slice=1000"], ["--slice=77777"])


@linux_test()
def ten_boots_with_four_processors_are_equal_whatever_the_slices(k):
    all_equal_smp(k, 10, ["--slice=5000"])


# ---- INIT and machine checks --------------------------------------------------------------------

# Linux counts to five seconds before it prints; not by so many instructions.
SLOW = ["--itc-hz=20000000", "--log=info"]


def shows_its_processes(k, processors):
    guest = kit.Person(k, "--smp", str(processors), *SLOW)
    guest.monitor("init")
    start = guest.expect("Backtrace of pid 1 ")
    for words, times in [("Entered OS INIT handler", processors), ("monarch=1", 1), ("monarch=0", processors - 1),
                         ("Delaying for 5 seconds", 1), ("OS INIT slaves have reached rendezvous", 1)]:
        check(start.count(words) == times, "%d times %r in\n%s" % (start.count(words), words, start))
    guest.expect("Call Trace:")
    guest.expect("Backtrace of pid 2 (kthreadd)")
    guest.type("echo $((6 * 7))")  # the shell goes on where it was
    guest.expect("\n42\n")
    guest.type("poweroff -f")
    status, log = guest.over()
    check(status == 0 and log.count("as slave") == processors - 1, (status, log))


@linux_test(quick=True)
def an_init_shows_all_processes_and_linux_goes_on(k):
    shows_its_processes(k, 1)


@linux_test(quick=True)
def an_init_on_four_processors_has_one_monarch(k):
    shows_its_processes(k, 4)


# 2.6's serial driver loses its transmitter when another processor prints from an INIT.
@linux_test(new_only=True)
def an_init_on_one_of_four_waits_in_vain_for_the_others(k):
    guest = kit.Person(k, "--smp", "4", *SLOW)
    guest.monitor("init 2")
    start = guest.expect("Backtrace of pid 1 ")
    check("cpu=2 monarch=1" in start and "did not rendezvous on cpu" in start, start)
    guest.type("echo $((6 * 7))")
    guest.expect("\n42\n")
    guest.type("poweroff -f")
    check(guest.over()[0] == 0, "status")


@linux_test(quick=True)
def a_machine_check_is_logged_with_all_processors_stopped_and_resets(k):
    for processors in ("1", "4"):
        guest = kit.Person(k, "--smp", processors, "--no-reboot", *SLOW)
        guest.monitor("mca")
        log = guest.expect("Delaying for 5 seconds")
        check("Entered OS MCA handler. PSP=20000000fff271e0" in log and "All OS MCA slaves have reached rendezvous" in log,
              log)
        status, err = guest.over()
        check(status == 120 and "OS_MCA on cpu" in err and "cold boot" in err, (status, err))


# ---- kernels in other clothes -------------------------------------------------------------------


@linux_test()
def a_compressed_kernel_boots_the_same(k):
    packed = k.path("vmlinux.gz")
    with open(packed, "wb") as out:
        subprocess.run(["gzip", "-1c", k.kernel], stdout=out, check=True)
    plain = ended(k.run("true", "--hash"))
    k.kernel = packed
    check(ended(k.run("true", "--hash")).hash == plain.hash, "another state than with the plain kernel")
