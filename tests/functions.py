"""The Lambda functions by name, each with its place in lambda_src."""

from __future__ import annotations

from pathlib import Path

from tools.bundling.targets import functions

FOLDERS = functions(Path(__file__).resolve().parents[1])
FUNCTIONS = tuple(FOLDERS)


def package(name: str) -> str:
    """The function's package, such as `lambda_src.pipeline.gate`."""
    return ".".join(FOLDERS[name].parts)


def handler(name: str) -> str:
    """The `Handler` that a template names."""
    return f"{package(name)}.handler.handler"


def name_of(handler: str) -> str:
    """The function that a template's `Handler` is of."""
    return handler.split(".")[-3]
