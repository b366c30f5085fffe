#!/usr/bin/env python3
"""Holds the documents to the code: what they quote is printed again and compared.

    run.py EPIC64 [--update] [--images DIR] [DOCUMENT...]

In a document stand comments, which no reader of the rendered page sees:

    <!-- run: COMMAND -->      is run, and must succeed; it may leave files for later commands
    <!-- from: COMMAND -->     prints what the fenced block below it quotes, to the last blank

The commands of a document run in the order of the page, in one folder of their own, by /bin/sh.
There they find the files of the source tree, `epic64` on the PATH, and the images of janus, as they
are checked in, unpacked: janus, janus-nopv and so on.  --images takes them from another folder.
A command that prints nothing is a mistake.

--update writes the blocks anew, after the image or the code has changed; read the difference, for
the words around a block are not updated.  The status is 77 if there is no image.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import difflib
import lzma
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENTS = ["README.md", "docs/paravirt.md", "docs/tour.md"]
MARK = re.compile(r"<!-- (run|from): (.*?) -->\n(?:\n?```\w*\n(.*?)^```$)?", re.S | re.M)
SKIPPED = 77
TIMEOUT = 120


class Mistake(Exception):
    pass


def unpack(images, folder):
    """Every NAME.xz becomes NAME; a file that is no archive is taken as it is."""
    for name in os.listdir(images):
        source = os.path.join(images, name)
        if name.endswith(".xz"):
            with lzma.open(source) as packed, open(os.path.join(folder, name[:-3]), "wb") as out:
                out.write(packed.read())


def link_all(source, folder, but=()):
    for name in os.listdir(source):
        if name not in but and not name.startswith(".git"):
            os.symlink(os.path.join(source, name), os.path.join(folder, name))


def make_workshop(folder, epic64, images):
    """The source tree by links, with another folder of images, and a build folder of its own."""
    builds = [d for d in os.listdir(ROOT) if os.path.exists(os.path.join(ROOT, d, "build.ninja"))]
    link_all(ROOT, folder, ["guest"] + builds)
    kernel = os.path.join(folder, "guest", "kernel")
    os.makedirs(kernel)
    link_all(os.path.join(ROOT, "guest"), os.path.dirname(kernel), ["kernel"])
    link_all(os.path.join(ROOT, "guest", "kernel"), kernel, ["images"])
    os.symlink(images, os.path.join(kernel, "images"))
    unpack(images, folder)
    programs = os.path.join(folder, ".programs")
    os.mkdir(programs)
    os.symlink(os.path.abspath(epic64), os.path.join(programs, "epic64"))
    return dict(os.environ, PATH=programs + os.pathsep + os.environ["PATH"], LC_ALL="C",
                EPIC64="epic64", EPIC64_CROSS="no-compiler-")


def perform(command, folder, environment):
    done = subprocess.run(["/bin/sh", "-ec", command], cwd=folder, env=environment, timeout=TIMEOUT,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise Mistake("status %d from: %s\n%s" % (done.returncode, command, done.stderr[-2000:]))
    return done.stdout


def renewed(mark, folder, environment):
    """The mark and its block, as they should be."""
    kind, command, block = mark.groups()
    if (kind == "from") != (block is not None):
        raise Mistake("%s a block: %s" % ("without" if kind == "from" else "not expected:", command))
    printed = perform(command, folder, environment)
    if kind == "run":
        return mark.group(0)
    if not printed.strip():
        raise Mistake("this prints nothing: %s" % command)
    before = mark.start(3) - mark.start(0)
    return mark.group(0)[:before] + printed.rstrip("\n") + "\n" + mark.group(0)[before + len(block):]


def check(document, epic64, images, update):
    """The number of blocks."""
    with open(os.path.join(ROOT, document), encoding="utf-8") as f:
        text = f.read()
    marks = list(MARK.finditer(text))
    if len(marks) != text.count("<!-- run:") + text.count("<!-- from:"):
        raise Mistake("a comment in it is not what this script understands")
    with tempfile.TemporaryDirectory() as folder:
        environment = make_workshop(folder, epic64, images)
        new = MARK.sub(lambda m: renewed(m, folder, environment), text)
    if new != text and update:
        with open(os.path.join(ROOT, document), "w", encoding="utf-8") as f:
            f.write(new)
    elif new != text:
        difference = difflib.unified_diff(text.split("\n"), new.split("\n"), document, "what is printed now", lineterm="")
        raise Mistake("\n".join(list(difference)[:60]))
    return sum(m.group(1) == "from" for m in marks)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("epic64")
    parser.add_argument("documents", nargs="*")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--images", default=os.path.join(ROOT, "guest/kernel/images"))
    args = parser.parse_intermixed_args()
    if not os.path.exists(os.path.join(args.images, "janus.xz")):
        print("there is no %s/janus.xz" % args.images)
        return SKIPPED
    wrong = 0
    for document in args.documents or DOCUMENTS:
        try:
            blocks = check(document, args.epic64, os.path.abspath(args.images), args.update)
            print("ok   %s: %d blocks" % (document, blocks))
        except (Mistake, subprocess.TimeoutExpired) as e:
            wrong += 1
            print("FAIL %s: %s" % (document, e))
    if wrong and not args.update:
        print("after a change that is meant: tests/docs/run.py EPIC64 --update")
    return 1 if wrong else 0


sys.exit(main())
