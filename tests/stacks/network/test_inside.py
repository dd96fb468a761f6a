"""Functions, jobs and models run in the VPC, and their roles let the services make network interfaces there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.shared.vpc import LAMBDA_CHANGES, LAMBDA_DESCRIBES
from tests.stacks import called
from tests.stacks.conftest import Synthesised
from tests.stacks.monitoring.test_failures_are_watched import unwatched
from tests.stacks.test_called_actions import allowed

PARTS = ("data", "training", "serving", "challenger", "api", "monitoring")


@pytest.fixture(params=["private", "existing", "own_endpoints"])
def inside(request: pytest.FixtureRequest) -> Synthesised:
    """Each kind of network."""
    found: Synthesised = request.getfixturevalue(request.param)
    return found


def in_parts(environment: Synthesised, kind: str) -> dict[str, dict[str, Any]]:
    return {f"{part}/{name}": each for part in PARTS for name, each in environment.resources(part, kind).items()}


def test_every_function_runs_inside(inside: Synthesised) -> None:
    functions = in_parts(inside, "AWS::Lambda::Function")
    assert len(functions) > 15
    for where, function in functions.items():
        config = function["Properties"]["VpcConfig"]
        assert len(config["SubnetIds"]) == 2 and len(config["SecurityGroupIds"]) == 1, where


def test_models_run_inside_and_without_a_network_of_their_own(inside: Synthesised) -> None:
    models = in_parts(inside, "AWS::SageMaker::Model")
    assert len(models) == 2
    for where, model in models.items():
        assert len(model["Properties"]["VpcConfig"]["Subnets"]) == 2, where
        assert model["Properties"]["EnableNetworkIsolation"] is True, where


def test_training_jobs_run_inside(inside: Synthesised) -> None:
    machines = inside.resources("training", "AWS::StepFunctions::StateMachine").values()
    assert (
        len([each for each in machines if '\\"VpcConfig\\":' in json.dumps(each["Properties"]["DefinitionString"])])
        == 1
    )


def test_a_role_outlives_its_function(private: Synthesised) -> None:
    """Lambda deletes the network interfaces by the role's permissions (Lambda developer guide)."""
    for part in PARTS:
        policies = private.resources(part, "AWS::IAM::Policy")
        for where, function in private.resources(part, "AWS::Lambda::Function").items():
            role = function["Properties"]["Role"]["Fn::GetAtt"][0]
            [policy] = [each for each, found in policies.items() if {"Ref": role} in found["Properties"]["Roles"]]
            assert {role, policy} <= set(function["DependsOn"]), where


def test_the_code_of_a_function_may_not_touch_network_interfaces(private: Synthesised) -> None:
    for where, policy in in_parts(private, "AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if "ec2:AssignPrivateIpAddresses" in statement["Action"]:
                assert statement["Condition"] == {"Null": {"lambda:SourceFunctionArn": "true"}}, where


def test_functions_may_run_in_a_subnet_that_another_account_shares(existing: Synthesised) -> None:
    """Its ARN has that account, as SageMaker's roles know too."""
    found = [
        json.dumps(statement["Resource"])
        for policy in in_parts(existing, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "ec2:AssignPrivateIpAddresses" in statement["Action"]
    ]
    assert len(found) > 15
    for resource in found:
        assert ":*:*/*" in resource, resource


def test_sagemaker_makes_interfaces_in_these_subnets_alone(private: Synthesised) -> None:
    found = [
        statement
        for policy in in_parts(private, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "ec2:CreateNetworkInterface"
    ]
    assert len(found) == 3  # a training job's, the model's and the challenger's
    for statement in found:
        assert len(statement["Resource"]) == 3
        assert "PrivateSubnet" in json.dumps(statement["Resource"]) and "PrivateContainers" in json.dumps(statement)


def test_what_is_in_the_network_goes_before_it(private: Synthesised) -> None:
    """CloudFormation waits for Lambda's network interfaces as it deletes functions, and deletes the network last."""
    assert private.stacks.network is not None
    assert private.stacks.network in private.stacks.data.dependencies
    for stack in (private.stacks.training, private.stacks.api):
        assert stack is not None and private.stacks.data in stack.dependencies


def test_a_function_may_do_what_its_code_calls_and_lambda_its_network_interfaces(private: Synthesised) -> None:
    interfaces = {*LAMBDA_DESCRIBES, *LAMBDA_CHANGES}
    may = allowed(private)
    assert may["private_network"] == called.actions("private_network")
    assert may["authorizer"] - interfaces == called.actions("authorizer") and interfaces < may["authorizer"]


def test_nothing_fails_unheard(private: Synthesised) -> None:
    assert list(unwatched(private)) == []
