"""A test that fails must not leave a thread that Python waits for at its end."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("folder", ["tests", "local-aws/tests"])
def test_threads_of_tests_are_daemons(folder: str) -> None:
    waited_for = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Thread", "threading.Thread"):
                options = {word.arg: ast.unparse(word.value) for word in node.keywords}
                if options.get("daemon") != "True":
                    waited_for.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert waited_for == []
