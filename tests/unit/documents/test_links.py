"""Links between the repository's pages have existing targets."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.unit.documents import markdown


def broken(page: Path) -> list[str]:
    """`page:line: target` for each relative link whose file or heading is missing."""
    found = []
    for number, target in markdown.links(page.read_text("utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / unquote(path)).resolve() if path else page
        # GitHub does not show a heading of a folder.
        ids = markdown.anchors(file.read_text("utf-8")) if file.suffix == ".md" and file.is_file() else set()
        if not file.exists() or (anchor and anchor not in ids):
            found.append(f"{page.name}:{number}: {target}")
    return found


@pytest.mark.parametrize("page", markdown.pages(), ids=markdown.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    assert broken(page) == []


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b`, c\n\n[good](#a-b-c) `[code](no.md)`\n```\n[code](no.md)\n```\n[bad](no.md) [bad](#no)\n", "utf-8"
    )
    assert broken(page) == ["page.md:7: no.md", "page.md:7: #no"]


# Names of files that are not in the repository: files that git ignores, and placeholders.
ABSENT = re.compile(r"\.override\.yaml$|NNNN")
PARTS = {path.name for path in markdown.ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")} - {"build"}


def missing(page: Path) -> list[str]:
    """`page:line: path` for each path of the repository in code that does not exist."""
    found = []
    for number, line in markdown.prose(page.read_text("utf-8")):
        for code in re.findall(r"`([\w./-]+/[\w./-]*)(?:::\w+)?`", line):
            if code.split("/")[0] in PARTS and not ABSENT.search(code) and not (markdown.ROOT / code).exists():
                found.append(f"{page.name}:{number}: {code}")
    return found


@pytest.mark.parametrize("page", markdown.pages(), ids=markdown.name)
def test_paths_that_are_named_exist(page: Path) -> None:
    assert missing(page) == []


def test_a_path_that_is_gone_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`tools/gone.py` `tools/words.py` `tests/gone.py::test` `environments/me.override.yaml`\n", "utf-8")
    assert missing(page) == ["page.md:1: tools/gone.py", "page.md:1: tests/gone.py"]


# Folders of docs with an index of their own.
INDEXED = ("decisions", "runbooks")


def test_the_index_has_every_page() -> None:
    index = markdown.ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for _, target in markdown.links(index.read_text("utf-8"))}
    wanted = {page for page in markdown.pages() if page.parent.name not in INDEXED} - {index}
    wanted |= {index.parent / folder / "README.md" for folder in INDEXED}
    assert {markdown.name(page) for page in wanted - linked} == set()


def test_the_readme_is_short() -> None:
    assert len((markdown.ROOT / "README.md").read_text("utf-8").splitlines()) <= 150
