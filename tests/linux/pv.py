#!/usr/bin/env python3
"""One unmodified kernel both ways: native, and as a Xen domain.

    pv.py EPIC64 [--results FILE] [TEST...]
    pv.py --list

EPIC64_PV_KERNEL names a Linux 2.6.28 to 3.13 vmlinux built with PARAVIRT_GUEST and XEN, without
modules; EPIC64_LINUX_INITRD an initial RAM disk whose init runs the command after "run=" and powers
off (docs/images.md).  Without the first the status is 77.  The C library of the RAM disk may be too
new for such a kernel: with glibc 2.33 and later fstat fails there, and `ls` with it, so the scripts
below do without.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import gzip
import hashlib
import lzma
import os
import re
import resource
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kit  # noqa: E402
import runner  # noqa: E402
import scenarios  # noqa: E402
from kit import check, ended  # noqa: E402
from scenarios import md5, numbers  # noqa: E402

AIM = 1.3  # wall time of a domain's boot, in native ones
XEN = ("--xen",)
WAYS = [(), XEN]
ALL = []


class PvKit(kit.Kit):
    """A kit whose runs name the console that fits the way."""

    def run(self, shell, *options, append="", **how):
        console = "console=hvc0 " if "--xen" in options else ""
        return super().run(shell, "--mem", "512M", *options, append=console + append + " quiet", **how)


def pv_test(fn):
    ALL.append(fn)
    return fn


def way_of(options):
    return "Xen" if "--xen" in options else "native"


# ---- boot and the end of it ---------------------------------------------------------------------


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def booted(k, cpus, *way):
    """A boot whose kernel says itself what it runs on."""
    done = ended(k.run("cat /proc/cpuinfo /proc/interrupts; dmesg | grep Xen", "--smp", str(cpus), *way))
    check(len(re.findall(r"^processor\s+: \d+$", done.text, re.M)) == cpus, done)
    check(("Xen/ia64" in done.text) == ("--xen" in way), done)
    check(("Running on Xen!" in done.console) == ("--xen" in way), done)
    check(("xen-dyn" in done.text) == ("--xen" in way), done)
    check(("LSAPIC" in done.text) == ("--xen" not in way), done)
    return done


@pv_test
def the_same_file_boots_both_ways_on_one_and_four_processors(k):
    before = digest(k.kernel)
    for cpus in (1, 4):
        for way in WAYS:
            done = booted(k, cpus, *way)
            print("  %-6s %d processors  %.2f s" % (way_of(way), cpus, done.seconds))
    check(digest(k.kernel) == before, "the kernel file has changed")
    print("  SHA-256 %s" % before)


@pv_test
def interrupts_of_a_domain_come_by_event_channels(k):
    done = ended(k.run("cat /proc/interrupts", "--smp", "4", *XEN))
    rows = dict((name, [int(n) for n in counts.split()]) for counts, name in
                re.findall(r"^ *\d+:((?: +\d+){4}) +xen-dyn +(\S+)$", done.text, re.M))
    for cpu in range(4):
        check(rows["timer%d" % cpu][cpu] > 20, done)
        check(rows["IPI%d" % cpu][cpu] > 0 and rows["resched%d" % cpu][cpu] > 0, done)
        others = [n for i, n in enumerate(rows["timer%d" % cpu]) if i != cpu]
        check(others == [0, 0, 0], done)
    check(rows["xenbus"][0] > 0 and "hvc_console" in rows, done)
    check(re.search(r"^ERR: +0$", done.text, re.M), done)


@pv_test
def four_processors_of_a_domain_share_the_load(k):
    script = """
work() { i=0; while [ $i -lt 400 ]; do i=$((i+1)); done; echo done $1 $i; }
for p in 1 2 3 4 5 6 7 8; do work $p & done; wait
for c in 1 2 4 8; do taskset $c cat /proc/self/stat; done | cut -d' ' -f39 | tr '\\n' ' '
echo; grep '^cpu[0-9]' /proc/stat
"""
    done = ended(k.script(script, "--smp", "4", *XEN))
    check(len(re.findall(r"^done \d 400$", done.text, re.M)) == 8, done)
    check("\n0 1 2 3 \n" in done.text, done)
    busy = re.findall(r"^cpu[0-9] (\d+) \d+ (\d+)", done.text, re.M)
    check(len(busy) == 4 and all(int(u) + int(s) > 5 for u, s in busy), done)


@pv_test
def poweroff_reboot_and_panic_have_their_statuses(k):
    for way in WAYS:
        done = k.run("poweroff -f", *way)
        check(done.status == 0, done)
        done = ended(k.run("reboot -f", "--no-reboot", *way), 120)
        check("reset" in done.err, done)
        done = ended(k.run("echo c >/proc/sysrq-trigger", *way), 119)
        check("Kernel panic" in done.console or "sysrq triggered crash" in done.console.lower(), done)


@pv_test
def a_reset_without_no_reboot_boots_again(k):
    script = ("read n </dev/xvda; echo run $n\n"
              "[ $n = 2 ] || { echo 2 | dd of=/dev/xvda conv=notrunc 2>/dev/null; sync; reboot -f; }\n")
    done = ended(k.script(script, "--disk", scenarios.small_disk(k, b"1\n"), *XEN))
    check(re.search(r"^run 1$.*INIT-REACHED.*^run 2$", done.console, re.S | re.M), done)


# ---- disks --------------------------------------------------------------------------------------

WRITE = """
mkdir /mnt; mount -t ext2 /dev/xvda /mnt || exit 1
if [ ! -e /mnt/marker ]; then
    seq 1 60000 >/mnt/big; head -c 3000000 /bin/busybox >/mnt/copy; echo >/mnt/marker; echo first
else
    md5sum </mnt/big; md5sum </mnt/copy; echo second
fi
umount /mnt
"""


@pv_test
def a_file_system_on_xvda_keeps_what_was_written_over_restarts(k):
    busybox = kit.contents(k.initrd)["bin/busybox"][0][:3000000]
    image = k.disk("ext2", 48 << 20)
    done = ended(k.script(WRITE, "--disk", image, "--smp", "4", *XEN))
    check(done.lines[-1] == "first", done)
    fsck(image)
    check(scenarios.dumped(image, "/big") == numbers(60000), "the host finds another /big in the image")
    check(scenarios.dumped(image, "/copy") == busybox, "the host finds another /copy in the image")
    for _ in range(2):
        done = ended(k.script(WRITE, "--disk", image, *XEN))
        check(done.lines[-3:] == [md5(numbers(60000)) + "  -", md5(busybox) + "  -", "second"], done)
    fsck(image)


def fsck(image):
    done = subprocess.run([kit.tool("e2fsck"), "-fn", image], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    check(done.returncode == 0, done.stdout.decode())


@pv_test
def a_read_only_disk_is_read_and_a_snapshot_written_and_both_stay(k):
    before = os.urandom(2 << 20)
    images = [k.path("image-%d" % i) for i in range(2)]
    for path in images:
        with open(path, "wb") as f:
            f.write(before)
    script = """
md5sum </dev/xvda; echo x >/dev/xvda; echo status $?; cat /sys/block/xvda/ro
seq 1 9999 | dd of=/dev/xvdb bs=512 seek=1000 conv=notrunc 2>/dev/null; sync; echo 3 >/proc/sys/vm/drop_caches
tail -c +512001 /dev/xvdb | head -c %d | md5sum
echo 3 >/proc/sys/vm/drop_caches; md5sum </dev/xvda
""" % len(numbers(9999))
    done = ended(k.script(script, "--disk", images[0] + ",ro", "--disk", images[1] + ",snapshot", *XEN))
    sums = re.findall(r"^([0-9a-f]{32})  -$", done.text, re.M)
    check(sums == [md5(before), md5(numbers(9999)), md5(before)], done)
    check("\nstatus 1\n1\n" in done.text, done)
    for path in images:
        with open(path, "rb") as f:
            check(f.read() == before, "%s has changed" % path)


# ---- network ------------------------------------------------------------------------------------


@pv_test
def eth0_fetches_a_file_from_the_host(k):
    body = os.urandom(1 << 20)
    with scenarios.Server(body) as server:
        fetch = "wget -q -O - %s | md5sum\n" % server.url
        done = scenarios.networked(k, fetch + fetch + "cat /proc/interrupts /proc/net/dev", "user", *XEN)
    check(re.findall("^([0-9a-f]{32})  -$", done.text, re.M) == [md5(body)] * 2, done)
    check(int(re.search(r"(\d+) +xen-dyn +eth0$", done.text, re.M).group(1)) > 10, done)
    received, errors = re.search(r"eth0: *(\d+) +\d+ +(\d+)", done.text).groups()
    check(int(received) > 2 * len(body) and errors == "0", done)


@pv_test
def four_processors_fetch_at_once(k):
    body = os.urandom(1 << 20)
    with scenarios.Server(body) as server:
        fetch = "for i in 1 2 3 4; do wget -q -O - %s | md5sum & done; wait" % server.url
        done = scenarios.networked(k, fetch, "user", "--smp", "4", *XEN)
    check(done.lines[-4:] == [md5(body) + "  -"] * 4, done)


# ---- everything else that has an option -----------------------------------------------------------

OPTIONS = """[run]
xen = true
kernel = %s
initrd = %s
mem = 384M
smp = 16
disk = %s;%s,snapshot
net = user
append = console=hvc0 quiet run=grep -c ^processor /proc/cpuinfo; %s
"""
AT_ONCE = ("read one </dev/xvda; echo $one; echo three | dd of=/dev/xvdb conv=notrunc 2>/dev/null; sync; "
           "read three </dev/xvdb; echo $three; ifconfig eth0 10.0.2.15 up; ping -c 1 10.0.2.2 | grep -c ttl=")


@pv_test
def a_configuration_file_has_sixteen_processors_two_disks_and_a_network(k):
    first, second = scenarios.small_disk(k, b"one\n"), k.path("second.img")
    with open(second, "wb") as f:
        f.write(b"two\n" + bytes(65532))
    with open(k.path("domain.ini"), "w") as f:
        f.write(OPTIONS % (k.kernel, k.initrd, first, second, AT_ONCE))
    done = subprocess.run([k.epic64, "run", "--config", k.path("domain.ini")], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=kit.PATIENCE)
    said = done.stdout.replace("\r", "").partition("INIT-REACHED")[2].partition("RUN-EXIT")[0].splitlines()[1:]
    check(done.returncode == 0 and said == ["16", "one", "three", "1"], done)
    with open(second, "rb") as f:
        check(f.read(4) == b"two\n", "the snapshot's image has changed")


@pv_test
def kernels_and_archives_may_be_packed_or_not(k):
    initrd = k.path("initrd.cpio")
    with gzip.open(k.initrd) as packed, open(initrd, "wb") as plain:
        plain.write(packed.read())
    with open(k.kernel, "rb") as f:
        image = f.read()
    for name, pack in (("gz", lambda data: gzip.compress(data, 1)), ("xz", lambda data: lzma.compress(data, preset=0))):
        packed = k.path("vmlinux." + name)
        with open(packed, "wb") as f:
            f.write(pack(image))
        ended(PvKit(k.epic64, packed, initrd, k.directory).run("true", *XEN))


@pv_test
def memory_of_a_domain_goes_on_beyond_four_gigabytes(k):
    done = ended(k.script("checks touch 300; grep MemTotal /proc/meminfo", "--mem", "8G", "--smp", "2", *XEN,
                          files={"bin/checks": kit.checks_program()}))
    check("touched 300" in done.lines, done)
    check(int(re.search(r"MemTotal: +(\d+)", done.text).group(1)) > 8000000, done)
    for size, why in (("64M", "needs 80 MB"), ("300G", "--mem")):
        refused = k.run("true", "--mem", size, *XEN)
        check(refused.status == 125 and why in refused.err, refused)


@pv_test
def the_monitor_stops_a_domain_and_knows_its_symbols(k):
    guest = kit.Person(k, "--mem", "256M", *XEN, append="console=hvc0 quiet")
    guest.process.stdin.write(b"\x01m")
    said = ""
    for line in ("interrupts", "symbol linux_banner", "regions", "print $cr.iva", "registers control", "continue"):
        said += guest.expect("(epic64) ")
        guest.process.stdin.write(line.encode() + b"\r")
    guest.expect("continue\n")
    for text in ("virtual interrupt 16", "vcpu 0: up", "linux_banner", "rr7 rid 000007", "iva      a000000100"):
        check(text in said, said)
    check("42" in guest.ask("echo $((40+2))"), guest.text)
    guest.type("poweroff -f")
    status, complaints = guest.over()
    check(status == 0, complaints)


@pv_test
def a_crash_dump_shows_the_registers_that_the_guest_believes_in(k):
    done = ended(k.run("echo c >/proc/sysrq-trigger", "--on-crash=dump", *XEN), 119)
    check(re.search(r"#\d+ +\??.*<panic\+", done.err), done)
    check(re.search(r"iip +a0000001\w+", done.err), done)
    check("Running on Xen!" in done.err and "SysRq" in done.err, done)


# ---- determinism and time -----------------------------------------------------------------------


@pv_test
def two_boots_of_a_domain_are_equal_to_the_last_bit(k):
    for cpus in ("1", "4"):
        runs = [ended(k.run(scenarios.BUSY, "--hash", "--smp", cpus, *XEN)) for _ in range(2)]
        check(runs[0].hash and runs[0].hash == runs[1].hash, [r.hash for r in runs])
        check(runs[0].console == runs[1].console, runs[1])
        print("  %s processors: hash %s twice" % (cpus, runs[0].hash))


def timed(k, *options):
    """(wall seconds, processor seconds) of one boot."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = ended(k.run("true", *options))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


@pv_test
def a_domain_boots_about_as_fast_as_the_native_machine(k):
    """The ratio is printed, the best of three boots each in turn.  Only a gross one fails, by processor
    time: the host may be busy."""
    for cpus in ("1", "4"):
        runs = [(timed(k, "--smp", cpus), timed(k, "--smp", cpus, *XEN)) for _ in range(3)]
        for i, what in enumerate(("wall", "processor")):
            native, xen = (min(run[way][i] for run in runs) for way in (0, 1))
            print("  %s processors, %s time: native %.2f s, Xen %.2f s, ratio %.2f (aim %.1f)"
                  % (cpus, what, native, xen, xen / native, AIM))
        check(xen < 2 * native, "a domain's boot takes %.2f times the processor time" % (xen / native))


# ---- the run ------------------------------------------------------------------------------------


def images(epic64):
    kernel = os.environ.get("EPIC64_PV_KERNEL")
    if not kernel:
        raise kit.Skip("EPIC64_PV_KERNEL does not name a kernel")
    return kernel, os.environ.get("EPIC64_LINUX_INITRD") or kit.images(epic64)[1]


def make_kit(epic64):
    def made(directory):
        return PvKit(epic64, *images(epic64), directory)
    return made


def main():
    args = runner.parse(runner.parser(__doc__), ALL)
    if args.list:
        print("\n".join(t.__name__ for t in ALL))
        return 0
    return runner.perform_all(args, "Linux both ways", [
        (test, runner.name_of(test), make_kit(args.epic64)) for test in runner.wanted(args, ALL)])


if __name__ == "__main__":
    sys.exit(main())
