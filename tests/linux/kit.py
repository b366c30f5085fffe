"""What the Linux tests and the Linux benchmark share: images, guest programs, one run of the emulator.

Images, the first of these that exists:
    EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD
    ../shared/images beside the checkout (continuous integration), unpacked next to the emulator
    the cache of tools/make-images

`kit.py EPIC64` prints the first as shell assignments, for other tests that want a kernel.

EPIC64_LINUX_OLD_KERNEL may name one more kernel, of the 2.6 days; the full run takes it too.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import glob
import gzip
import lzma
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tty

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import cpio  # noqa: E402
from runner import Skip, check  # noqa: E402

PATIENCE = float(os.environ.get("EPIC64_LINUX_PATIENCE", 400))  # seconds of the host for one run
CROSS = os.environ.get("EPIC64_CROSS", "ia64-linux-gnu-")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "epic64")
GUEST = os.path.join(HERE, "guest")
CHECKED_IN = os.path.join(HERE, "images", "checks.elf")
PROMPT = "/ # "


# ---- images and programs ----------------------------------------------------------------------


def unpacked(path, directory):
    """The file without its .xz, unpacked once.  Several tests may do that at the same time."""
    target = os.path.join(directory, os.path.basename(path)[:-len(".xz")])
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(path):
        with lzma.open(path) as packed, tempfile.NamedTemporaryFile(dir=directory, delete=False) as out:
            shutil.copyfileobj(packed, out)
        os.rename(out.name, target)
    return target


def images(epic64):
    """(kernel, initrd), or Skip."""
    named = os.environ.get("EPIC64_LINUX_KERNEL"), os.environ.get("EPIC64_LINUX_INITRD")
    if all(named):
        return named
    shared = os.path.join(os.path.dirname(TOP), "shared", "images")
    kernels = sorted(glob.glob(os.path.join(shared, "vmlinux-*.xz")))
    initrds = sorted(glob.glob(os.path.join(shared, "initramfs*.cpio.gz")))
    if kernels and initrds:
        return unpacked(kernels[-1], os.path.dirname(os.path.abspath(epic64))), initrds[-1]
    made = os.path.join(CACHE, "images", "vmlinux-6.1"), os.path.join(CACHE, "images", "initrd.gz")
    if all(os.path.exists(p) for p in made):
        return made
    raise Skip("no Linux images: set EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD, or run tools/make-images")


def compiler():
    """The cross compiler, or None."""
    return shutil.which(CROSS + "gcc") or shutil.which(os.path.join(CACHE, "bin", CROSS + "gcc"))


def compile_checks(image):
    flags = ["-std=gnu17", "-O2", "-ffreestanding", "-fno-pic", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-static",
             "-Wl,--build-id=none", "-s"]
    sources = sorted(glob.glob(os.path.join(GUEST, "*.[cS]")))
    subprocess.run([compiler()] + flags + ["-o", image] + sources + ["-lgcc"], check=True)


def checks_program():
    """guest/*.c as a static user program: compiled, or as checked in."""
    if not compiler():
        with open(CHECKED_IN, "rb") as f:
            return f.read()
    with tempfile.TemporaryDirectory() as directory:
        image = os.path.join(directory, "checks")
        compile_checks(image)
        with open(image, "rb") as f:
            return f.read()


def tool(name):
    """A program that may be where only root looks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def contents(initrd):
    """Files of a compressed initrd: path to (contents, executable)."""
    with gzip.open(initrd) as f:
        return cpio.read(f.read())


# ---- runs -------------------------------------------------------------------------------------


class Result:
    """How a run went."""

    def __init__(self, status, out, err, seconds):
        self.status, self.err, self.seconds = status, err, seconds
        self.console = out.decode(errors="replace").replace("\r", "")
        self.hash = self._number(r"^hash ([0-9a-f]{16})$")
        self.slots = int(self._number(r"^speed: (\d+) slots") or 0)
        self.peak_kb = int(self._number(r"peak memory (\d+) kB$") or 0)

    def _number(self, pattern):
        found = re.search(pattern, self.err, re.M)
        return found.group(1) if found else None

    @property
    def lines(self):
        """What the command said, without the kernel's messages."""
        said = self.console.partition("INIT-REACHED")[2].partition("\n")[2].rpartition("RUN-EXIT")[0]
        return [line for line in said.splitlines() if not re.match(r"\[ *\d+\.\d+\] ", line)]

    @property
    def text(self):
        return "\n".join(self.lines)

    def __str__(self):
        return "status %d after %.1f s\n--- console\n%s\n--- standard error\n%s" % (
            self.status, self.seconds, self.console[-6000:], self.err[-3000:])


def ended(result, status=0):
    """The run ended with this status, and if with 0, the command succeeded."""
    check(result.status == status, "expected status %d\n%s" % (status, result))
    if status == 0:
        check("\nRUN-EXIT 0\n" in result.console, result)
    return result


class Kit:
    """One emulator with one kernel.  `directory` is a scratch folder."""

    def __init__(self, epic64, kernel, initrd, directory):
        self.epic64, self.kernel, self.initrd, self.directory = epic64, kernel, initrd, directory

    def path(self, name):
        return os.path.join(self.directory, name)

    def command(self, append, options, initrd):
        command = [self.epic64, "run", "--kernel", self.kernel, "--speed", "--append", append]
        return command + (["--initrd", initrd] if initrd else []) + list(options)

    def run(self, shell, *options, append="quiet", initrd="", patience=PATIENCE):
        """Boot, run this as the command, power off.  initrd=None: from the disk."""
        initrd = self.initrd if initrd == "" else initrd
        command = self.command("console=ttyS0 %s run=%s" % (append, shell), options, initrd)
        started = time.monotonic()
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=patience)
        except subprocess.TimeoutExpired as e:
            raise AssertionError("not over after %.0f s\n%s" % (patience, (e.output or b"").decode(errors="replace")))
        return Result(done.returncode, done.stdout, done.stderr.decode(errors="replace"), time.monotonic() - started)

    def script(self, text, *options, files=None, **how):
        """The same with a script of any length, and more files, in the initial RAM disk."""
        members = {"run.sh": (text.encode(), True)}
        members.update({name: (data, True) for name, data in (files or {}).items()})
        bigger = tempfile.mktemp(prefix="initrd-", dir=self.directory)
        cpio.extend(self.initrd, bigger, members)
        return self.run("sh /run.sh", *options, initrd=bigger, **how)

    def disk(self, name, size, files=None):
        """An ext2 image with the initial RAM disk's userland, and these files."""
        mkfs = tool("mkfs.ext2")
        if not mkfs:
            raise Skip("mkfs.ext2 (e2fsprogs) is not installed")
        root = self.path(name + ".root")
        for path in ("dev", "proc", "sys", "tmp", "bin", "root", "etc"):
            os.makedirs(os.path.join(root, path), exist_ok=True)
        members = dict(contents(self.initrd))
        members.update({n: (data, True) for n, data in (files or {}).items()})
        for path, (data, executable) in members.items():
            target = os.path.join(root, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(data)
            os.chmod(target, 0o755 if executable else 0o644)
        image = self.path(name)
        with open(image, "wb") as f:
            f.truncate(size)
        subprocess.run([mkfs, "-q", "-F", "-d", root, image], check=True)
        return image


class Typist:
    """A guest with somebody at its serial console."""

    def __init__(self, kit, *options, append="quiet"):
        command = kit.command("console=ttyS0 " + append, options, kit.initrd)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.text = ""
        self.expect(PROMPT)

    def expect(self, what):
        """Read until `what` has come; what came before it."""
        end = time.monotonic() + PATIENCE
        while what not in self.text:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self.process.kill()
                raise AssertionError("no %r in: %s\n%s" % (what, self.text, self.complaints()))
            self.text += chunk.decode(errors="replace").replace("\r", "")
        before, _, self.text = self.text.partition(what)
        return before

    def complaints(self):
        return self.process.communicate()[1].decode()

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, line):
        """One shell command; what it printed after the echo."""
        self.type(line)
        return self.expect(PROMPT).partition("\n")[2].strip()

    def end(self, line):
        """A command that ends the run; the emulator's status."""
        self.type(line)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


class Person(Typist):
    """A guest whose console is a terminal, so that the escape key leads to the monitor."""

    def __init__(self, kit, *options, append="quiet"):
        master, slave = pty.openpty()
        tty.setraw(slave)
        command = kit.command("console=ttyS0 " + append, options, kit.initrd)
        self.log = tempfile.TemporaryFile(dir=kit.directory)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=self.log)
        os.close(slave)
        self.process.stdout = os.fdopen(master, "rb", 0)
        self.process.stdin = os.fdopen(os.dup(master), "wb", 0)
        self.text = ""
        self.expect(PROMPT)

    def monitor(self, *lines):
        """Commands in the monitor, then on with the guest."""
        self.process.stdin.write(b"\x01m")
        for line in lines + ("continue",):
            self.expect("(epic64) ")
            self.process.stdin.write(line.encode() + b"\r")
        self.expect("continue\n")

    def complaints(self):
        self.process.wait()
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def over(self):
        """The end of the run: the emulator's status and standard error."""
        try:
            while os.read(self.process.stdout.fileno(), 65536):
                pass
        except OSError:  # nobody is at the other end of the terminal any more
            pass
        return self.process.wait(PATIENCE), self.complaints()


def main():
    try:
        kernel, initrd = images(sys.argv[1])
    except Skip as why:
        print(": %s" % shlex.quote(str(why)))
    else:
        print("export EPIC64_LINUX_KERNEL=%s EPIC64_LINUX_INITRD=%s" % (shlex.quote(kernel), shlex.quote(initrd)))


if __name__ == "__main__":
    main()
