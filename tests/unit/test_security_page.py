"""docs/security.md names existing tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`((?:local-aws/)?tests/[\w/]+\.py)::(\w+)`", PAGE)))


def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_is_there() -> None:
    assert len(NAMED) > 40
    assert [f"{file}::{name}" for file, name in NAMED if name not in functions_of(REPOSITORY / file)] == []


def test_every_claim_of_a_table_names_a_test() -> None:
    claims = re.findall(r"^\| claim \| test \|\n\| --- \| --- \|\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    rows = [row for table in claims for row in table.splitlines()]
    assert len(rows) > 25
    assert [row for row in rows if "::" not in row.split("|")[2]] == []
