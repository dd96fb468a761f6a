"""Each function is given every environment variable that its settings need."""

from __future__ import annotations

import importlib
from dataclasses import MISSING, fields

import pytest

from tests.stacks.conftest import Synthesised

FUNCTIONS = (
    *("authorizer", "classify", "examples", "first_model", "gate", "prepare_training", "promote", "records"),
    *("redrive", "site"),
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_given_what_it_needs(each: Synthesised, name: str) -> None:
    needed = {
        field.name.upper()
        for field in fields(importlib.import_module(f"lambda_src.{name}.environment").Settings)
        if field.default is MISSING and field.default_factory is MISSING
    }
    [function] = [
        function["Properties"]
        for function in each.everything("AWS::Lambda::Function").values()
        if function["Properties"]["Handler"] == f"lambda_src.{name}.handler.handler"
    ]
    given = {key for key, value in function["Environment"]["Variables"].items() if value != ""}
    assert needed <= given
