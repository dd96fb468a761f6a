"""The parts stand apart: stacks, model_code, lambda_src, ops and local_aws never import one another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = ("stacks", "model_code", "lambda_src", "ops", "local_aws")


def imported(source: str, *, package: str) -> Iterator[str]:
    """Full names of the modules that a file imports, wherever in it. package: the file's own, for relative ones."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield ".".join([*base, node.module] if node.module else base)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            first = node.args[0] if node.args else None
            if name in ("import_module", "__import__") and isinstance(first, ast.Constant):
                yield str(first.value)


def forbidden(folder: Path, *, names: set[str]) -> list[str]:
    """`file: module` for each import of one of the top-level names."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        package = ".".join(path.relative_to(folder.parent).parent.parts)
        for module in imported(path.read_text(encoding="utf-8"), package=package):
            if module.split(".")[0] in names:
                found.append(f"{path.relative_to(folder.parent)}: {module}")
    return found


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_no_other(part: str) -> None:
    assert (REPOSITORY / part).is_dir()
    assert forbidden(REPOSITORY / part, names={*PARTS} - {part}) == []


def test_settings_import_neither_the_cdk_nor_a_part() -> None:
    assert forbidden(REPOSITORY / "environments", names={*PARTS, "aws_cdk", "constructs", "jsii"}) == []


@pytest.mark.parametrize("part", ["model_code", "lambda_src"])
def test_what_runs_in_aws_does_not_import_settings_or_the_cdk(part: str) -> None:
    assert forbidden(REPOSITORY / part, names={"environments", "aws_cdk", "tools"}) == []


def test_state_machines_are_made_without_the_cdk() -> None:
    assert forbidden(REPOSITORY / "stacks" / "machines", names={"aws_cdk", "constructs"}) == []


@pytest.mark.parametrize(
    "source",
    [
        "import ops",
        "import ops.main as main",
        "from ops.commands import keys",
        "def f():\n    from ops import main",
        "import importlib\nimportlib.import_module('ops.main')",
        "from ...ops import main",
    ],
)
def test_the_check_sees_every_way_to_import(tmp_path: Path, source: str) -> None:
    path = tmp_path / "stacks" / "inner" / "module.py"
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    assert forbidden(tmp_path / "stacks", names={"ops"}) != []
