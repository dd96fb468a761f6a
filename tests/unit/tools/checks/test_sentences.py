"""Tests tools/checks/sentences.py: one sentence a line, and a page that looks the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tools.checks import sentences

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("Wrapped\nover lines. `code` begins one.", ["Wrapped over lines.", "`code` begins one."]),
        ("Use `a. B` and [x. Y](z.md). It works.", ["Use `a. B` and [x. Y](z.md).", "It works."]),
        ("See [a](b.md)). [C](d.md) follows.", ["See [a](b.md)).", "[C](d.md) follows."]),
        ("Some, e.g. AWS, and St. Louis (one. Two) stay.", ["Some, e.g. AWS, and St. Louis (one. Two) stay."]),
        ("**A label.** Its text. More.", ["**A label.** Its text.", "More."]),
        ("It is 1.2.1 now. 64 texts.", ["It is 1.2.1 now.", "64 texts."]),
        ("*Emphasis.* ends one. *Next* one.", ["*Emphasis.* ends one.", "*Next* one."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences.sentences(text) == expected


def test_only_paragraphs_change() -> None:
    lists = "- One. Two.\n  - Three. Four.\n"
    page = f"# A. B\n\n{lists}\n| a. B | c |\n| --- | --- |\n\n```\nA. B\n```\n\n> A. B\n\nA.  \nB. C\n"
    expected = page.replace("- One. Two.", "- One.\n  Two.").replace("  - Three. Four.", "  - Three.\n    Four.")
    assert sentences.rewritten(page) == expected


def test_check_names_the_line_and_writing_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\nOne. Two.\n", "utf-8")
    assert sentences.main(["--check", str(page)]) == 1
    assert f"{page}:3: One. Two." in capsys.readouterr().err
    assert page.read_text("utf-8") == "# Title\n\nOne. Two.\n"
    assert sentences.main([str(page)]) == 0
    assert page.read_text("utf-8") == "# Title\n\nOne.\nTwo.\n"
    assert sentences.main(["--check", str(page)]) == 0


def test_pages_look_as_before_and_are_written_once() -> None:
    markdown = MarkdownIt("commonmark").enable("table")
    for name in ("README.md", "docs/serving.md", "docs/decisions/0024-paired-gate.md"):
        text = (ROOT / name).read_text("utf-8")
        new = sentences.rewritten(text)
        assert " ".join(markdown.render(text).split()) == " ".join(markdown.render(new).split()), name
        assert sentences.rewritten(new) == new, name
