"""The repository's Markdown pages: their prose, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
# [text](target) and [text](<target>); images too.
LINK = re.compile(r"\]\((?:<([^>\n]+)>|([^)\s]+))\)")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")


def pages() -> list[Path]:
    """Every page that is part of the documentation."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("local-aws/*.md")]
    return sorted(found)


def name(page: Path) -> str:
    """The page's path below the repository's root."""
    return page.relative_to(ROOT).as_posix()


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Each line outside fenced code, with its number."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(mark[1][0]):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield number, line


def anchors(text: str) -> set[str]:
    """GitHub's ids of a page's headings: lower case, no punctuation, hyphens for spaces, a number for repeats."""
    found: dict[str, int] = {}
    ids = set()
    for _, line in prose(text):
        if heading := re.match(r"#{1,6} +(.+?)(?: +#+)?$", line):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            ids.add(f"{slug}-{found[slug]}" if slug in found else slug)
            found[slug] = found.get(slug, 0) + 1
    return ids


def links(text: str) -> Iterator[tuple[int, str]]:
    """Each link's target with its line; code is skipped."""
    for number, line in prose(text):
        for link in LINK.finditer(CODE.sub("", line)):
            yield number, link[1] or link[2]
