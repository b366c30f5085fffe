#!/usr/bin/env python3
"""The screen of a booted Linux, read from screenshots.

    test_display.py EPIC64 TOP

Text is recognised by comparing cells of pixels with the glyphs of devices/vga_font.def.  The window
is SDL's with its dummy driver, and with Xvfb where that and xdotool are installed.  Needs EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import ast
import gzip
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

EPIC64, TOP = sys.argv[1:3]
KERNEL, INITRD = os.environ.get("EPIC64_LINUX_KERNEL"), os.environ.get("EPIC64_LINUX_INITRD")
WIDTH, HEIGHT = 9, 16  # of a character cell


def read_png(path):
    """Width, height, and rows of (r, g, b); 8 bits per colour, not interlaced."""
    with open(path, "rb") as file:
        data, at, packed = file.read(), 8, b""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert (depth, colour, interlace) == (8, 2, 0)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    return width, height, unfilter(zlib.decompress(packed), width, height)


def unfilter(raw, width, height):
    """Undo the five filters of PNG."""
    stride, before, rows = 3 * width, bytearray(3 * width), []
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            left = line[x - 3] if x >= 3 else 0
            up, corner = before[x], before[x - 3] if x >= 3 else 0
            if kind == 1:
                line[x] = (line[x] + left) & 255
            elif kind == 2:
                line[x] = (line[x] + up) & 255
            elif kind == 3:
                line[x] = (line[x] + (left + up) // 2) & 255
            elif kind == 4:
                guess = left + up - corner
                line[x] = (line[x] + min((left, up, corner), key=lambda v: abs(guess - v))) & 255
        rows.append([tuple(line[i:i + 3]) for i in range(0, stride, 3)])
        before = line
    return rows


def read_font():
    """Rows of pixels to character, for the printable ones."""
    with open(os.path.join(TOP, "devices", "vga_font.def"), encoding="utf-8") as file:
        text, font = file.read(), {}
    for code, top, rows in re.findall(r"^GLYPH\( ('\\?.'|0x\w+), +(\d+), ([^)]*?) \)", text, re.M):
        value = ast.literal_eval(code)
        char = value if isinstance(value, str) else chr(value)
        if " " <= char <= "~":
            bits = [int(r, 0) for r in rows.split(",")]
            glyph = [0] * int(top) + bits
            font[char] = tuple((glyph + [0] * HEIGHT)[:HEIGHT])
    assert len(font) == 95
    return font


FONT = read_font()


def read_screen(path, inverse=False):
    """The lines of text on a screenshot, and how many cells were not recognised."""
    width, height, rows = read_png(path)
    assert (width, height) == (80 * WIDTH, 25 * HEIGHT)
    return read_text(rows, inverse)


def read_text(rows, inverse=False):
    chars = {tuple(r ^ 255 if inverse else r for r in g): c for c, g in FONT.items()}
    if inverse:
        chars[(0,) * HEIGHT] = " "
    lines, unknown = [], 0
    for top in range(0, len(rows), HEIGHT):
        line = ""
        for left in range(0, len(rows[0]), WIDTH):
            cell = tuple(sum((rows[top + y][left + x] != (0, 0, 0)) << (7 - x) for x in range(8))
                         for y in range(HEIGHT))
            unknown += cell not in chars
            line += chars.get(cell, "\ufffd")
        lines.append(line.rstrip())
    return lines, unknown


def read_framebuffer(path):
    """The middle of Xvfb's screen, where a new window lies; a file in the format of xwd."""
    with open(path, "rb") as file:
        data = file.read()
    head = struct.unpack(">25I", data[:100])
    start, width, height, stride = head[0] + 12 * head[19], head[4], head[5], head[12]
    assert head[7] == 0 and head[11] == 32  # least significant byte first
    left, top = (width - 80 * WIDTH) // 2, (height - 25 * HEIGHT) // 2
    return [[tuple(data[at:at + 3]) for at in range(start + y * stride + 4 * left,
                                                    start + y * stride + 4 * (left + 80 * WIDTH), 4)]
            for y in range(top, top + 25 * HEIGHT)]


def archive(files):
    """A cpio archive in the format the kernel unpacks, to go behind another."""
    out = b""
    for name, data in files + [("TRAILER!!!", b"")]:
        fields = [1, 0o100755, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        out += head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return gzip.compress(out, mtime=0)


@unittest.skipUnless(KERNEL and INITRD, "EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD are not set")
class Display(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.png = os.path.join(self.dir.name, "screen.png")

    def boot(self, script, *options, files=()):
        """Run a shell script in the guest, which then powers off; standard error."""
        initrd = os.path.join(self.dir.name, "initrd")
        with open(INITRD, "rb") as old, open(initrd, "wb") as new:
            new.write(old.read() + archive([("script", script.encode())] + list(files)))
        env = dict(os.environ, SDL_VIDEODRIVER="dummy")
        done = subprocess.run(
            [EPIC64, "run", "--kernel", KERNEL, "--initrd", initrd, "--mem=256M", "--console=none",
             "--append=console=tty0 run=sh /script", "--screenshot", self.png, "--hash",
             "--max-insns=4000000000", *options],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_a_window_shows_the_console_and_changes_nothing_in_the_guest(self):
        script = "echo 'the quick brown fox: 0123456789'"
        window = self.boot(script, "--display=sdl")
        lines, unknown = read_screen(self.png)
        self.assertTrue(any(l.startswith("INIT-REACHED Linux") for l in lines), lines)
        self.assertIn("the quick brown fox: 0123456789", lines)
        self.assertIn("RUN-EXIT 0", lines)
        self.assertTrue(any("serio: i8042 KBD port at 0x60,0x64" in l for l in lines), lines)
        self.assertLessEqual(unknown, 1)  # the cursor
        headless = self.boot(script, "--display=none")
        self.assertEqual(read_screen(self.png), (lines, unknown))
        self.assertEqual(window, headless)  # the hash, and no warnings

    def test_the_kernel_can_load_another_font(self):
        inverse = bytes(r ^ 255 for c in range(256) for r in FONT.get(chr(c), (255,) * HEIGHT))
        psf = b"\x36\x04\x00" + bytes([HEIGHT]) + inverse
        self.boot("loadfont < /font; clear; echo FONT-LOADED", files=[("font", psf)])
        lines, _ = read_screen(self.png, inverse=True)
        self.assertIn("FONT-LOADED", lines)
        self.assertIn("RUN-EXIT 0", lines)

    def test_a_program_can_draw_in_the_linear_framebuffer(self):
        self.boot("""
            dev=$(dirname $(grep -l 0x030000 /sys/bus/pci/devices/*/class))
            echo 1 > $dev/enable
            memory=$(sed -n '1s/ .*//p' $dev/resource) mode=$(sed -n '3s/ .*//p' $dev/resource)
            set_mode() { devmem $((mode + 0x500 + 2 * $1)) 16 $2; }
            test $(devmem $((mode + 0x500)) 16) = 0xB0C5 || exit 1
            set_mode 1 800; set_mode 2 600; set_mode 3 32; set_mode 4 0x41
            devmem $memory 32 0x00ff8040
            devmem $((memory + 4 * (599 * 800 + 799))) 32 0x00102030
            test $(devmem $memory 32) = 0x00FF8040""")
        width, height, rows = read_png(self.png)
        self.assertEqual((width, height), (800, 600))
        self.assertEqual(rows[0][0], (0xff, 0x80, 0x40))
        self.assertEqual(rows[599][799], (0x10, 0x20, 0x30))
        lit = sum(p != (0, 0, 0) for row in rows for p in row)
        self.assertEqual(lit, 2)

    def test_every_pixel_of_a_picture_is_where_the_program_put_it(self):
        width, height = 40, 30
        self.boot("""
            dev=$(dirname $(grep -l 0x030000 /sys/bus/pci/devices/*/class))
            echo 1 > $dev/enable
            memory=$(sed -n '1s/ .*//p' $dev/resource) mode=$(sed -n '3s/ .*//p' $dev/resource)
            set_mode() { devmem $((mode + 0x500 + 2 * $1)) 16 $2; }
            set_mode 1 %d; set_mode 2 %d; set_mode 3 32; set_mode 4 0x41
            i=0
            while [ $i -lt %d ]; do
                devmem $((memory + 4 * i)) 32 $(((i + 1) * 40503 %% 16777213)); i=$((i + 1))
            done""" % (width, height, width * height))
        got_width, got_height, rows = read_png(self.png)
        self.assertEqual((got_width, got_height), (width, height))
        values = [(i + 1) * 40503 % 16777213 for i in range(width * height)]
        want = [(v >> 16, v >> 8 & 0xff, v & 0xff) for v in values]
        self.assertEqual([tuple(p) for row in rows for p in row], want)


@unittest.skipUnless(KERNEL and INITRD, "EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD are not set")
@unittest.skipUnless(shutil.which("Xvfb") and shutil.which("xdotool"), "no Xvfb or no xdotool")
class Desktop(unittest.TestCase):
    """A window on a real X server, and somebody at its keyboard."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-fbdir", self.dir.name],
            pass_fds=[write], stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, self.server)
        os.close(write)
        with os.fdopen(read) as pipe:
            display = ":" + pipe.readline().strip()
        self.env = dict(os.environ, DISPLAY=display, SDL_VIDEODRIVER="x11")

    def end(self, process):
        process.kill()
        process.wait()

    def until(self, wanted):
        """Look at the screen until a line begins like this."""
        lines, end = [], time.monotonic() + 120
        while time.monotonic() < end:
            lines, _ = read_text(read_framebuffer(os.path.join(self.dir.name, "Xvfb_screen0")))
            if any(l.startswith(wanted) for l in lines):
                return
            time.sleep(0.3)
        self.fail("no %r in %s" % (wanted, lines))

    def xdotool(self, *words):
        subprocess.run(["xdotool", *words], env=self.env, check=True, stdout=subprocess.DEVNULL)

    def type(self, line):
        self.xdotool("type", "--delay", "100", line)
        self.xdotool("key", "Return")

    def test_keys_typed_at_the_window_reach_the_shell(self):
        guest = subprocess.Popen(
            [EPIC64, "run", "--kernel", KERNEL, "--initrd", INITRD, "--append=console=tty0 quiet",
             "--console=none", "--display=sdl"], stdin=subprocess.DEVNULL, env=self.env)
        self.addCleanup(self.end, guest)
        self.until("/ #")
        self.xdotool("search", "--name", "epic64", "windowfocus")
        self.type('echo "Typed: {$((6*7))} ~|"')
        self.until("Typed: {42} ~|")
        self.type("poweroff -f")
        self.assertEqual(guest.wait(timeout=60), 0)


class Refusals(unittest.TestCase):
    def refused(self, *options):
        done = subprocess.run([EPIC64, "run", *options], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    @unittest.skipUnless(KERNEL, "EPIC64_LINUX_KERNEL is not set")
    def test_an_unknown_display_is_refused_by_name(self):
        self.assertIn("'vnc' is no display", self.refused("--kernel", KERNEL, "--display=vnc"))

    @unittest.skipUnless(KERNEL, "EPIC64_LINUX_KERNEL is not set")
    def test_a_screenshot_that_cannot_be_written_is_an_error(self):
        error = self.refused("--kernel", KERNEL, "--max-insns=1000", "--console=none",
                             "--screenshot=/nonexistent/a.png")
        self.assertIn("/nonexistent/a.png", error)


if __name__ == "__main__":
    if not (KERNEL and INITRD):
        print("EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD are not set")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
