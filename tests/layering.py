#!/usr/bin/env python3
"""Who may include whom.  The arrows of docs/house.md, enforced; each offending line is named.

    layering.py TOP [compiler command with flags...]

With a compiler, every header must also compile alone.  A test that no build file lists is an offence.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import subprocess
import sys

# A folder, and what its files may include besides themselves.
MAY = {
    "base": [],
    "cpu/isa": ["base"],
    "cpu/fp": ["base"],
    "mmu": ["base"],
    "cpu": ["base", "cpu/isa", "cpu/fp", "mmu"],
    "devices": ["base", "mmu/physmem.h"],
    # firmware calls of a domain end in bios; its devices are the host's side of ours
    "hypercall": ["base", "cpu", "cpu/isa", "cpu/fp", "mmu", "bios", "devices/host/"],
    "bios": ["base", "cpu", "cpu/isa", "cpu/fp", "mmu"],
    "guest": ["base", "cpu", "cpu/isa", "cpu/fp", "mmu", "hypercall", "bios"],
    "machine": ["base", "cpu", "cpu/isa", "cpu/fp", "mmu", "hypercall", "bios", "guest", "devices"],
    "monitor": ["base", "cpu", "cpu/isa", "cpu/fp", "mmu", "hypercall", "bios", "guest", "devices", "machine"],
    "main.c": ["base", "machine", "monitor"],
    "docs": ["base", "machine"],
}
# Libraries that only these files or folders may include.
ONLY_IN = {
    r"SDL": ["devices/host/display_sdl.c"],
    r"ffi\.h": ["hypercall/marshal.c"],
    r"(libslirp|slirp/)": ["devices/host/"],
    r"lzma": ["guest/unpack_xz.c"],
    r"zstd": ["guest/unpack_zstd.c", "devices/host/qcow2_zstd.c"],
    r"zlib": ["guest/unpack_gzip.c", "devices/host/qcow2_zlib.c", "tests/"],
    r"cmocka": ["tests/"],
    r"json-glib": ["monitor/"],
    r"cairo": ["monitor/privops-plot.c"],
    r"elfutils": ["monitor/privops-lines.c"],
}
# Where GLib has no business: hot code and code that is to be reused alone.
NO_GLIB = ["cpu/isa/", "cpu/fp/", "cpu/exec/", "mmu/soft.c"]
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    """The row of MAY that a file belongs to, or None (tests include what they test)."""
    fits = [f for f in MAY if path == f or path.startswith(f + "/")]
    return max(fits, key=len) if fits else None


def sources(top):
    for folder, _, files in os.walk(top):
        rel = os.path.relpath(folder, top)
        if rel.split(os.sep)[0] in (".git", "build", "guest-build") or rel.startswith("build"):
            continue
        for name in sorted(files):
            if name.endswith((".c", ".h", ".def")):
                yield os.path.normpath(os.path.join(rel, name))


def may_include(folder, target):
    if folder is None:
        return True
    home = folder_of(target)
    if home == folder or home in MAY[folder] or target in MAY[folder]:
        return True
    return any(prefix.endswith("/") and target.startswith(prefix) for prefix in MAY[folder])


def check_own(path, target, folder):
    if not may_include(folder, target):
        return "%s may not include %s" % (folder, target)
    # tests of a folder may look inside it
    private = target.endswith("-priv.h")
    if private and folder is not None and folder.split("/")[0] != target.split("/")[0]:
        return "%s is private" % target
    return None


def check_library(path, target):
    for library, allowed in ONLY_IN.items():
        if re.match(library, target) and not any(path == a or path.startswith(a) for a in allowed):
            return "<%s> belongs to %s alone" % (target, ", ".join(allowed))
    if target.startswith(("glib", "gio")) and any(path.startswith(n) for n in NO_GLIB):
        return "no GLib here"
    return None


GUARDS = {}


def check_guard(path, text):
    """A guard is made from the path, and no other header has it."""
    found = re.search(r"^#ifndef (\w+)\n#define \1$", text, re.M)
    whole = re.sub(r"[^A-Za-z0-9]", "_", path).upper()
    if not found:
        yield 1, "no include guard"
    elif not whole.endswith(found.group(1)):
        yield 1, "the include guard is not %s" % whole
    elif GUARDS.setdefault(found.group(1), path) != path:
        yield 1, "has the include guard of %s" % GUARDS[found.group(1)]


def check_file(top, path):
    """Complaints about one file, as (line number, text)."""
    text = open(os.path.join(top, path), encoding="utf-8").read()
    if "SPDX-License-Identifier: GPL-2.0-or-later" not in text and not path.endswith(".def"):
        yield 1, "no SPDX line"
    if path.endswith(".h"):
        yield from check_guard(path, text)
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        own, library = found.groups()
        if own and not os.path.exists(os.path.join(top, own)):
            continue  # beside the file (tests, guest programs), or generated
        complaint = check_own(path, own, folder_of(path)) if own else check_library(path, library)
        if complaint:
            yield number, complaint


def compiles_alone(top, header, compiler):
    done = subprocess.run(compiler + ["-fsyntax-only", "-x", "c", "-I", top, os.path.join(top, header)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


def with_libraries(compiler):
    """The compiler with what pkg-config says about GLib."""
    if not compiler:
        return compiler
    flags = subprocess.run(["pkg-config", "--cflags", "glib-2.0", "gio-2.0"], stdout=subprocess.PIPE, text=True, check=True)
    return compiler + flags.stdout.split()


def unlisted_tests(top):
    """Test files that no build file mentions: they would never run."""
    listed = open(os.path.join(top, "tests", "meson.build"), encoding="utf-8").read()
    for folder, _, files in os.walk(os.path.join(top, "tests")):
        for name in sorted(files):
            found = re.match(r"test_(\w+)\.(c|py)$", name)
            short = found and (found.group(1) if found.group(2) == "c" else name)
            if found and not re.search(r"\b%s\b" % re.escape(short), listed):
                yield os.path.relpath(os.path.join(folder, name), top)
    for name in sorted(os.listdir(os.path.join(top, "tests", "guest"))):
        if name.endswith((".c", ".s")) and name not in listed:
            yield "tests/guest/" + name


def is_ours(path):
    return not path.startswith(("bench/", "tests/guest/", "guest/kernel/"))


def main():
    top, compiler = sys.argv[1], with_libraries(sys.argv[2:])
    complaints = files = 0
    for path in unlisted_tests(top):
        complaints += 1
        print("%s:1: tests/meson.build does not mention this test" % path)
    for path in sources(top):
        if not is_ours(path):
            continue
        files += 1
        for number, text in check_file(top, path):
            complaints += 1
            print("%s:%d: %s" % (path, number, text))
        if compiler and path.endswith(".h"):
            good, output = compiles_alone(top, path, compiler)
            if not good:
                complaints += 1
                print("%s:1: does not compile alone\n%s" % (path, output))
    print("%d files, %d complaints" % (files, complaints))
    raise SystemExit(1 if complaints or files < 20 else 0)


if __name__ == "__main__":
    main()
