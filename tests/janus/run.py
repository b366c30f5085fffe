#!/usr/bin/env python3
"""Boots janus, our own kernel, natively and as a Xen domain: the same file both ways.

    run.py EPIC64 [--checked-in] [--results FILE] [TEST...]
    run.py --list

Without names: all tests.  The image is built if the cross compiler is here, else the one that is
checked in (kit.py); --checked-in takes that one in any case.  The status is 77 if everything was
skipped.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kit  # noqa: E402
import runner  # noqa: E402
from kit import check  # noqa: E402

WAYS = {"native": (), "xen": ("--xen",)}
CPUS = ("1", "4")
ALL = []


def janus_test(fn):
    ALL.append(fn)
    return fn


def everywhere(numbers=CPUS):
    for way, options in WAYS.items():
        for cpus in numbers:
            yield "%s, %s processors" % (way, cpus), options + ("--smp", cpus)


def powered_off(done):
    check(done.status == 0 and "FAILED" not in done.console, done)
    return done


# ---- what the kernel does -----------------------------------------------------------------------


@janus_test
def the_self_test_passes_both_ways_on_one_to_sixteen_processors(k):
    for where, options in everywhere(("1", "2", "4", "16")):
        done = powered_off(k.run("quiet selftest", *options))
        passed = re.search(r"^selftest: (\d+) passed, 0 failed$", done.console, re.M)
        check(passed and int(passed.group(1)) >= 30, done)
        check(done.console.count("\nok ") >= 30 and "not ok" not in done.console, done)
        check("  %s processors\n" % options[-1] in done.console, done)
        print("  %-24s %s checks, %d slots" % (where, passed.group(1), done.slots))


WORKLOADS = ["null-break", "null-epc", "pipe", "switch", "fault", "fork", "exec", "mmap", "idle", "disk",
             "purge", "signal"]


@janus_test
def all_workloads_pass_both_ways_on_one_and_four_processors(k):
    for where, options in everywhere():
        disk = kit.pattern_disk(k.path("disk"), 128)
        done = powered_off(k.run("quiet workload=all", "--disk", disk, *options))
        lines = re.findall(r"^(\S+) +(\d+) ok$", done.console, re.M)
        check([name for name, _ in lines] == WORKLOADS, done)
        check(all(int(n) > 0 for _, n in lines), done)
        print("  %-24s %d slots" % (where, done.slots))


@janus_test
def workloads_are_chosen_by_name_and_number(k):
    for way, options in WAYS.items():
        done = powered_off(k.run("quiet workload=fork,null-epc n=3", *options))
        check(re.findall(r"^(\S+) +(\d+) ok$", done.console, re.M) == [("null-epc", "3"), ("fork", "3")], done)


@janus_test
def a_failure_inside_is_a_failure_outside(k):
    for way, options in WAYS.items():
        done = k.run("quiet workload=nonsense", *options)
        check(done.status == 119 and "\nFAILED\n" in "\n" + done.console, done)


@janus_test
def one_file_runs_both_ways(k):
    def digest():
        with open(k.image(), "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    before = digest()
    for way, options in WAYS.items():
        done = powered_off(k.run("selftest workload=null-break n=1", *options))
        check(("Xen" in done.console or "xen" in done.console) == (way == "xen"), done)
    check(digest() == before, "the image has changed")
    print("  SHA-256 %s" % before)


@janus_test
def two_runs_are_equal_to_the_last_bit(k):
    for where, options in everywhere():
        runs = [powered_off(k.run("quiet selftest workload=all n=20", "--hash", *options)) for _ in range(2)]
        check(runs[0].hash and runs[0].hash == runs[1].hash, [r.hash for r in runs])
        check(runs[0].console == runs[1].console, runs[1])
        print("  %-24s hash %s twice" % (where, runs[0].hash))


@janus_test
def the_self_test_passes_on_linux_as_well(k):
    """What it wants of a kernel is not our invention."""
    programs = os.path.join(k.images, "user", "initramfs.cpio")
    if not os.path.exists(programs):
        raise kit.Skip("the programs were not built")
    done = k.run("console=ttyS0 quiet selftest", "--initrd", programs, "--smp", "2", image=kit.linux(k.epic64))
    check(done.status == 0 and re.search(r"^selftest: \d+ passed, 0 failed$", done.console, re.M), done)


@janus_test
def the_disk_is_read_and_written_both_ways(k):
    chunks = 24
    for where, options in everywhere():
        path = kit.pattern_disk(k.path("pattern"), chunks)
        done = powered_off(k.run("quiet selftest", "--disk", path, *options))
        check("ok the disk reads what was written" in done.console, done)
        check(kit.complement_at_end(path, chunks), "the disk holds something else\n%s" % done)


@janus_test
def a_snapshot_leaves_the_disk_as_it_was(k):
    for way, options in WAYS.items():
        path = kit.pattern_disk(k.path("pattern"), 4)
        powered_off(k.run("quiet selftest", "--disk", path + ",snapshot", *options))
        check(not kit.complement_at_end(path, 4), "the image was written to")


@janus_test
def every_disk_is_found_with_its_size(k):
    sizes = [4, 1, 7]
    disks = []
    for i, chunks in enumerate(sizes):
        disks += ["--disk", kit.pattern_disk(k.path("disk%d" % i), chunks) + (",ro" if i else "")]
    for way, options in WAYS.items():
        done = powered_off(k.run("workload=disk n=1", *disks, *options))
        found = re.findall(r"^block device (\w+): (\d+) sectors$", done.console, re.M)
        prefix = "xvd" if way == "xen" else "vd"
        check(found == [(prefix + "abc"[i], str(n * kit.CHUNK // 512)) for i, n in enumerate(sizes)], done)


HELLO = "This is janus: one kernel, two faces.\n"
# What a person types, and what comes back.
DIALOGUE = [
    ("echo one two", "one two\n"),
    ("", ""),
    ("  echo   three  ", "three\n"),
    ("cat /hello.txt", HELLO),
    ("cat /hello.txt | cat | cat", HELLO),
    ("cat /nothing", "cat: no file /nothing\nsh: status 1\n"),
    ("ls /bin", "bench\nselftest\nsh\ntrue\n"),
    ("true", ""),
    ("/bin/true x y", ""),
    ("nothing", "sh: no program nothing\nsh: status 127\n"),
    ("nothinx\bg", "sh: no program nothing\nsh: status 127\n"),
    ("bench n=3 fork", "fork             3 ok\n"),
]


@janus_test
def a_person_can_play_with_the_shell(k):
    for way, options in WAYS.items():
        person = kit.Typist(k, "--smp", "2", *options)
        for line, wanted in DIALOGUE:
            came = person.ask(line)
            check(came == wanted, "%s: %r gave %r instead of %r" % (way, line, came, wanted))
        check(person.end("exit") == 0, "%s: the machine is not turned off" % way)


@janus_test
def a_process_that_is_just_being_made_survives_signals_on_many_processors(k):
    for way, options in WAYS.items():
        done = powered_off(k.run("quiet selftest", "--smp", "5", *options))
        check("ok signals to processes that are just being made" in done.console, done)


STOLEN = re.compile(r"^processor (\d+): (\d+) ticks, \d+ interrupts, (\d+) us stolen by others$", re.M)


@janus_test
def time_is_stolen_only_by_others(k):
    for way, options in WAYS.items():
        done = powered_off(k.run("workload=fork,null-epc n=50", "--smp", "16", *options))
        found = STOLEN.findall(done.console)
        check([int(cpu) for cpu, _, _ in found] == list(range(16)), done)
        check(all(us == "0" for _, _, us in found), done)  # not what passed before they were started, either


@janus_test
def stolen_time_is_counted_and_nobody_pays_for_it(k):
    for cpus in CPUS:
        done = powered_off(k.run("selftest workload=fork n=400", "--xen", "--smp", cpus, "--steal=40"))
        check("kernel self-tests passed" in done.console, done)  # among them: what a task pays for
        cpu, ticks, us = STOLEN.findall(done.console)[0]
        print("  %s processors, 40 %% stolen: %s us on the first of them" % (cpus, us))
        check(int(us) > 100000, done)
        check(len(STOLEN.findall(done.console)) == int(cpus), done)


@janus_test
def a_ninth_disk_is_left_out(k):
    disks = []
    for i in range(9):
        disks += ["--disk", kit.pattern_disk(k.path("disk%d" % i), 1)]
    for way, options in WAYS.items():
        done = powered_off(k.run("workload=disk n=3", *disks, *options))
        check(done.console.count(" sectors\n") == 8, done)
        check(re.search(r"^block device x?vdi is left out: 8 is all there is room for$", done.console, re.M), done)


@janus_test
def a_disk_that_is_too_small_for_a_workload_is_skipped(k):
    path = k.path("small")
    with open(path, "wb") as f:
        f.truncate(8192)
    for way, options in WAYS.items():
        done = powered_off(k.run("quiet workload=disk", "--disk", path, *options))
        check("skipped: the disk has less than 16 KB\n" in done.console, done)


@janus_test
def what_is_no_number_of_iterations_is_refused(k):
    for n in ("abc", "-5", "3x", "12345678901"):
        done = k.run("quiet workload=null-epc n=%s" % n)
        check(done.status == 119, done)
        check("bench: n=%s is not a number of iterations\n" % n in done.console, done)
    done = powered_off(k.run("quiet workload=null-epc n="))
    check(re.search(r"^null-epc +10000 ok$", done.console, re.M), done)


@janus_test
def the_machine_is_turned_off_by_a_first_program_that_ends_well(k):
    for way, options in WAYS.items():
        powered_off(k.run("init=/bin/true", *options))
        done = k.run("init=/bin/bench", *options)
        check(done.status == 119 and "panic on processor" in done.console, done)


@janus_test
def every_operation_has_a_user_or_the_document_says_why_not(k):
    def text_of_source(*path):
        with open(os.path.join(kit.KERNEL, *path)) as f:
            return f.read()
    names = re.findall(r"^PV_OP\( (\w+),", text_of_source("include", "pv_ops.def"), re.M)
    source = [text_of_source(folder, name) for folder in ("arch", "kernel", "drivers", "pv", "include")
              for name in sorted(os.listdir(os.path.join(kit.KERNEL, folder)))
              if name.endswith((".c", ".h")) and name not in ("check.c", "privop.h")]
    unused = [n for n in names if not any("ia64_%s(" % n in text for text in source)]
    with open(os.path.join(kit.TOP, "docs", "janus.md")) as f:
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", f.read(), re.M))
    check(len(names) > 20 and set(names) <= set(rows), sorted(set(names) - set(rows)))
    check(unused == [n for n in names if rows[n].startswith("nothing")], unused)


# ---- consoles -----------------------------------------------------------------------------------

HVC = ("--console", "none", "--hvc", "stdio")


def text_of(path):
    with open(path, "rb") as f:
        return f.read().decode().replace("\r", "")


@janus_test
def a_person_can_play_with_the_shell_on_the_virtio_console(k):
    for cpus in CPUS:
        person = kit.Typist(k, "--smp", cpus, *HVC, append="quiet console=hvc0")
        for line, wanted in DIALOGUE:
            came = person.ask(line)
            check(came == wanted, "%s processors: %r gave %r instead of %r" % (cpus, line, came, wanted))
        check(person.end("exit") == 0, "the machine is not turned off")


@janus_test
def the_self_test_passes_on_the_virtio_console(k):
    path = k.path("hvc")
    for cpus in CPUS:
        done = powered_off(k.run("console=hvc0 selftest", "--hvc", "file:" + path, "--smp", cpus))
        check(re.search(r"^selftest: \d+ passed, 0 failed$", text_of(path), re.M), text_of(path))
        check(done.console.endswith("\nconsole hvc0\n"), done)  # the serial port's last words


@janus_test
def messages_go_to_all_consoles_named_and_programs_to_the_last(k):
    path = k.path("hvc")
    hvc = ("--hvc", "file:" + path)
    last = "us stolen by others"  # the last message of all
    done = powered_off(k.run("console=hvc0 console=ttyS0 workload=null-epc n=1", *hvc))
    check("null-epc" in done.console and last in done.console, done)
    check("null-epc" not in text_of(path) and last in text_of(path), text_of(path))
    done = powered_off(k.run("console=ttyS0 console=hvc0,115200 workload=null-epc n=1", *hvc))
    check("null-epc" not in done.console and last in done.console, done)
    check("null-epc" in text_of(path) and last in text_of(path), text_of(path))
    done = k.run("console=hvc0 init=/nothing", *hvc)
    check(done.status == 119 and "panic" not in done.console and "panic on processor" in text_of(path), done)


@janus_test
def consoles_that_nobody_names_or_that_are_not_there_change_nothing(k):
    path = k.path("hvc")
    words = "selftest workload=null-epc n=1"
    usual = powered_off(k.run(words))
    done = powered_off(k.run(words, "--hvc", "file:" + path))
    check(done.console == usual.console and text_of(path) == "", done)
    for way, options in WAYS.items():
        usual = powered_off(k.run("workload=null-epc", *options))
        for name in ("tty7", "hvc", "hvc00", "hvc1", "ttyS0" if way == "xen" else "hvc0"):
            done = powered_off(k.run("workload=null-epc console=%s" % name, *options))
            check("null-epc" in done.console, done)


@janus_test
def a_long_paste_arrives_whole_on_every_console(k):
    text = "".join("line number %d of a long paste\n" % i for i in range(400))
    typed = "cat\n%s\x04echo done\nexit\n" % text
    wanted = sorted("cat\n" + 2 * text + "echo done\ndone\nexit\n" + 3 * kit.Typist.PROMPT)  # echo comes any time
    for append, options in (("quiet console=hvc0", HVC), ("quiet", ()), ("quiet", ("--xen",))):
        for cpus in CPUS:
            done = powered_off(k.run(append, "--smp", cpus, *options, typed=typed.encode()))
            check(sorted(done.console) == wanted, done)


@janus_test
def the_document_lists_the_workloads_that_there_are(k):
    person = kit.Typist(k)
    listed = person.ask("bench").rpartition("sh: status 2\n")[0]
    check(person.end("exit") == 0, "the machine is not turned off")
    with open(os.path.join(kit.TOP, "docs", "janus.md")) as f:
        text = re.sub("^    ", "", f.read(), flags=re.M)
    check(listed.count("\n") == len(WORKLOADS), listed)
    check(listed in text, "docs/janus.md lacks\n%s" % listed)


@janus_test
def unpatched_sites_work_as_well(k):
    for way, options in WAYS.items():
        done = powered_off(k.run("quiet selftest pv=off", *options))
        check(re.search(r"^selftest: \d+ passed, 0 failed$", done.console, re.M), done)


# ---- images -------------------------------------------------------------------------------------


@janus_test
def nobody_uses_what_an_operation_may_destroy(k):
    directory = k.path("poison")
    kit.build(directory, "janus-poison")
    poisoned = kit.Kit(k.epic64, directory, k.directory)
    for cpus in CPUS:
        done = powered_off(poisoned.run("quiet selftest workload=all n=20", "--smp", cpus, image="janus-poison"))
        check(re.search(r"^selftest: \d+ passed, 0 failed$", done.console, re.M), done)


@janus_test
def the_variants_of_call_sites_work_both_ways(k):
    for variant in ("janus-branch", "janus-table"):
        for where, options in everywhere():
            done = powered_off(k.run("quiet selftest", *options, image=variant))
            check(re.search(r"^selftest: \d+ passed, 0 failed$", done.console, re.M), done)


@janus_test
def without_paravirtual_support_it_runs_natively(k):
    for cpus in CPUS:
        done = powered_off(k.run("quiet selftest", "--smp", cpus, image="janus-nopv"))
        check(re.search(r"^selftest: \d+ passed, 0 failed$", done.console, re.M), done)


@janus_test
def cleaning_up_needs_no_compiler(k):
    if not shutil.which("make"):
        raise kit.Skip("make is not installed")
    directory = k.path("built")
    os.makedirs(directory)
    for target, made in (("clean", True), ("all", False)):
        done = subprocess.run(["make", "-C", kit.KERNEL, "OUT=" + directory, "CROSS=no-such-", target],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check((done.returncode == 0) == made, done.stdout)
        check(made or "no-such-gcc is not there" in done.stdout, done.stdout)
    check(not os.path.exists(directory), "it is still there")


@janus_test
def the_checked_in_images_are_built_from_this_source(k):
    here, made_by = kit.compiler_version(), kit.compiler_of_images()
    if made_by != here:
        raise kit.Skip("the images were made by another compiler: %s" % ", ".join(made_by.splitlines()))
    new = os.path.join(k.directory, "new")
    kit.build(new)
    for variant in kit.VARIANTS:
        with open(os.path.join(new, variant), "rb") as f:
            same = f.read() == kit.unpacked(variant)
        check(same, "%s is not what the source gives; guest/kernel/images/update makes it anew" % variant)


@janus_test
def the_checked_in_images_pass_the_self_test_too(k):
    with tempfile.TemporaryDirectory() as directory:
        kit.unpack(directory)
        images = kit.Kit(k.epic64, directory, k.directory)
        for variant in kit.VARIANTS:
            for way, options in WAYS.items():
                if variant == "janus-nopv" and way == "xen":
                    continue
                done = powered_off(images.run("quiet selftest", *options, image=variant))
                check(re.search(r"^selftest: \d+ passed, 0 failed$", done.console, re.M), done)


# ---- the run ------------------------------------------------------------------------------------


def images_to_test(args, directory):
    """Built here, or as checked in, into that folder."""
    if args.checked_in or kit.cannot_build():
        kit.unpack(directory)
    else:
        kit.build(directory)


def parse_arguments():
    parser = runner.parser(__doc__)
    parser.add_argument("--checked-in", action="store_true", help="do not build")
    return runner.parse(parser, ALL)


def perform_all(args, images):
    return runner.perform_all(args, "janus", [
        (test, runner.name_of(test), lambda directory: kit.Kit(args.epic64, images, directory))
        for test in runner.wanted(args, ALL)])


def main():
    args = parse_arguments()
    if args.list:
        print("\n".join(t.__name__ for t in ALL))
        return 0
    with tempfile.TemporaryDirectory() as directory:
        try:
            images_to_test(args, directory)
        except kit.Skip as why:
            print(why)
            return runner.SKIPPED
        except AssertionError as why:
            print(why)
            return 1
        return perform_all(args, directory)


if __name__ == "__main__":
    sys.exit(main())
