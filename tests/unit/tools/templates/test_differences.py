"""Tests which differences between two checkouts' templates count."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tools.templates.differences import compare

DIGEST = "0" * 32


FUNCTION: dict[str, Any] = {
    "Description": "What it does.",
    "Resources": {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Handler": "a.handler", "Code": {"S3Key": f"{'a' * 64}.zip"}, "MemorySize": 256},
            "Metadata": {"aws:cdk:path": "Api/Function/Resource"},
        },
        f"FunctionCurrentVersion00C0FFEE{DIGEST}": {"Type": "AWS::Lambda::Version", "Properties": {}},
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"DefinitionString": '{"Comment":"Trains.","StartAt":"Train"}'},
        },
    },
}


def changed(*keys: str, to: Any) -> dict[str, Any]:
    """FUNCTION with one value replaced."""
    template = copy.deepcopy(FUNCTION)
    at = template
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = to
    return template


@pytest.mark.parametrize(
    ("keys", "to"),
    [
        (("Resources", "Function", "Properties", "MemorySize"), 512),
        (("Resources", "Function", "Properties", "MemorySize"), "256"),
        (("Resources", "Machine", "Type"), "AWS::SNS::Topic"),
        (("Resources", "Machine", "Properties", "DefinitionString"), '{"Comment":"Trains.","StartAt":"Fit"}'),
        (("Resources", "Machine", "Properties", "Handler"), "of no function"),
        (("Resources", "New"), {"Type": "AWS::SNS::Topic"}),
    ],
)
def test_what_cloudformation_acts_on_must_be_equal(keys: tuple[str, ...], to: Any) -> None:
    result = compare(FUNCTION, changed(*keys, to=to)).found
    assert len(result) == 1
    assert result[0].startswith(".".join(keys))


def test_logical_ids_must_be_equal() -> None:
    moved = copy.deepcopy(FUNCTION)
    moved["Resources"]["Other"] = moved["Resources"].pop("Function")
    assert len(compare(FUNCTION, moved).found) == 2


def test_hashes_paths_and_handlers_may_differ() -> None:
    other = changed("Resources", "Function", "Properties", "Handler", to="b.handler")
    other["Resources"]["Function"]["Properties"]["Code"]["S3Key"] = f"{'b' * 64}.zip"
    other["Resources"]["Function"]["Metadata"]["aws:cdk:path"] = "Api/Inner/Function/Resource"
    del other["Resources"][f"FunctionCurrentVersion00C0FFEE{DIGEST}"]
    other["Resources"][f"FunctionCurrentVersion00C0FFEE{'1' * 32}"] = {"Type": "AWS::Lambda::Version", "Properties": {}}
    result = compare(FUNCTION, other)
    assert (result.found, result.texts) == ([], [])


def test_a_permissions_resources_may_be_in_the_order_of_their_assets_hashes() -> None:
    a, b = "a" * 64, "b" * 64
    first, second, third = (
        {"Statement": {"Resource": resources}}
        for resources in ([f"{a}.zip", f"{b}.gz"], [f"{a}.gz", f"{b}.zip"], [f"{a}.gz", "other.zip"])
    )
    assert compare(first, second).found == []
    assert len(compare(first, third).found) == 1


def test_text_for_people_is_listed_apart() -> None:
    described = compare(FUNCTION, changed("Description", to="What it is for."))
    assert (described.found, len(described.texts)) == ([], 1)
    machine = '{"Comment":"Fits a model.","StartAt":"Train"}'
    commented = compare(FUNCTION, changed("Resources", "Machine", "Properties", "DefinitionString", to=machine))
    assert (commented.found, len(commented.texts)) == ([], 1)
