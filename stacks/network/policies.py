"""Endpoint policies: the calls that roles inside may make, on the environment's resources, by this account alone."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk

from environments.settings import Settings
from stacks.network.called import Call

_PSEUDO = re.compile(r"\$\{AWS::\w+\}")
# CDK guide, "Customize CDK bootstrapping": the name of the bootstrap's bucket.
_ASSETS = re.compile(r"cdk-[a-z0-9]+-assets-")
Statement = dict[str, Any]


def endpoint_policy(stack: cdk.Stack, calls: Sequence[Call], *, settings: Settings, answers: bool) -> dict[str, Any]:
    """The policy of one endpoint. answers: whether CloudFormation's answers go this way too, as they do to S3."""
    by_resource: dict[tuple[str, bool], set[str]] = {}
    for call in calls:
        own = not _known(call.resource)
        resource = _own(stack, call, settings=settings) if own else _asset(call.resource)
        by_resource.setdefault((json.dumps(resource, sort_keys=True), own), set()).add(call.action)
    by_actions: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for (resource, own), actions in sorted(by_resource.items()):
        by_actions.setdefault((tuple(sorted(actions)), own), []).append(resource)
    statements = [
        _statement(stack, actions, [json.loads(resource) for resource in resources], own=own)
        for (actions, own), resources in sorted(by_actions.items())
    ]
    if answers:
        statements.append(_answers(stack, settings=settings))
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(stack: cdk.Stack, actions: Sequence[str], resources: list[Any], *, own: bool) -> Statement:
    condition = {"aws:PrincipalAccount": stack.account}
    if own:
        # A bucket's ARN has no account: another one's bucket may have a name that begins like ours.
        condition["aws:ResourceAccount"] = stack.account
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(actions),
        "Resource": resources,
        "Condition": {"StringEquals": condition},
    }


def _known(resource: Any) -> bool:
    """Whether an ARN needs nothing of the stacks that are made after the endpoints."""
    if isinstance(resource, list):
        return all(_known(each) for each in resource)
    if not isinstance(resource, dict):
        return True
    [(function, argument)] = resource.items()
    if function == "Fn::Sub":
        return "${" not in _PSEUDO.sub("", str(argument))
    if function == "Ref":
        return str(argument).startswith("AWS::") and argument != "AWS::StackId"
    return function == "Fn::Join" and _known(argument[1])


def _asset(resource: Any) -> Any:
    """Everything in the bootstrap's bucket for one asset there; any other resource as it is.

    An asset's key changes with the code, and this stack is updated before those that use it and rolled back after them:
    a job of the stacks as they were would be refused meanwhile. The roles name the keys.
    """
    if not isinstance(resource, dict) or "Fn::Join" not in resource:
        return resource
    separator, parts = resource["Fn::Join"]
    in_bucket = any(isinstance(each, dict) and _ASSETS.match(str(each.get("Fn::Sub", ""))) for each in parts)
    if not in_bucket or not str(parts[-1]).startswith("/"):
        return resource
    return {"Fn::Join": [separator, [*parts[:-1], "/*"]]}


def _own(stack: cdk.Stack, call: Call, *, settings: Settings) -> Any:
    """A resource of the environment by the start of its name, or as one of the account where names do not say."""
    service, data = call.action.partition(":")[0], settings.stack_name("Data")
    # CloudFormation's names begin with the stack's; buckets' in small letters.
    if service == "s3":
        return stack.resolve(stack.format_arn(service="s3", region="", account="", resource=f"{data.lower()}-*"))
    if service == "dynamodb":
        return stack.resolve(stack.format_arn(service="dynamodb", resource="table", resource_name=f"{data}-*"))
    return stack.resolve(stack.format_arn(service=service, resource="*"))


def _answers(stack: cdk.Stack, *, settings: Settings) -> Statement:
    """Custom resources answer at a URL that CloudFormation has signed, in a bucket of its own, whose name has the
    region without dashes (CloudFormation user guide, "vpc-interface-endpoints").
    """
    bucket = f"cloudformation-custom-resource-response-{settings.region.replace('-', '')}"
    return {
        "Sid": "CloudFormationAnswers",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": stack.resolve(stack.format_arn(service="s3", region="", account="", resource=f"{bucket}/*")),
    }
