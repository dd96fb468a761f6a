"""CloudFormation waits for a custom resource exactly as long as its function, build or machine may take.

tests/unit/lambda_src/common/test_cfn_response.py checks that each function answers any error that it can catch.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from environments.aws.first_deploy import WAIT_MINUTES
from tests.stacks.conftest import Synthesised

ROOT = Path(__file__).resolve().parents[2]
# Work that continues after its function has returned, and ends in an event that answers.
HANDED_OVER = {"Custom::FirstModel": "AWS::StepFunctions::StateMachine", "Custom::LeanImage": "AWS::CodeBuild::Project"}


def custom(environment: Synthesised) -> dict[str, dict[str, Any]]:
    found = environment.everything()
    return {where: resource for where, resource in found.items() if resource["Type"].startswith("Custom::")}


def answering(environment: Synthesised, part: str, token: dict[str, Any]) -> dict[str, Any]:
    """The function behind a service token of a stack; Serving's is the Training stack's."""
    functions = environment.resources("training" if "Fn::ImportValue" in token else part, "AWS::Lambda::Function")
    [function] = [function for name, function in functions.items() if name in json.dumps(token)]
    found: dict[str, Any] = function["Properties"]
    return found


def test_each_is_answered_before_cloudformation_gives_up(each: Synthesised) -> None:
    kinds = set()
    for where, resource in custom(each).items():
        seconds = int(resource["Properties"]["ServiceTimeout"])
        function = answering(each, where.split("/")[0], resource["Properties"]["ServiceToken"])
        assert 1 <= seconds <= 3600, where
        assert seconds >= function["Timeout"] + 60, where
        # No longer than it takes, except where a function hands over.
        assert resource["Type"] in HANDED_OVER or seconds <= function["Timeout"] + 60, where
        kinds.add(resource["Type"])
    assert kinds >= {"Custom::Cleanup", "Custom::FirstModel", "Custom::RolloutCheck", "Custom::StopRunning"}


def texts(value: Any) -> list[str]:
    """The literal parts of a joined string, in their order."""
    return [part for part in value["Fn::Join"][1] if isinstance(part, str)]


def test_the_machine_of_the_first_model_ends_before_cloudformation_gives_up_and_its_end_is_heard(
    each: Synthesised,
) -> None:
    [(name, machine)] = [
        (name, machine["Properties"])
        for name, machine in each.resources("training", "AWS::StepFunctions::StateMachine").items()
        if name.startswith("FirstModel")
    ]
    [limit] = map(int, re.findall(r"TimeoutSeconds\W+(\d+)}$", "".join(texts(machine["DefinitionString"]))))
    assert 0 < WAIT_MINUTES * 60 - limit <= 60, name
    [(rule, heard)] = [
        (rule, found["Properties"])
        for rule, found in each.resources("training", "AWS::Events::Rule").items()
        if found["Properties"].get("EventPattern", {}).get("source") == ["aws.states"]
    ]
    pattern = heard["EventPattern"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]["status"]) == {"ABORTED", "FAILED", "TIMED_OUT"}
    assert f":stateMachine:{machine['StateMachineName']}" in json.dumps(pattern["detail"]["stateMachineArn"])
    [(first, resource)] = each.resources("training", "Custom::FirstModel").items()
    [target] = heard["Targets"]
    assert target["Arn"] == resource["Properties"]["ServiceToken"]
    # The rule and its permission exist first, and are deleted after it.
    permissions = {
        permission
        for permission, found in each.resources("training", "AWS::Lambda::Permission").items()
        if found["Properties"]["SourceArn"] == {"Fn::GetAtt": [rule, "Arn"]}
    }
    assert len(permissions) == 1 and {rule} | permissions <= set(resource["DependsOn"]), first


def test_what_is_handed_over_may_take_as_long_as_cloudformation_waits(dev: Synthesised) -> None:
    """The build's own limit is tests/stacks/serving/test_lean_image_build.py's."""
    kinds = {resource["Type"] for resource in custom(dev).values()}
    assert set(HANDED_OVER) <= kinds
    parts = {resource["Type"] for resource in dev.resources("training").values()}
    assert set(HANDED_OVER.values()) <= parts


def test_whose_failures_are_kept_insists_on_answering(each: Synthesised) -> None:
    """A failed request of CloudFormation's would be kept with the URL that answers it."""
    kept = {
        function["Properties"]["Handler"]: config
        for part in ("training", "serving", "data", "api")
        for config in each.resources(part, "AWS::Lambda::EventInvokeConfig").values()
        for name, function in each.resources(part, "AWS::Lambda::Function").items()
        if name in json.dumps(config["Properties"]["FunctionName"])
    }
    assert kept
    for handler in kept:
        source = ROOT.joinpath(*handler.split(".")[:-1]).with_suffix(".py").read_text()
        assert "cfn_response.always(" not in source or "insists=True" in source, handler
