"""All decisions have the same form, and docs/decisions/README.md lists them correctly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.documents.markdown import ROOT, prose

FOLDER = ROOT / "docs" / "decisions"
FILES = {int(path.name[:4]): path for path in sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]-*.md"))}
HEADINGS = ["Context", "Decision", "Reasons", "Consequences", "Alternatives", "Not verified"]
# A status's word about a later decision, by that decision's word about it.
BACK = {
    "changes": "changed by",
    "completes": "completed by",
    "corrects": "corrected by",
    "extends": "extended by",
    "supersedes": "superseded by",
}
LINK = re.compile(r"\[(\d+)\]\(([\w-]+\.md)\)")


def title(path: Path) -> str:
    return path.read_text("utf-8").splitlines()[0]


def status(path: Path) -> str:
    [found] = re.findall(r"^\*\*Status:\*\* (.+)$", path.read_text("utf-8"), flags=re.M)
    return str(found)


def relations(number: int) -> set[tuple[str, int]]:
    """The other decisions in a decision's status: {("changes", 31)}."""
    found = set()
    for part in status(FILES[number]).split("; "):
        if part == "accepted":
            continue
        words = LINK.sub("", part).strip(" ,")
        assert words in {*BACK, *BACK.values()}, f"{number}: {part}"
        for other, file in LINK.findall(part):
            assert FILES[int(other)].name == file
            found.add((words, int(other)))
    return found


@pytest.mark.parametrize("number", FILES)
def test_a_decision_has_the_template_s_form(number: int) -> None:
    text = FILES[number].read_text("utf-8")
    assert title(FILES[number]).startswith(f"# {number}. ")
    assert text.splitlines()[2].startswith("**Status:** ")
    headings = [line.removeprefix("## ") for _, line in prose(text) if line.startswith("## ")]
    assert headings == [name for name in HEADINGS if name in headings], "as in docs/decisions/template.md"
    assert "Decision" in headings
    assert {"Context", "Reasons"} & {*headings}


def test_the_template_has_every_heading() -> None:
    lines = (FOLDER / "template.md").read_text("utf-8").splitlines()
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS


def test_a_status_is_known_and_the_other_decision_says_it_too() -> None:
    stated = {(number, words, other) for number in FILES for words, other in relations(number)}
    forward = {(number, words, other) for number, words, other in stated if words in BACK}
    backward = {(number, words, other) for number, words, other in stated if words not in BACK}
    assert {(other, BACK[words], number) for number, words, other in forward} == backward
    assert all(number > other for number, _, other in forward)
    accepted = {number for number in FILES if status(FILES[number]).startswith("accepted")}
    assert {number for number, words, _ in backward if words == "superseded by"} == {*FILES} - accepted


def test_the_index_lists_each_decision_with_its_title_and_status() -> None:
    index = (FOLDER / "README.md").read_text("utf-8")
    rows = [line for line in index.splitlines() if line.startswith("| [")]
    wanted = [
        f"| [{number}]({path.name}) | {title(path).partition('. ')[2]} | {status(path)} |"
        for number, path in FILES.items()
    ]
    assert rows == wanted, "docs/decisions/README.md: one row for each decision, with its title and status"


def test_the_index_names_the_gaps() -> None:
    index = (FOLDER / "README.md").read_text("utf-8")
    [sentence] = re.findall(r"no decision was ever committed as (.+)\.$", index, flags=re.M)
    named: set[int] = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", sentence):
        named |= {*range(int(first), int(last or first) + 1)}
    assert named == {*range(1, max(FILES) + 1)} - {*FILES}
