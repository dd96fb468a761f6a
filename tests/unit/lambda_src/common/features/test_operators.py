"""Our MongoDB adapter names no operator that DocumentDB 5 or 8 lacks (tests/contract/features runs it against both)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from local_aws.documentdb import supported

MONGODB = Path(__file__).resolve().parents[5] / "lambda_src/common/features/mongodb"
ALLOWED = supported.QUERY | supported.UPDATE


def operators(source: str) -> set[str]:
    """The strings of a module that begin with $, and what only a method's name shows."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("$"):
            found.add(node.value)
        if isinstance(node, ast.Attribute) and node.attr in ("aggregate", "aggregate_raw_batches", "watch"):
            found.add(node.attr)
    return found


def test_the_adapter_uses_only_what_both_versions_have() -> None:
    used = set().union(*(operators(file.read_text("utf-8")) for file in MONGODB.glob("*.py")))
    assert used >= {"$in", "$not", "$set"}
    assert used <= ALLOWED


@pytest.mark.parametrize("line", ['x.update_one({}, {"$setWindowFields": 1})', "x.aggregate(stages)", 'y = "$$NOW"'])
def test_another_would_be_seen(line: str) -> None:
    assert operators(line) - ALLOWED
