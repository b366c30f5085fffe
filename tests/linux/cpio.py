#!/usr/bin/env python3
"""Writes initramfs archives: the format is cpio "newc" (Linux, Documentation/driver-api/early-userspace).

The kernel unpacks one archive after the other, each plain or compressed, so files are added to an
initrd by appending a second archive to it.

    cpio.py INITRD OUTPUT [FILE=PATH-IN-GUEST]...

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import stat
import sys

ALIGN = 4
TRAILER = "TRAILER!!!"


def padded(data, align=ALIGN):
    return data + bytes(-len(data) % align)


def entry(number, name, mode, data=b""):
    """One member: a header of hexadecimal numbers, the name, the contents."""
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = [number, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    header = "070701" + "".join("%08X" % f for f in fields)
    return padded(header.encode() + name.encode() + b"\0") + padded(data)


def directories_of(names):
    """Every directory above the files, outer ones first."""
    found = set()
    for name in names:
        parts = name.split("/")[:-1]
        found.update("/".join(parts[:i + 1]) for i in range(len(parts)))
    return sorted(found)


def archive(files):
    """files: path in the guest (no slash in front) to (contents, executable)."""
    members = [(d, stat.S_IFDIR | 0o755, b"") for d in directories_of(files)]
    for name, (data, executable) in sorted(files.items()):
        members.append((name, stat.S_IFREG | (0o755 if executable else 0o644), data))
    members.append((TRAILER, 0, b""))
    return padded(b"".join(entry(i + 1, *m) for i, m in enumerate(members)), 512)


def read(data):
    """The files of an unpacked archive: path to (contents, executable)."""
    files, at = {}, 0
    while True:
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110:at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + ALIGN - 1) & -ALIGN
        if name == TRAILER:
            return files
        if stat.S_ISREG(mode):
            files[name] = (data[start:start + size], bool(mode & 0o100))
        at = (start + size + ALIGN - 1) & -ALIGN


def extend(initrd, output, files):
    """A copy of the initrd that holds these files too."""
    with open(initrd, "rb") as f:
        old = padded(f.read())
    with open(output, "wb") as f:
        f.write(old + archive(files))


def main():
    initrd, output = sys.argv[1:3]
    files = {}
    for word in sys.argv[3:]:
        path, _, name = word.partition("=")
        with open(path, "rb") as f:
            files[name.lstrip("/")] = (f.read(), os.access(path, os.X_OK))
    extend(initrd, output, files)


if __name__ == "__main__":
    main()
