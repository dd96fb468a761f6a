"""botocore's newest models accept our requests with real parameters, also with the longest names."""

from __future__ import annotations

import copy
import importlib.metadata
from collections.abc import Callable
from typing import Any

import pytest

from tests.published.aws.models import problems
from tests.published.sent.requests import Request, of_machine, replay_request, training_request, transform_request
from tests.published.synthesised.machines import machines
from tests.published.synthesised.world import Environment, World

LONGEST = ("longest-names", "longest-names-serverless")
NEWEST = (1, 44)  # botocore's version: older models lack members and values


def requests(environment: Environment) -> list[Request]:
    """All requests of an environment's machines, and a batch's."""
    found = [request for machine in machines(environment.account) for request in of_machine(machine, environment)]
    if not environment.settings.classifier.trained:
        return found
    return [*found, transform_request(environment), replay_request(environment)]


def faults(request: Request) -> list[str]:
    return problems(request.service, request.operation, request.parameters)


def test_the_models_are_new_enough() -> None:
    assert tuple(int(part) for part in importlib.metadata.version("botocore").split(".")[:2]) >= NEWEST


def test_every_request_is_one_that_aws_takes(world: World) -> None:
    found = {
        f"{environment.name}: {request.where}: {fault}"
        for environment in world
        for request in requests(environment)
        for fault in faults(request)
    }
    assert sorted(found) == []


def test_the_machines_send_what_is_looked_at(world: World) -> None:
    sent = {request.operation for environment in world for request in requests(environment)}
    assert sent == {
        *("CreateTrainingJob", "DescribeTrainingJob", "CreateModelPackage", "CreateTransformJob"),
        *("StartExecution", "DescribeExecution"),
    }


def test_names_at_their_longest_still_fit(world: World) -> None:
    """`longest-names` has the longest project and environment that the settings take."""
    for name in LONGEST:
        environment = world[name]
        assert len(environment.settings.project) == len(environment.settings.name) == 16
        job = training_request(environment).parameters["TrainingJobName"]
        assert job.startswith(environment.settings.prefix), "shortened, it would not be found by its prefix"
        named = [
            ("sagemaker", "DescribeTrainingJob", {"TrainingJobName": job}),
            ("sagemaker", "DescribeEndpoint", {"EndpointName": environment.settings.endpoint_name}),
            ("sagemaker", "DescribeModelPackageGroup", {"ModelPackageGroupName": environment.settings.prefix}),
            ("sagemaker-runtime", "InvokeEndpoint", {"EndpointName": environment.settings.endpoint_name, "Body": b""}),
            ("ssm", "GetParameter", {"Name": environment.settings.approved_model_parameter}),
            ("ecr", "DescribeImages", {"repositoryName": f"{environment.settings.prefix}-lean"}),
        ]
        for kind, key, service, operation, member in (
            ("AWS::StepFunctions::StateMachine", "StateMachineName", "stepfunctions", "CreateStateMachine", "name"),
            ("AWS::Logs::LogGroup", "LogGroupName", "logs", "CreateLogGroup", "logGroupName"),
            ("AWS::CloudWatch::Alarm", "AlarmName", "cloudwatch", "PutMetricAlarm", "AlarmName"),
            ("AWS::CloudWatch::Dashboard", "DashboardName", "cloudwatch", "PutDashboard", "DashboardName"),
            ("AWS::CodeBuild::Project", "Name", "codebuild", "CreateProject", "name"),
        ):
            for resource in environment.account.resources(kind):
                if key in resource.properties:
                    found = [f for f in problems(service, operation, {member: resource.properties[key]}) if member in f]
                    assert [f for f in found if "Missing required" not in f] == [], (name, resource.id)
        for service, operation, parameters in named:
            assert problems(service, operation, parameters) == [], (name, operation)


def channel_name(request: dict[str, Any]) -> None:
    request["InputDataConfig"][0]["ChannelName"] = "data set"


def instance_type(request: dict[str, Any]) -> None:
    request["ResourceConfig"]["InstanceType"] = "ml.c7i.tiny"


def long_name(request: dict[str, Any]) -> None:
    request["TrainingJobName"] = "a" * 64


def misspelt(request: dict[str, Any]) -> None:
    request["HyperParametres"] = request.pop("HyperParameters")


def incomplete(request: dict[str, Any]) -> None:
    del request["OutputDataConfig"]


def number(request: dict[str, Any]) -> None:
    request["StoppingCondition"]["MaxRuntimeInSeconds"] = 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (channel_name, "does not match"),
        (instance_type, "is not one of"),
        (long_name, "has a length of 64"),
        (misspelt, "Unknown parameter"),
        (incomplete, "Missing required parameter"),
        (number, "Invalid value"),
    ],
)
def test_a_broken_request_is_found(world: World, fault: Callable[[dict[str, Any]], None], words: str) -> None:
    request = copy.deepcopy(training_request(world["dev"]))
    assert faults(request) == []
    fault(request.parameters)
    assert any(words in found for found in faults(request))
