"""What the tests of janus share: its images, one run of the emulator, disks.

Images are checked in, compressed, in guest/kernel/images.  Where the cross compiler is (EPIC64_CROSS,
else ia64-linux-gnu-, in the PATH or in the cache of tools/make-images) they are made anew as well, and
the tests take the new ones.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import lzma
import os
import re
import select
import shlex
import shutil
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
KERNEL = os.path.join(TOP, "guest", "kernel")
IMAGES = os.path.join(KERNEL, "images")
VARIANTS = ["janus", "janus-nopv", "janus-branch", "janus-table"]
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "epic64")
PATIENCE = float(os.environ.get("EPIC64_JANUS_PATIENCE", 200))  # seconds of the host for one run
LIMIT = "4000000000"  # slots: an image that hangs is stopped

sys.path.insert(0, os.path.dirname(HERE))
from runner import Skip, check  # noqa: E402


# ---- images -------------------------------------------------------------------------------------


def cross():
    """The prefix of the cross compiler's tools, or None."""
    prefix = os.environ.get("EPIC64_CROSS", "ia64-linux-gnu-")
    for name in (prefix, os.path.join(CACHE, "bin", prefix)):
        if shutil.which(name + "gcc"):
            return name
    return None


def cannot_build():
    """Why images cannot be made here, or None."""
    if not cross():
        return "no cross compiler: neither EPIC64_CROSS nor ia64-linux-gnu-gcc in the PATH"
    return None if shutil.which("make") else "make is not installed"


def build(directory, what="all"):
    """New images in that folder."""
    if cannot_build():
        raise Skip(cannot_build())
    done = subprocess.run(["make", "-s", "-j2", "-C", KERNEL, "OUT=" + directory, "CROSS=" + cross(), what],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(done.returncode == 0, "make says:\n" + done.stdout)


def unpack(directory):
    """The images that are checked in, in that folder.  Done here, since xz is an option of the emulator."""
    for name in VARIANTS:
        with open(os.path.join(directory, name), "wb") as f:
            f.write(unpacked(name))


def compiler_version():
    """Compiler and assembler that are here, as images/compiler has them."""
    if cannot_build():
        raise Skip(cannot_build())
    done = subprocess.run([os.path.join(IMAGES, "update"), "--version"], env=dict(os.environ, EPIC64_CROSS=cross()),
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def compiler_of_images():
    """The same of the images that are checked in."""
    path = os.path.join(IMAGES, "compiler")
    if not os.path.exists(path):
        raise Skip("no images in guest/kernel/images")
    with open(path) as f:
        return f.read()


def unpacked(name):
    path = os.path.join(IMAGES, name + ".xz")
    if not os.path.exists(path):
        raise Skip("no %s.xz in guest/kernel/images" % name)
    with lzma.open(path) as packed:
        return packed.read()


def linux(epic64):
    """A Linux kernel, as the tests of Linux find it."""
    tool = os.path.join(TOP, "tests", "linux", "kit.py")
    shell = subprocess.run([sys.executable, tool, epic64], stdout=subprocess.PIPE, text=True, check=True).stdout
    words = dict(word.partition("=")[::2] for word in shlex.split(shell) if "=" in word)
    if "EPIC64_LINUX_KERNEL" not in words:
        raise Skip("no Linux kernel: set EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD, or run tools/make-images")
    return words["EPIC64_LINUX_KERNEL"]


# ---- runs ---------------------------------------------------------------------------------------


class Result:
    """How a run went."""

    def __init__(self, done):
        self.status = done.returncode
        self.console = done.stdout.decode(errors="replace").replace("\r", "")
        self.err = done.stderr.decode(errors="replace")
        found = re.search(r"^hash ([0-9a-f]{16})$", self.err, re.M)
        self.hash = found and found.group(1)
        found = re.search(r"^speed: (\d+) slots", self.err, re.M)
        self.slots = int(found.group(1)) if found else 0

    def __str__(self):
        return "status %d\n--- console\n%s\n--- standard error\n%s" % (
            self.status, self.console[-6000:], self.err[-3000:])


class Kit:
    """One emulator with a folder of images.  `directory` is a scratch folder."""

    def __init__(self, epic64, images, directory):
        self.epic64, self.images, self.directory = epic64, images, directory

    def path(self, name):
        return os.path.join(self.directory, name)

    def image(self, name="janus"):
        return os.path.join(self.images, name)

    def run(self, append, *options, image="janus", typed=b""):
        """`typed` is at the console from the start, and then its end."""
        command = [self.epic64, "run", "--kernel", self.image(image), "--speed", "--max-insns", LIMIT,
                   "--append", append]
        try:
            done = subprocess.run(command + list(options), input=typed, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=PATIENCE)
        except subprocess.TimeoutExpired as e:
            raise AssertionError("not over after %.0f s\n%s" % (PATIENCE, (e.output or b"").decode(errors="replace")))
        return Result(done)


class Typist:
    """Somebody at the console, who waits for the prompt before each line."""

    PROMPT = "janus# "

    def __init__(self, kit, *options, append="quiet"):
        command = [kit.epic64, "run", "--kernel", kit.image(), "--append", append] + list(options)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.text = ""
        self._until_prompt()

    def _until_prompt(self):
        end = time.monotonic() + PATIENCE
        while not self.text.endswith(self.PROMPT):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self.process.kill()
                raise AssertionError("no prompt after: %s\n%s" % (self.text, self.process.communicate()[1].decode()))
            self.text += chunk.decode(errors="replace").replace("\r", "")

    def ask(self, line):
        """What the command printed after the echo."""
        self.text = ""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        self._until_prompt()
        return self.text.partition("\n")[2][:-len(self.PROMPT)]

    def end(self, line):
        """A command that ends the run; the emulator's status."""
        self.process.communicate(line.encode() + b"\n", timeout=PATIENCE)
        return self.process.returncode


# ---- disks --------------------------------------------------------------------------------------

CHUNK = 65536
WORD = 0x9e3779b97f4a7c15


def pattern(first, count, flip=0):
    """Words of the pattern that the guest's self-test knows (selftest/calls.c)."""
    mask = (1 << 64) - 1
    return b"".join(struct.pack("<Q", (i * WORD & mask) ^ flip) for i in range(first, first + count))


def pattern_disk(path, chunks):
    with open(path, "wb") as f:
        f.write(pattern(0, chunks * CHUNK // 8))
    return path


def complement_at_end(path, chunks):
    """Whether the last 64 KB, and only they, are what the self-test leaves there."""
    words = CHUNK // 8
    with open(path, "rb") as f:
        data = f.read()
    tail = pattern((chunks - 1) * words, words, flip=(1 << 64) - 1)
    return data == pattern(0, (chunks - 1) * words) + tail


if __name__ == "__main__":
    sys.exit("run.py is what you want")
