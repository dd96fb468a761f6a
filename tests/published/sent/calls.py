"""Reads the AWS calls of our own code from its source: operations and their keyword arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.published.aws.models import methods, service

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDERS = ("lambda_src", "ops")
# boto3's own helpers for S3, and clients' methods that are not operations.
_NOT_OPERATIONS = {
    "upload_file",
    "upload_fileobj",
    "download_file",
    "download_fileobj",
    "copy",
    "can_paginate",
    "close",
}


@dataclass(frozen=True)
class Call:
    """One call. services: those that the module's package makes clients of and that have this operation."""

    where: str
    method: str
    services: tuple[str, ...]
    arguments: frozenset[str]
    whole: bool  # no `**` among the arguments

    def problems(self) -> list[str]:
        """Arguments that the operation does not take, or that it needs and does not get, in every such service."""
        found = [self._problems(name) for name in self.services]
        return [] if any(not each for each in found) else found[0]

    def _problems(self, name: str) -> list[str]:
        operation = methods(name)[self.method]
        shape = service(name).operation_model(operation).input_shape
        members = set(shape.members) if shape else set()
        required = set(shape.required_members) if shape else set()
        found = [f"{self.where}: {operation} does not take {each}" for each in sorted(self.arguments - members)]
        if self.whole:
            found += [f"{self.where}: {operation} needs {each}" for each in sorted(required - self.arguments)]
        return found


def calls() -> Iterator[Call]:
    """Every call of an operation in lambda_src and ops."""
    files = [path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.py"))]
    trees = {path: ast.parse(path.read_text("utf-8")) for path in files}
    known = sorted({name for tree in trees.values() for name in _clients(tree)})
    for path, tree in trees.items():
        yield from of_tree(tree, where=path.relative_to(REPOSITORY).as_posix(), services=known)


def of_tree(tree: ast.AST, *, where: str, services: list[str]) -> Iterator[Call]:
    """The calls in one module. services: those whose operations are looked for."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        method = _operation(node)
        having = tuple(name for name in services if method in methods(name))
        if having and method not in _NOT_OPERATIONS and not node.args:
            passed = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            if method != node.func.attr:
                passed -= {"PaginationConfig"}
            whole = all(keyword.arg for keyword in node.keywords)
            yield Call(f"{where}:{node.lineno}", method, having, passed, whole)


def _operation(call: ast.Call) -> str:
    """The method that is called: of a client, or the one that `get_paginator("...").paginate(...)` names."""
    assert isinstance(call.func, ast.Attribute)
    of = call.func.value
    if call.func.attr == "paginate" and isinstance(of, ast.Call) and of.args and isinstance(of.args[0], ast.Constant):
        return str(of.args[0].value)
    return call.func.attr


def _clients(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("client", "of"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
