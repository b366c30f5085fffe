#!/usr/bin/env python3
"""Options of the machines that boot a kernel, up to the moment it starts: kernels in all packings,
configuration files, and everything that is refused before.

    test_boot.py EPIC64

The kernels are a few bundles of ELF made here, so nothing needs an image or a cross compiler.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import fcntl
import gzip
import json
import lzma
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

EPIC64 = sys.argv[1]
MAX_INSNS, USER = 124, 125
CLOCK_HZ = 2 * 10 ** 9
BASE = 0x4000000
MB = 1 << 20
NOT_BUILT = "was built without"
BRANCH_SELF = (0x11 | 0x8000000 << 5 | 0x8000000 << 46 | 0x8000000000 << 87).to_bytes(16, "little")


def kernel(code=BRANCH_SELF, machine=50, order=1, bits=2, entry=BASE, at=BASE, memsz=None):
    byte_order = "<" if order == 1 else ">"
    header = struct.pack(byte_order + "4s5B7xHHIQQQIHHHHHH", b"\x7fELF", bits, order, 1, 0, 0, 2, machine, 1, entry,
                         64, 0, 0, 64, 56, 1, 64, 0, 0)
    return header + struct.pack(byte_order + "IIQQQQQQ", 1, 5, 120, at, at, len(code), memsz or len(code), 16) + code


def zstd_by_hand(data):
    """A frame of raw blocks, straight from RFC 8878: no library had a hand in it."""
    frame = struct.pack("<IBQ", 0xfd2fb528, 0xe0, len(data))
    blocks = [data[i:i + 100000] for i in range(0, len(data), 100000)]
    for i, block in enumerate(blocks):
        frame += struct.pack("<I", len(block) << 3 | (i == len(blocks) - 1))[:3] + block
    return frame


class Boot(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.kernel = self.file("vmlinux", kernel())

    def tearDown(self):
        shutil.rmtree(self.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def file(self, name, content=b"", size=None):
        with open(self.path(name), "wb") as f:
            f.write(content)
            if size:
                f.truncate(size)
        return self.path(name)

    def run_for_a_moment(self, *args):
        done = subprocess.run([EPIC64, "run", "--max-insns=3000", *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        err = done.stderr.decode()
        self.assertGreaterEqual(done.returncode, 0, "crashed: %s\n%s" % (args, err))
        self.assertNotIn("CRITICAL", err)
        return done.returncode, done.stdout.decode(), err

    def starts(self, *args):
        status, _, err = self.run_for_a_moment(*args)
        self.assertEqual(status, MAX_INSNS, err)
        return err

    def hash_of(self, *args):
        return re.search(r"^hash (\w+)$", self.starts("--hash", *args), re.M).group(1)

    def refuses(self, words, *args):
        status, out, err = self.run_for_a_moment(*args)
        self.assertEqual(status, USER, err)
        self.assertEqual(out, "")
        self.assertIn(words, err)
        self.assertTrue(err.startswith("epic64: "), err)
        self.assertEqual(err.count("\n"), 1, "one line is enough: " + err)

    def refuses_with_kernel(self, words, *args):
        self.refuses(words, "--kernel", self.kernel, *args)

    # --- kernels, packed and plain -----------------------------------------------------------------

    def packed(self, suffix, data):
        path = self.file("vmlinux" + suffix, data)
        status, _, err = self.run_for_a_moment("--kernel", path)
        if status == USER and NOT_BUILT in err:
            self.skipTest(err.strip())
        return path

    def check_packing(self, suffix, data):
        """`data`, made of self.padded, boots as that does; cut short or changed it is refused."""
        path = self.packed(suffix, data)
        self.assertEqual(self.hash_of("--kernel", path), self.hash_of("--kernel", self.padded_path))
        for length in (len(data) // 2, len(data) - 1):
            self.refuses("cut short", "--kernel", self.file("cut", data[:length]))

    def make_padded(self):
        # more than one piece of the reader, and nothing that packs well
        self.padded = kernel(BRANCH_SELF + os.urandom(3 * MB // 2) + bytes(2 * MB))
        self.padded_path = self.file("padded", self.padded)

    def test_gzip(self):
        self.make_padded()
        self.check_packing(".gz", gzip.compress(self.padded))
        half = len(self.padded) // 2
        self.check_packing(".2.gz", gzip.compress(self.padded[:half]) + gzip.compress(self.padded[half:]))

    def test_gzip_with_padding_behind_it(self):
        self.starts("--kernel", self.packed(".gz", gzip.compress(kernel()) + bytes(100)))

    def test_xz(self):
        self.make_padded()
        for i, filters in enumerate([None, [{"id": lzma.FILTER_IA64}, {"id": lzma.FILTER_LZMA2, "preset": 1}]]):
            self.check_packing(".%d.xz" % i, lzma.compress(self.padded, preset=None if filters else 1, filters=filters))

    def test_xz_with_a_wrong_checksum(self):
        data = bytearray(lzma.compress(kernel()))
        self.packed(".xz", bytes(data))
        data[len(data) // 2] ^= 1
        self.refuses("damaged", "--kernel", self.file("bad", bytes(data)))

    def test_zstd_made_by_hand(self):
        self.make_padded()
        self.check_packing(".zst", zstd_by_hand(self.padded))

    def test_zstd_as_the_tool_makes_it(self):
        tool = shutil.which("zstd")
        if not tool:
            self.skipTest("zstd is not installed")
        self.make_padded()
        for options in (["-1"], ["-3", "--long=31"]):
            packed = subprocess.run([tool, "-q", *options, "-c", self.padded_path], stdout=subprocess.PIPE, check=True)
            self.check_packing(".zst", packed.stdout)

    def test_the_name_of_a_file_says_nothing(self):
        self.starts("--kernel", self.file("vmlinux.gz", kernel()))
        self.starts("--kernel", self.file("bzImage", gzip.compress(kernel())))

    def test_a_bomb_is_refused(self):
        # hundreds of members that unpack to 16 MB of zeros each
        bomb = gzip.compress(bytes(16 * MB)) * 80
        self.refuses("too large", "--kernel", self.file("bomb", bomb))

    # --- progress ------------------------------------------------------------------------------------

    def terminal(self):
        """Both ends of one; not every container has any to give."""
        try:
            return pty.openpty()
        except OSError as e:
            self.skipTest("no terminal to be had: %s" % e)

    def said_on_a_terminal(self, *args):
        ours, theirs = self.terminal()
        process = subprocess.Popen([EPIC64, "run", "--max-insns=3000", "--console=none", *args],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end is closed
                piece = b""
            if not piece:
                break
            said += piece
        os.close(ours)
        self.assertEqual(process.wait(), MAX_INSNS, said)
        return said.decode()

    def test_a_person_sees_large_files_being_loaded(self):
        initrd = self.file("initrd", b"x", 32 * MB)
        said = self.said_on_a_terminal("--kernel", self.kernel, "--initrd", initrd)
        self.assertRegex(said, r"loading [^\n]*initrd: \d+ %")
        self.assertRegex(said, r"%\r\x1b\[K[^%]*$", "the line is removed at the end")

    def test_small_files_are_not_worth_a_line_and_logs_get_none(self):
        self.assertNotIn("%", self.said_on_a_terminal("--kernel", self.kernel))
        self.assertNotIn("%", self.starts("--kernel", self.kernel, "--initrd", self.file("initrd", b"x", 32 * MB)))

    # --- the terminal --------------------------------------------------------------------------------

    def test_a_terminal_has_its_mode_back_however_the_emulator_ends(self):
        def undisturbed():  # whoever runs the tests may ignore SIGHUP, and that is inherited
            signal.signal(signal.SIGHUP, signal.SIG_DFL)

        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, None):
            ours, theirs = self.terminal()
            before = termios.tcgetattr(theirs)
            process = subprocess.Popen([EPIC64, "run", "--kernel", self.kernel], stdin=theirs, stdout=theirs,
                                       stderr=subprocess.DEVNULL, preexec_fn=undisturbed)
            end = time.monotonic() + 30
            while termios.tcgetattr(theirs) == before and time.monotonic() < end:
                time.sleep(0.01)
            self.assertNotEqual(termios.tcgetattr(theirs), before, "no raw mode")
            if number:
                process.send_signal(number)
            else:
                os.write(ours, b"\1x")
            self.assertIn(process.wait(30), (-number, 1) if number else (0,))  # 1: a sanitizer has the last word
            self.assertEqual(termios.tcgetattr(theirs), before, "after signal %s" % number)
            os.close(ours)
            os.close(theirs)

    # --- configuration files -------------------------------------------------------------------------

    def test_a_machine_in_a_file_is_the_machine_of_the_options(self):
        initrd, disk = self.file("initrd", b"initrd"), self.file("disk", size=MB)
        other = self.file("other", size=2 * MB)
        ini = self.file("machine.ini", (
            "[run]\nkernel=%s\ninitrd=%s\nappend=quiet panic=1\nmem=128M\nsmp=2\ndisk=%s;%s,ro\nnet=none\n"
            "console=none\nno-reboot=true\nhash=true\n" % (self.kernel, initrd, disk, other)).encode())
        options = ["--kernel", self.kernel, "--initrd", initrd, "--append", "quiet panic=1", "--mem=128M", "--smp=2",
                   "--disk", disk, "--disk", other + ",ro", "--net=none", "--console=none", "--no-reboot"]
        self.assertEqual(self.hash_of("--config", ini), self.hash_of(*options))
        self.assertNotEqual(self.hash_of("--config", ini, "--append=loud"), self.hash_of(*options))

    def test_files_of_options_that_are_wrong(self):
        self.refuses("is no option", "--config", self.file("a.ini", b"[run]\nkernle=x\n"))
        self.refuses("is not [run]", "--config", self.file("b.ini", b"[machine]\nkernel=x\n"))
        self.refuses("smp", "--config", self.file("c.ini", b"[run]\nsmp=many\n"))
        self.refuses("d.ini", "--config", self.file("d.ini", b"kernel\n"))

    # --- the clock -----------------------------------------------------------------------------------

    def time_of(self, *args):
        """Guest time, slots and host seconds of a loop; the clock runs faster than any host could loop."""
        dump = self.path("state.json")
        status, _, err = self.run_for_a_moment("--kernel", self.kernel, "--max-insns=100000000", "--speed",
                                               "--itc-hz=%d" % CLOCK_HZ, "--dump-state", dump, *args)
        self.assertEqual(status, MAX_INSNS, err)
        with open(dump) as f:
            itc = int(json.load(f)["ar"]["itc"], 16)
        slots, seconds = re.search(r"speed: (\d+) slots, ([\d.]+) s", err).groups()
        return itc, int(slots), float(seconds)

    def test_guest_time_is_retired_slots(self):
        itc, slots, _ = self.time_of()
        self.assertEqual((itc, slots), (10 ** 8, 10 ** 8))
        self.assertEqual(self.time_of("--clock=guest")[0], itc)

    def test_with_the_hosts_clock_guest_time_is_the_hosts(self):
        itc, slots, seconds = self.time_of("--clock=host")
        self.assertGreater(itc, 1.2 * slots)
        self.assertLess(itc, (seconds + .1) * CLOCK_HZ)
        self.assertGreater(itc, seconds / 2 * CLOCK_HZ)

    # --- kernels that cannot start -------------------------------------------------------------------

    def test_kernels_that_are_none(self):
        self.refuses("No such file", "--kernel", self.path("absent"))
        self.refuses("directory", "--kernel", self.dir)
        self.refuses("empty", "--kernel", self.file("empty"))
        self.refuses("not an ELF file", "--kernel", self.file("text", b"#!/bin/sh\n"))
        self.refuses("not an ELF file", "--kernel", self.file("text.gz", gzip.compress(b"hello")))
        self.refuses("x86-64", "--kernel", self.file("x86", kernel(machine=62)))
        self.refuses("x86-64", "--kernel", self.file("x86.gz", gzip.compress(kernel(machine=62))))
        self.refuses("32-bit", "--kernel", self.file("32", kernel(bits=1)))
        self.refuses("big-endian", "--kernel", self.file("be", kernel(order=2)))
        self.refuses("truncated", "--kernel", self.file("cut", kernel()[:-1]))
        self.refuses("entry point", "--kernel", self.file("entry", kernel(entry=0x1000)))
        self.refuses("64 MB", "--kernel", self.file("large", kernel(memsz=80 * MB)))

    def test_unreadable_files(self):
        os.chmod(self.kernel, 0)
        if os.access(self.kernel, os.R_OK):
            self.skipTest("root reads everything")
        self.refuses_with_kernel("Permission denied")

    def test_too_little_memory(self):
        self.refuses_with_kernel("no memory for the kernel", "--mem=16M")
        self.refuses_with_kernel("no memory for the kernel", "--mem=64M")
        initrd = self.file("initrd", size=20 * MB)
        self.refuses_with_kernel("no memory for the initial RAM disk", "--mem=80M", "--initrd", initrd)
        self.starts("--kernel", self.kernel, "--mem=96M", "--initrd", initrd)

    def test_initial_ram_disks_that_are_none(self):
        self.refuses_with_kernel("No such file", "--initrd", self.path("absent"))
        self.refuses_with_kernel("directory", "--initrd", self.dir)
        self.refuses_with_kernel("empty", "--initrd", self.file("empty"))
        started = time.monotonic()
        self.refuses_with_kernel("does not fit", "--initrd", self.file("huge", size=100 << 30))
        self.refuses_with_kernel("does not fit", "--initrd", "/dev/zero")
        self.assertLess(time.monotonic() - started, 20, "a file that cannot fit was read to its end")

    # --- options -------------------------------------------------------------------------------------

    def test_malformed_options(self):
        for words, option in (
                ("--smp", "--smp=0"), ("--smp", "--smp=17"), ("--smp", "--smp=two"), ("--mem", "--mem=x"),
                ("names no file", "--disk=,ro"), ("--net", "--net=bogus"), ("port forward", "--net=user,tcp:1"),
                ("place for a console", "--console=bogus"), ("TCP port", "--console=tcp:99999"),
                ("place for a console", "--hvc=bogus"), ("stdio", "--hvc=stdio"), ("--display", "--display=bogus"),
                ("--date", "--date=yesterday"), ("--itc-hz", "--itc-hz=1"), ("--clock", "--clock=sun"),
                ("command line", "--append=" + "x" * 3000), ("--entry", "--entry=0x1000"),
                ("/absent/x", "--console=file:/absent/x"), ("/absent/x", "--console=unix:/absent/x")):
            if words == "port forward":
                _, _, err = self.run_for_a_moment("--kernel", self.kernel, "--net=user")
                if NOT_BUILT in err:
                    continue
            self.refuses_with_kernel(words, option)

    def test_options_of_a_kernel_need_one(self):
        program = self.file("program", kernel())
        for option in ("--initrd=x", "--append=x", "--disk=x", "--net=user", "--console=none", "--hvc=pty", "--smp=2",
                       "--xen", "--clock=host", "--date=2024-01-01T00:00:00Z"):
            self.refuses("only with --kernel", "--mem=128M", program, option)
            self.refuses(option.split("=")[0], "--mem=128M", program, option)
        self.refuses_with_kernel("goes with neither", program)

    def test_ports_in_use(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            self.refuses_with_kernel("in use", "--console=tcp:%d" % s.getsockname()[1])

    # --- disks ---------------------------------------------------------------------------------------

    def test_disks_that_are_none(self):
        self.refuses_with_kernel("No such file", "--disk", self.path("absent"))
        self.refuses_with_kernel("directory", "--disk", self.dir)
        self.refuses_with_kernel("empty", "--disk", self.file("empty"))

    def test_disks_that_are_not_raw(self):
        for magic, name in ((b"KDMV", "VMDK"), (b"conectix", "VHD"), (b"vhdxfile", "VHDX")):
            for how in ("", ",ro", ",snapshot"):
                self.refuses_with_kernel(name + " format", "--disk", self.file("image", magic, size=MB) + how)
        self.starts("--kernel", self.kernel, "--disk", self.file("raw", b"QFI\0", size=MB))

    def test_disks_that_are_no_files(self):
        self.refuses_with_kernel("neither a file nor a block device", "--disk", "/dev/zero,ro")
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        for how in ("", ",ro", ",snapshot"):
            self.refuses_with_kernel("neither a file nor a block device", "--disk", pipe + how)

    def test_disks_in_qcow2_format(self):
        image = self.file("image", struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, MB, 0, 1, 1 << 16, 0, 0, 0, 0),
                          size=3 << 16)
        for how in (",ro", ",snapshot"):
            self.starts("--kernel", self.kernel, "--disk", image + how)
        self.refuses_with_kernel("is in qcow2 format, which is not written; add ,snapshot or ,ro", "--disk", image)
        damaged = self.file("damaged", b"QFI\xfb", size=MB)
        self.refuses_with_kernel("%s (qcow2): version 0 is unknown" % damaged, "--disk", damaged + ",ro")

    def test_disks_in_use(self):
        disk = self.file("disk", size=MB)
        self.refuses_with_kernel("in use", "--disk", disk, "--disk", disk)
        for lock, allowed in ((fcntl.LOCK_EX, []), (fcntl.LOCK_SH, [",ro", ",snapshot"])):
            with open(disk, "rb") as f:
                fcntl.flock(f, lock)
                for how in ("", ",ro", ",snapshot"):
                    if how in allowed:
                        self.starts("--kernel", self.kernel, "--disk", disk + how)
                    else:
                        self.refuses_with_kernel("in use", "--disk", disk + how)
        self.starts("--kernel", self.kernel, "--disk", disk)

    def test_a_disk_without_permission_to_write(self):
        disk = self.file("disk", size=MB)
        os.chmod(disk, 0o444)
        if os.access(disk, os.W_OK):
            self.skipTest("root writes everything")
        self.refuses_with_kernel("Permission denied", "--disk", disk)
        self.starts("--kernel", self.kernel, "--disk", disk + ",ro")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
