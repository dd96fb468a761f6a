"""What is called from inside the VPC: the statements of the roles of functions and of SageMaker's containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from environments.aws.vpc_endpoints import Endpoint, endpoint_for

INSIDE = ("lambda.amazonaws.com", "sagemaker.amazonaws.com")


@dataclass(frozen=True, kw_only=True)
class Call:
    """An action that a role may take from inside the VPC. resource: its ARN as a template has it, or `*`."""

    action: str
    resource: Any


def called(stacks: Iterable[cdk.Stack]) -> dict[Endpoint, list[Call]]:
    """The calls that leave the VPC, by the endpoint that they leave by.

    Read from the policies themselves: a permission that a role gets is a call that its code makes
    (tests/stacks/test_called_actions.py).
    """
    found: dict[Endpoint, list[Call]] = {}
    for stack in stacks:
        for service, statement in _statements(stack):
            for action in _listed(statement["Action"]):
                endpoint = endpoint_for(action, service=service)
                if endpoint is not None:
                    calls = [Call(action=action, resource=each) for each in _listed(statement["Resource"])]
                    found.setdefault(endpoint, []).extend(calls)
    return found


def _statements(stack: cdk.Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """(service that assumes the role, statement) of each policy of a role that is used inside."""
    nodes = stack.node.find_all()
    services = {
        stack.resolve(node.ref)["Ref"]: _assumed_by(stack.resolve(node.assume_role_policy_document))
        for node in nodes
        if isinstance(node, iam.CfnRole)
    }
    for node in nodes:
        if isinstance(node, iam.CfnPolicy):
            inside = {services[role["Ref"]] for role in stack.resolve(node.roles)} & set(INSIDE)
            for service in sorted(inside):
                for statement in stack.resolve(node.policy_document)["Statement"]:
                    yield service, statement


def _assumed_by(document: dict[str, Any]) -> str:
    [statement] = document["Statement"]
    return str(statement["Principal"].get("Service"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
