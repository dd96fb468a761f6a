"""No ARN in the code has a fixed partition: China's is aws-cn, GovCloud's aws-us-gov."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("environments", "stacks", "lambda_src", "model_code", "ops")


def texts(path: Path) -> Iterator[str]:
    """The string constants of a module that are not documentation."""
    tree = ast.parse(path.read_text("utf-8"))
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


@pytest.mark.parametrize("folder", FOLDERS)
def test_arns_are_of_the_regions_partition(folder: str) -> None:
    paths = [path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
    assert paths
    assert [(path.name, text) for path in paths for text in texts(path) if "arn:aws:" in text] == []
