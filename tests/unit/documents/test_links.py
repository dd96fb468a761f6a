"""Links between the repository's pages lead somewhere."""

from __future__ import annotations

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
