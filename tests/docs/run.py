#!/usr/bin/env python3
"""Holds the documents to the code: what they quote is printed again and compared.

    run.py EPIC64 [--update] [--images DIR] [DOCUMENT...]
    run.py --list

In a document stand comments, which no reader of the rendered page sees:

    <!-- run: COMMAND -->      is run, and must succeed; it may leave files for later commands
    <!-- run below -->         so is the fenced block below it, as the reader sees it; what it prints
                               is afterwards in the file `printed`
    <!-- from: COMMAND -->     prints what the fenced block below it quotes, to the last blank
    <!-- session: FILTER -->   the block below it is a terminal: its lines behind `$ ` are typed, into one
                               shell, and the rest is what comes; a filter may leave out something
    43<!-- is: COMMAND -->     prints the number or word before it

The commands of a document run in the order of the page, in one folder of their own, by /bin/sh.
There they find the files of the source tree, the emulator as build/epic64 and on the PATH, and the
images of janus, as they are checked in, unpacked: janus, janus-nopv and so on.  --images takes them from
another folder.
janus is never compiled; ia64-linux-gnu-gcc is on the PATH where there is one.  A command that prints
nothing is a mistake.

A command with the status 77 needs something that is not here; its last line on standard error says
what.  Then its block or number stands unheld, and behind a `run` the rest of the page does.

--update writes blocks and numbers anew, after the image or the code has changed; read the difference,
for the words around them are not updated.  The status is 77 if there is no image, or if nothing of the
documents could be held.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import difflib
import lzma
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "linux"))
sys.dont_write_bytecode = True
import kit  # noqa: E402

DOCUMENTS = ["README.md", "docs/janus.md", "docs/paravirt.md", "docs/paravirtual-linux.md", "docs/privops-linux.md",
             "docs/privops.md", "docs/pvcheck.md", "docs/tour.md", "docs/tour-bundles.md", "docs/tracing.md",
             "docs/variants.md"]
FENCED = r"\n?```\w*\n(?P<block>.*?)^```$"
MARK = re.compile(r"(?P<word>[\w.,]*\w)<!-- (?P<is>is): (?P<number>.*?) -->"
                  r"|<!-- (?P<kind>run|from|session)(?:: (?P<command>.*?)| below|) -->\n(?:" + FENCED + ")?", re.S | re.M)
OPENING = re.compile(r"<!-- (?:run|from|session|is)\b")
TYPED = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.M)
SKIPPED = 77
TIMEOUT = 120


class Mistake(Exception):
    pass


class Absent(Exception):
    """What a command needs is not here; why."""


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
    link_all(ROOT, folder, ["guest", "build"] + builds)
    kernel = os.path.join(folder, "guest", "kernel")
    os.makedirs(kernel)
    link_all(os.path.join(ROOT, "guest"), os.path.dirname(kernel), ["kernel"])
    link_all(os.path.join(ROOT, "guest", "kernel"), kernel, ["images"])
    os.symlink(images, os.path.join(kernel, "images"))
    unpack(images, folder)
    build = os.path.join(folder, "build")
    os.mkdir(build)
    os.symlink(os.path.abspath(epic64), os.path.join(build, "epic64"))
    path = [build, os.environ["PATH"]] + [os.path.dirname(p) for p in [kit.compiler()] if p]
    return dict(os.environ, PATH=os.pathsep.join(path), LC_ALL="C", EPIC64="epic64", EPIC64_CROSS="no-compiler-")


def perform(command, folder, environment):
    done = subprocess.run(["/bin/sh", "-ec", command], cwd=folder, env=environment, timeout=TIMEOUT,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode == SKIPPED:
        raise Absent((done.stderr.splitlines() or [command])[-1])
    if done.returncode:
        raise Mistake("status %d from: %s\n%s" % (done.returncode, command, done.stderr[-2000:]))
    return done.stdout


def put(mark, group, new):
    """The mark with another text in this group."""
    first, end = (place - mark.start() for place in mark.span(group))
    return mark.group()[:first] + new + mark.group()[end:]


def session(block, how):
    """A command that does what stands in this terminal."""
    typed = ["printf '%%s\\n' %s\n(exit $status)\n%s\nstatus=$?" % (shlex.quote("$ " + line), line)
             for line in TYPED.findall(block)]
    return "{ set +e; status=0\n%s\n} 2>&1 | sed 's/[[:space:]]*$//' | %s" % ("\n".join(typed), how or "cat")


def printed_for(mark, command, folder, environment):
    printed = perform(command, folder, environment).strip("\n")
    if not printed.strip():
        raise Mistake("this prints nothing: %s" % command)
    if mark["is"] and not re.fullmatch(r"[\w.,]*\w", printed):
        raise Mistake("this prints no number or word, but %r: %s" % (printed, command))
    return printed


def renewed(mark, folder, environment):
    """The mark with its block or number as they should be."""
    if mark["is"]:
        return put(mark, "word", printed_for(mark, mark["number"], folder, environment))
    command, block = mark["command"], mark["block"]
    if (mark["kind"] == "run" and command is not None) != (block is None):
        raise Mistake("%s a block: %s" % ("without" if block is None else "not expected:", mark.group()))
    if mark["kind"] == "from":
        return put(mark, "block", printed_for(mark, command, folder, environment) + "\n")
    if mark["kind"] == "session":
        return put(mark, "block", printed_for(mark, session(block, command), folder, environment) + "\n")
    printed = perform(command or block, folder, environment)
    if block is not None:
        with open(os.path.join(folder, "printed"), "w", encoding="utf-8") as f:
            f.write(printed)
    return mark.group()


class Page:
    """What came of a document: its text as it should be, how much of it is held, why not all is."""

    def __init__(self, text, folder, environment):
        self.text, self.held, self.reasons, end, rest = "", 0, [], 0, False
        for mark in MARK.finditer(text):
            new = mark.group()
            try:
                new = new if rest else renewed(mark, folder, environment)
                self.held += not rest and mark["kind"] != "run"
            except Absent as why:
                self.reasons.append(str(why))
                rest = mark["kind"] == "run"
            self.text += text[end:mark.start()] + new
            end = mark.end()
        self.text += text[end:]


def check(document, epic64, images, update):
    """The page, if it is right."""
    with open(os.path.join(ROOT, document), encoding="utf-8") as f:
        text = f.read()
    if len(MARK.findall(text)) != len(OPENING.findall(text)):
        raise Mistake("a comment in it is not what this script understands")
    with tempfile.TemporaryDirectory() as folder:
        page = Page(text, folder, make_workshop(folder, epic64, images))
    if page.text != text and update:
        with open(os.path.join(ROOT, document), "w", encoding="utf-8") as f:
            f.write(page.text)
    elif page.text != text:
        difference = difflib.unified_diff(text.split("\n"), page.text.split("\n"), document, "what is printed now",
                                          lineterm="")
        raise Mistake("\n".join(list(difference)[:60]))
    return page


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("epic64", nargs="?")
    parser.add_argument("documents", nargs="*")
    parser.add_argument("--list", action="store_true", help="names of the documents")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--images", default=os.path.join(ROOT, "guest/kernel/images"))
    args = parser.parse_intermixed_args()
    if not (args.epic64 or args.list):
        parser.error("EPIC64 is missing")
    return args


def check_all(args):
    wrong = held = 0
    for document in args.documents or DOCUMENTS:
        try:
            page = check(document, args.epic64, os.path.abspath(args.images), args.update)
            held += page.held
            print("ok   %s: %d quotations" % (document, page.held))
            for why in page.reasons:
                print("     some are not held: %s" % why)
        except (Mistake, subprocess.TimeoutExpired) as e:
            wrong += 1
            print("FAIL %s: %s" % (document, e))
    if wrong and not args.update:
        print("after a change that is meant: tests/docs/run.py EPIC64 --update")
    return 1 if wrong else 0 if held else SKIPPED


def main():
    args = parse_arguments()
    if args.list:
        print("\n".join(DOCUMENTS))
        return 0
    if not os.path.exists(os.path.join(args.images, "janus.xz")):
        print("there is no %s/janus.xz" % args.images)
        return SKIPPED
    return check_all(args)


sys.exit(main())
