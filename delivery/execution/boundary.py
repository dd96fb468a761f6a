"""What no role of an environment can ever do: its permissions boundary, worked out from the roles of its templates.

IAM user guide, "Permissions boundaries for IAM entities": a role may do what both its policies and its boundary allow.
A deploy may only make roles that carry this boundary, so that a template cannot give a role more than the templates had
when this was deployed: neither other services, nor resources of others, nor anything of IAM's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from delivery.execution.documents import Statement, document, statements
from delivery.execution.scopes import GIVES_PERMISSIONS, Names, Scope, service_of
from delivery.execution.templates import Environment

# Log groups of SageMaker's, which the account's jobs share.
_JOBS = "log-group:/aws/sagemaker/"
# In place of a reference to a resource, whose name only CloudFormation knows.
_REFERENCE = "\0"
# The action whose condition stays: to which service a role may be passed.
_PASS_ROLE = "iam:PassRole"


class UnboundedRoleError(Exception):
    """A role whose permissions the templates do not say; the message is one line for a developer."""


def environment_boundary(environment: Environment, *, names: Names) -> dict[str, Any]:
    """The boundary of an environment's roles. Raises TooLargeError if IAM does not take it.

    By service, so that it fits into one policy: each action that a role has, on every resource that any has there.
    """
    allowed = list(_allowed(environment, names=names))
    resources: dict[tuple[str, str], set[str]] = {}
    for action, scope in allowed:
        resources.setdefault(_group(action, scope), set()).update(scope.resources)
    return document(
        statements(
            (action, Scope(scope.actions, tuple(resources[_group(action, scope)]), scope.conditions))
            for action, scope in allowed
        )
    )


def execution_boundary(policies: list[dict[str, Any]], *, boundaries: list[str]) -> dict[str, Any]:
    """The boundary of the role with which CloudFormation deploys, whatever policies it may be given later.

    It bounds what IAM can do with the execution policies, and denies what would give a role more than its boundary.
    boundaries: the ARNs of the environments' boundaries.
    """
    granted = sorted({action for policy in policies for part in policy["Statement"] for action in part["Action"]})
    services = sorted({f"{service_of(action)}:*" for action in granted} - {"iam:*"})
    roles = [action for action in granted if action.startswith("iam:")]
    unbounded = {"StringNotEquals": {"iam:PermissionsBoundary": boundaries}}
    return document(
        [
            {"Effect": "Allow", "Action": services, "Resource": ["*"]},
            {"Effect": "Allow", "Action": roles, "Resource": ["*"]},
            {"Effect": "Deny", "Action": list(GIVES_PERMISSIONS), "Resource": ["*"], "Condition": unbounded},
        ]
    )


def _group(action: str, scope: Scope) -> tuple[str, str]:
    """Actions of one service under one condition; those for which a policy names no resource are all of one group."""
    return "*" if scope.resources == ("*",) else service_of(action), json.dumps(scope.conditions, sort_keys=True)


def _allowed(environment: Environment, *, names: Names) -> Iterator[tuple[str, Scope]]:
    for statement in _granted(environment):
        for action in _listed(statement["Action"]):
            conditions = statement.get("Condition", {}) if action == _PASS_ROLE else {}
            for resource in _listed(statement["Resource"]):
                yield action, _scope(action, _text(resource), names=names, conditions=conditions)


def _granted(environment: Environment) -> Iterator[Statement]:
    for name, role in environment.resources("AWS::IAM::Role"):
        properties = role["Properties"]
        if properties.get("ManagedPolicyArns"):
            raise UnboundedRoleError(f"{name} has a managed policy, which a boundary cannot be worked out from")
        for policy in properties.get("Policies", []):
            yield from policy["PolicyDocument"]["Statement"]
    for _, policy in environment.resources("AWS::IAM::Policy"):
        yield from policy["Properties"]["PolicyDocument"]["Statement"]


def _scope(action: str, resource: str, *, names: Names, conditions: dict[str, Any]) -> Scope:
    if names.bootstrap_bucket in resource:
        # An asset's name changes with the code, and the boundary must not.
        return Scope((action,), (names.assets.removesuffix("/*"), names.assets), conditions)
    own = (names.stack, names.prefix, f"/{names.settings.project}/{names.settings.name}/", "${AWS::StackId}", _JOBS)
    if resource == "*" or not (_REFERENCE in resource or any(each in resource for each in own)):
        return Scope((action,), (resource,), conditions)
    service = service_of(action)
    found = _own(names).get(service)
    if found is None:
        raise UnboundedRoleError(f"{action}: a boundary does not know how the environment's resources there are called")
    return Scope((action,), found, names.tagged("aws:ResourceTag") if service == "kms" else conditions)


def _own(names: Names) -> dict[str, tuple[str, ...]]:
    """How the environment's resources are called, by service."""
    stack, prefix, here, place = names.stack, names.prefix, names.here, names.place
    return {
        "s3": (place.arn("s3", f"{prefix}-*", account=""),),
        "dynamodb": here("dynamodb", f"table/{stack}*"),
        "lambda": here("lambda", f"function:{stack}*"),
        "sqs": here("sqs", f"{stack}*"),
        "sns": here("sns", f"{stack}*"),
        "states": here("states", f"*:{prefix}-*"),
        "codebuild": here("codebuild", f"project/{prefix}-*"),
        "ecr": here("ecr", f"repository/{prefix}-*"),
        "ssm": here("ssm", f"parameter/{names.settings.project}/{names.settings.name}/*"),
        "sagemaker": here("sagemaker", f"*/{prefix}*"),
        "logs": here("logs", f"log-group:{stack}*", f"{_JOBS}*"),
        "cloudformation": here("cloudformation", f"stack/{stack}*"),
        "cloudwatch": here("cloudwatch", f"alarm:{stack}*", f"alarm:{prefix}-*"),
        "secretsmanager": here("secretsmanager", *(f"secret:{each}*" for each in (stack, *names.secrets))),
        "kms": here("kms", "key/*"),
        # Of a private network: ids are EC2's, interfaces that services make have no tags, a subnet may be shared.
        "ec2": (place.arn("ec2", "*/*", region=names.settings.region, account="*"),),
        "iam": (place.arn("iam", f"role/{stack}*"),),
    }


def _text(value: Any) -> str:
    """A resource as text, with a mark for what only CloudFormation knows."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Ref":
        return f"${{{argument}}}" if argument.startswith("AWS::") else _REFERENCE
    if function == "Fn::Join":
        return str(argument[0]).join(_text(part) for part in argument[1])
    if function == "Fn::Sub" and isinstance(argument, str):
        return argument
    return _REFERENCE


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
