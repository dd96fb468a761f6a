"""Tests the Challenger stack: what exists without a test, and how its model is like the champion's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.ab_tests import record
from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.serving.templates import in_serving, only


def the(synthesised: Synthesised, kind: str) -> dict[str, Any]:
    """The only resource of a type in the Challenger stack."""
    return only(synthesised, "challenger", f"AWS::{kind}")[1]


def test_without_a_test_there_is_a_log_group_alone(each: Synthesised) -> None:
    template = each.template("challenger").to_json()
    parameters = {name: (one["Type"], one["Default"]) for name, one in template["Parameters"].items()}
    # Plain parameters: conditions on those that read Parameter Store are not documented.
    assert parameters == {"Artifact": ("String", "none"), "Serve": ("String", "no")}
    conditions = {one["Type"]: one.get("Condition") for one in template["Resources"].values()}
    assert conditions == {
        "AWS::Logs::LogGroup": None,
        "AWS::SageMaker::Model": "Tested",
        "AWS::SageMaker::EndpointConfig": "Serving",
        "AWS::SageMaker::Endpoint": "Serving",
    }
    is_none = {"Fn::Equals": [{"Ref": "Artifact"}, "none"]}
    assert template["Conditions"] == {
        "Tested": {"Fn::Not": [is_none]},
        "Serving": {"Fn::And": [{"Fn::Not": [is_none]}, {"Fn::Equals": [{"Ref": "Serve"}, "yes"]}]},
    }
    assert template["Outputs"]["ChallengerModelName"]["Condition"] == "Tested"


def test_its_endpoint_logs_to_the_group_that_is_there(each: Synthesised) -> None:
    endpoint, group = the(each, "SageMaker::Endpoint"), the(each, "Logs::LogGroup")
    name = endpoint["Properties"]["EndpointName"]
    assert name == f"{in_serving(each, 'AWS::SageMaker::Endpoint')['Properties']['EndpointName']}-challenger"
    assert group["Properties"]["LogGroupName"] == f"/aws/sagemaker/Endpoints/{name}"
    [logs] = each.resources("challenger", "AWS::Logs::LogGroup")
    assert endpoint["DependsOn"] == [logs]


def test_its_model_is_made_like_the_champions(each: Synthesised) -> None:
    ours, theirs = the(each, "SageMaker::Model")["Properties"], in_serving(each, "AWS::SageMaker::Model")["Properties"]
    container = {name: value for name, value in ours["PrimaryContainer"].items() if name != "ModelDataUrl"}
    assert container == {name: value for name, value in theirs["PrimaryContainer"].items() if name != "ModelDataUrl"}
    assert ours["PrimaryContainer"]["ModelDataUrl"] == {"Ref": "Artifact"}
    assert ours.get("EnableNetworkIsolation") == theirs.get("EnableNetworkIsolation")
    assert "ChallengerRole" in json.dumps(ours["ExecutionRoleArn"])


def test_its_endpoint_has_the_champions_kind_of_capacity_and_captures_nothing(prod: Synthesised) -> None:
    config = the(prod, "SageMaker::EndpointConfig")["Properties"]
    champion = in_serving(prod, "AWS::SageMaker::EndpointConfig")["Properties"]
    assert "DataCaptureConfig" in champion and "DataCaptureConfig" not in config
    assert config["KmsKeyId"] == champion["KmsKeyId"]
    [ours], [theirs] = config["ProductionVariants"], champion["ProductionVariants"]
    assert ours["VariantName"] == "challenger"
    changed = {"VariantName", "ModelName", "InitialInstanceCount"}
    assert {k: v for k, v in ours.items() if k not in changed} == {k: v for k, v in theirs.items() if k not in changed}
    assert ours["InitialInstanceCount"] == 1


@pytest.mark.parametrize("instances", [1, 3])
def test_the_settings_say_how_many_instances_it_has(synthesise: Synthesise, instances: int) -> None:
    environment = synthesise("dev", change=f"ab_tests: {{challenger_instances: {instances}}}")
    [variant] = the(environment, "SageMaker::EndpointConfig")["Properties"]["ProductionVariants"]
    assert variant["InitialInstanceCount"] == instances


def test_the_role_of_its_model_is_one_of_its_own(each: Synthesised) -> None:
    policies = each.resources("training", "AWS::IAM::Policy").items()
    [policy] = [policy for name, policy in policies if name.startswith("ChallengerRole")]
    statements = json.dumps(policy["Properties"]["PolicyDocument"]["Statement"])
    assert f"/{record.texts('*')}*" in statements and "-challenger:*" in statements
    assert '"/batch/*"' not in statements and "/capture/" not in statements
