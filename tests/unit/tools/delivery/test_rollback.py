"""Tests with which parameters a stack goes back to its earlier template."""

from __future__ import annotations

import json

from tools.delivery.before import Before
from tools.delivery.deployed import StackState
from tools.delivery.rollback import parameters

MODEL = {
    "ParameterKey": "ApprovedModel",
    "ParameterValue": "/rubric/dev/approved-model",
    "ResolvedValue": "s3://artifacts/models/rubric-dev-1/output/model.tar.gz",
}


def state(*declared: str, has: list[dict[str, str]], outputs: dict[str, str] | None = None) -> StackState:
    template = json.dumps({"Parameters": {name: {"Type": "String"} for name in declared}})
    return StackState("S", "UPDATE_COMPLETE", template, parameters=has, outputs=outputs or {})


def given(before: StackState, now: StackState) -> dict[str, object]:
    return {each.pop("ParameterKey"): each for each in parameters(before, now)}


def test_the_approved_model_is_the_one_that_the_stack_has_now() -> None:
    before, now = state("ApprovedModel", has=[MODEL]), state("ApprovedModel", "New", has=[MODEL])
    assert given(before, now) == {"ApprovedModel": {"UsePreviousValue": True}}


def test_a_parameter_that_the_change_removed_gets_its_value_of_before() -> None:
    old = {"ParameterKey": "Old", "ParameterValue": "old"}
    assert given(state("Old", has=[old]), state(has=[])) == {"Old": {"ParameterValue": "old"}}


def test_no_alarm_takes_the_way_back_back() -> None:
    guard = {"ParameterKey": "UnguardedRollout", "ParameterValue": "none"}
    before = state("UnguardedRollout", has=[guard], outputs={"RolloutId": "abc"})
    assert given(before, state("UnguardedRollout", has=[guard])) == {"UnguardedRollout": {"ParameterValue": "abc"}}


def test_the_model_of_before_is_read_from_the_stack_that_serves_it() -> None:
    assert Before("run", [state(has=[]), state("ApprovedModel", has=[MODEL])]).model == "rubric-dev-1"
    assert Before("run", [state(has=[])]).model == ""
