"""Tests functions: runtime, log group, and the variables that their settings require."""

from __future__ import annotations

import importlib
import re
from dataclasses import MISSING, fields

import pytest

from tests.functions import handler, package
from tests.stacks.conftest import Synthesised


def test_every_function_has_a_log_group_of_its_own_that_ends(each: Synthesised) -> None:
    functions = each.everything("AWS::Lambda::Function")
    some = (each.resources("data", "Custom::Cleanup"), each.everything("AWS::CodeBuild::Project"))
    assert len(functions) == 17 + sum(len(one) for one in some)
    groups = each.everything("AWS::Logs::LogGroup")
    used = [
        f"{name.split('/')[0]}/{function['Properties']['LoggingConfig']['LogGroup']['Ref']}"
        for name, function in functions.items()
    ]
    assert len(set(used)) == len(functions)
    assert set(groups) >= set(used)
    for name, group in groups.items():
        assert group["Properties"]["RetentionInDays"] == 30, name
        assert group["DeletionPolicy"] == "Delete", name


def test_functions_are_python_on_arm_with_the_handlers_of_the_build(each: Synthesised) -> None:
    for name, function in each.everything("AWS::Lambda::Function").items():
        properties = function["Properties"]
        assert properties["Architectures"] == ["arm64"], name
        assert properties["Runtime"] == "python3.13", name
        assert properties["Handler"].startswith("lambda_src."), name
        assert properties["Handler"].endswith(".handler.handler"), name
        assert properties["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == "Rubric", name


FUNCTIONS = (
    *("authorizer", "classify", "examples", "first_model", "gate", "prepare_training", "promote", "request_log_api"),
    *("redrive", "labelling", "meta"),
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_given_what_it_needs(each: Synthesised, name: str) -> None:
    environment = importlib.import_module(f"{package(name)}.environment")
    [settings] = [value for key, value in vars(environment).items() if re.fullmatch(r"[A-Z]\w+Settings", key)]
    needed = {
        field.name.upper()
        for field in fields(settings)
        if field.default is MISSING and field.default_factory is MISSING
    }
    [function] = [
        function["Properties"]
        for function in each.everything("AWS::Lambda::Function").values()
        if function["Properties"]["Handler"] == handler(name)
    ]
    present = {key for key, value in function["Environment"]["Variables"].items() if value != ""}
    assert needed <= present
