"""The permissions that a task needs from the state machine's role.

Sources: Step Functions Developer Guide "How Step Functions generates IAM policies for integrated services", and its
subpages on Lambda, SageMaker and Step Functions; Service Authorization Reference for the resources of actions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.common.store import Scope

_OPTIMIZED = re.compile(r"arn:[^:]+:states:::(?P<service>[a-z]+):(?P<operation>\w+)(?P<pattern>\..+)?$")
_SDK = re.compile(r"arn:[^:]+:states:::aws-sdk:(?P<service>[a-z0-9]+):(?P<operation>\w+)(?P<pattern>\..+)?$")
# Services whose name in the SDK for Java differs from their prefix in IAM.
_PREFIXES = {"sfn": "states", "cloudwatchlogs": "logs", "eventbridge": "events"}
# By operation: the resource type in the ARN, and the members with the resources' names.
_SAGEMAKER = {
    "CreateTrainingJob": [("training-job", "TrainingJobName")],
    "DescribeTrainingJob": [("training-job", "TrainingJobName")],
    "StopTrainingJob": [("training-job", "TrainingJobName")],
    "StopTransformJob": [("transform-job", "TransformJobName")],
    "CreateTransformJob": [("transform-job", "TransformJobName")],
    "DescribeTransformJob": [("transform-job", "TransformJobName")],
    "CreateModel": [("model", "ModelName")],
    "CreateEndpointConfig": [("endpoint-config", "EndpointConfigName")],
    "CreateEndpoint": [("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")],
    "UpdateEndpoint": [("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")],
    "DescribeEndpoint": [("endpoint", "EndpointName")],
}
_DESCRIBE = {
    "CreateTrainingJob": "DescribeTrainingJob",
    "CreateTransformJob": "DescribeTransformJob",
    "CreateEndpoint": "DescribeEndpoint",
    "UpdateEndpoint": "DescribeEndpoint",
}


@dataclass(frozen=True)
class Need:
    """An action that must be allowed on at least one of the resources; if there are none, on any resource."""

    action: str
    resources: tuple[str, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Integration:
    """A service integration: the service's IAM prefix, the API operation, and how to wait for it."""

    service: str
    operation: str
    is_sdk: bool
    is_sync: bool


def integration(resource: str) -> Integration | None:
    """Return the integration for a task's Resource; None for activities and others that need no permission."""
    if ":lambda:" in resource and ":function:" in resource:
        return Integration("lambda", "InvokeFunction", is_sdk=False, is_sync=False)
    named = _SDK.match(resource) or _OPTIMIZED.match(resource)
    if named is None:
        return None
    service = _PREFIXES.get(named["service"], named["service"])
    operation = named["operation"][:1].upper() + named["operation"][1:]
    if (service, operation) == ("lambda", "Invoke"):
        operation = "InvokeFunction"
    sync = (named["pattern"] or "").startswith(".sync")
    return Integration(service, operation, is_sdk=_SDK.match(resource) is not None, is_sync=sync)


def of_task(task: Integration, resource: str, request: Any, scope: Scope) -> Iterator[Need]:
    """Yield the needs of one call, in the order in which the role is checked for them."""
    members = request if isinstance(request, Mapping) else {}
    match task.service:
        case "lambda":
            yield Need("lambda:InvokeFunction", (_function(resource, members, scope),))
        case "sagemaker":
            yield from _of_sagemaker(task, members, scope)
        case "states":
            yield from _of_states(task, members)
        case _:
            yield Need(f"{task.service}:{task.operation}")


def _function(resource: str, request: Mapping[str, Any], scope: Scope) -> str:
    name = resource if ":function:" in resource else str(request.get("FunctionName", ""))
    account, region = scope
    return name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{account}:function:{name}"


def _of_sagemaker(task: Integration, request: Mapping[str, Any], scope: Scope) -> Iterator[Need]:
    resources = _sagemaker_arns(task.operation, request, scope)
    tags = {f"aws:requesttag/{tag['Key'].lower()}": str(tag["Value"]) for tag in request.get("Tags") or []}
    if task.operation == "CreateModelPackage":
        yield Need(f"sagemaker:{task.operation}", resources, tags)
    else:
        if not resources:
            yield Need(f"sagemaker:{task.operation}", (), tags)
        for resource in resources:
            yield Need(f"sagemaker:{task.operation}", (resource,), tags)
    # Step Functions tags the resources that it waits for: aws/aws-cdk #26012 and #32294.
    if task.is_sync or tags:
        yield Need("sagemaker:AddTags", resources, tags)
    for member in ("RoleArn", "ExecutionRoleArn"):
        if member in request:
            yield Need("iam:PassRole", (str(request[member]),), {"iam:passedtoservice": "sagemaker.amazonaws.com"})
    if task.is_sync and task.operation in _DESCRIBE:
        yield Need(f"sagemaker:{_DESCRIBE[task.operation]}", resources[:1])


def _sagemaker_arns(operation: str, request: Mapping[str, Any], scope: Scope) -> tuple[str, ...]:
    account, region = scope
    start = f"arn:aws:sagemaker:{region}:{account}:"
    if operation == "CreateModelPackage":
        # AWS documents the package as the resource, but its number is assigned only later; allow the group too.
        group = str(request.get("ModelPackageGroupName", "")).rsplit("/", 1)[-1]
        return f"{start}model-package-group/{group}", f"{start}model-package/{group}/1"
    named = _SAGEMAKER.get(operation, [])
    return tuple(f"{start}{kind}/{request.get(member, '')}" for kind, member in named)


def _of_states(task: Integration, request: Mapping[str, Any]) -> Iterator[Need]:
    machine = str(request.get("StateMachineArn", ""))
    if task.operation == "StartExecution":
        yield Need("states:StartExecution", (machine,))
        if task.is_sync:
            name = request.get("Name", "execution")
            execution = machine.replace(":stateMachine:", ":execution:") + f":{name}"
            yield Need("states:DescribeExecution", (execution,))
        return
    resource = request.get("ExecutionArn") or machine
    yield Need(f"states:{task.operation}", (str(resource),) if resource else ())
