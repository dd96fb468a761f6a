"""Puts each sentence of Markdown pages on a line of its own: `python -m tools.checks.sentences [--check] [FILE ...]`.

A change to a sentence is then a change to one line. Headings, tables, code, quotations and HTML stay as they are, and
so does what a page looks like: Markdown takes the end of a line in a paragraph for a space.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from markdown_it import MarkdownIt  # comes with rich

ROOT = Path(__file__).resolve().parents[2]
CONTAINERS = ("bullet_list", "ordered_list", "list_item")
MARKERS = re.compile(r"^(?:\s*(?:[-*+]|\d+[.)])(?=\s))*\s*")
# Code and the targets of links, in which a full stop ends nothing.
OPAQUE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\]\([^)]*\)")
# A sentence's end with its closing marks, before something that can begin the next one.
END = re.compile(r"[.?!][\"”’)*_\]]*\s+(?=[A-Z0-9`\"“*_(\[$£€/<-])")
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|cf|vs|etc|approx|no|Dr|Mr|Ms|St|[A-Z]))\.$")
LABEL = re.compile(r"\*{1,2}[^*]{1,120}[.:?!]\*{1,2}")


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph. Text in brackets stays together, and so does a bold label with its text."""
    text = " ".join(text.split())
    masked = OPAQUE.sub(lambda match: match[0][0] + "x" * (len(match[0]) - 1), text)
    parts, start = [], 0
    for end in END.finditer(masked):
        before = masked[start : end.end()].rstrip()
        is_open = before.count("(") > before.count(")") or before.count("[") > before.count("]")
        if is_open or ABBREVIATION.search(before) or LABEL.fullmatch(before):
            continue
        parts.append(text[start : end.end()].rstrip())
        start = end.end()
    return [*parts, text[start:]]


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """First and last line (exclusive) of each paragraph, in lists as well; quotations are left out."""
    inside: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.nesting == 1:
            if token.type == "paragraph_open" and token.map and all(name in CONTAINERS for name in inside):
                yield token.map[0], token.map[1]
            inside.append(token.type.removesuffix("_open"))
        elif token.nesting == -1:
            inside.pop()


def rewritten(text: str) -> str:
    """The page with one sentence a line."""
    lines = text.split("\n")
    for first, last in reversed(list(_paragraphs(text))):
        block = lines[first:last]
        if any(re.search(r"(?: {2}|\\)$", line) or line.lstrip().startswith("[^") for line in block[:-1]):
            continue  # a line break that is meant
        marker = MARKERS.match(block[0])
        prefix = marker[0] if marker else ""
        words = " ".join([block[0][len(prefix) :], *(line.strip() for line in block[1:])])
        new = sentences(words)
        lines[first:last] = [prefix + new[0], *(" " * len(prefix) + sentence for sentence in new[1:])]
    return "\n".join(lines)


def pages(root: Path) -> list[Path]:
    """The repository's pages."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def main(argv: list[str] | None = None, *, root: Path = ROOT) -> int:
    """The command; returns 1 when --check finds a page that it would write otherwise."""
    parser = argparse.ArgumentParser(
        prog="sentences", description="Put each sentence of Markdown pages on its own line."
    )
    parser.add_argument(
        "--check", action="store_true", help="only say which lines hold several sentences, or part of one"
    )
    parser.add_argument("files", nargs="*", type=Path, help="default: the pages at the root and in docs/")
    options = parser.parse_args(argv)
    wrong = list(_differences(options.files or pages(root), write=not options.check))
    if options.check and wrong:
        print(*wrong, "One sentence a line: `make format` does it.", sep="\n", file=sys.stderr)
        return 1
    return 0


def _differences(files: Iterable[Path], *, write: bool) -> Iterator[str]:
    for file in files:
        before = file.read_text(encoding="utf-8")
        after = rewritten(before)
        if after == before:
            continue
        if write:
            file.write_text(after, encoding="utf-8")
        old, new = before.split("\n"), after.split("\n")
        number = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        yield f"{file}:{number + 1}: {old[number].strip()[:80]}"


if __name__ == "__main__":
    sys.exit(main())
