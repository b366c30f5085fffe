#!/usr/bin/env python3
"""What the documents name exists: files, links between pages, and a reason for every package.

    test_names.py ROOT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import glob
import os
import re
import sys
import unittest

ROOT = sys.argv.pop() if len(sys.argv) > 1 else "."
PAGES = ["README.md"] + sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(ROOT, "docs/*.md")))
# Folders of the house: `cpu/run.c` is a claim, `build/demo.svg` or `a/b` is none.
ROOMS = ("base", "bench", "bios", "cpu", "devices", "docs", "guest", "hypercall", "machine", "mmu", "monitor", "tests", "tools", ".ci")

MADE = {"docs/epic64.1"}  # by the build


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def paths_in(text):
    """Words in backquotes that look like files of the tree, with shell patterns."""
    for word in re.findall(r"`([^`\s]+)`", text):
        if re.fullmatch(r"[\w.*{},/-]+", word) and word.split("/")[0] in ROOMS and "/" in word:
            yield word


class Names(unittest.TestCase):
    def test_every_file_that_a_page_names_exists(self):
        named = 0
        for page in PAGES:
            for path in set(paths_in(read(page))) - MADE:
                named += 1
                self.assertTrue(glob.glob(os.path.join(ROOT, path)), "%s names %s" % (page, path))
        self.assertGreater(named, 50)

    def test_every_link_leads_to_a_page(self):
        links = 0
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(page)):
                if "://" in target:
                    continue
                links += 1
                where = os.path.join(ROOT, os.path.dirname(page), target)
                self.assertTrue(os.path.exists(where), "%s links to %s" % (page, target))
        self.assertGreater(links, 10)

    def test_every_package_has_a_reason_in_the_readme(self):
        readme = read("README.md")
        rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", readme, re.M)
        reasons = " ".join(packages for packages, reason in rows if reason.strip())
        for line in re.findall(r'^\w+="(.*)"$', read(".ci/packages"), re.M):
            for package in line.split():
                self.assertRegex(reasons, r"(?<![\w-])%s(?![\w-])" % re.escape(package))

    def test_every_page_is_reachable_from_the_readme(self):
        seen, todo = set(), ["README.md"]
        while todo:
            page = todo.pop()
            if page in seen or not page.endswith(".md"):
                continue
            seen.add(page)
            for target in re.findall(r"\]\(([^)#\s]+\.md)", read(page)):
                todo.append(os.path.normpath(os.path.join(os.path.dirname(page), target)))
        self.assertEqual(sorted(set(PAGES) - seen), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
