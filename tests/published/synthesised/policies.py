"""The policies of a synthesised environment as a flat list: one grant for each action and resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.published.synthesised.concrete import Account, Resource

_OF_RESOURCES = {
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::Logs::ResourcePolicy": "PolicyDocument",
    "AWS::ECR::Repository": "RepositoryPolicyText",
    "AWS::EC2::VPCEndpoint": "PolicyDocument",
}


@dataclass(frozen=True)
class Grant:
    """An action that is allowed on the resources that a pattern matches. condition: JSON, "" for none."""

    action: str
    resource: str
    condition: str = ""

    @property
    def keys(self) -> list[str]:
        """Keys of its conditions."""
        return [key for keys in json.loads(self.condition or "{}").values() for key in keys]

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" when {self.condition}" if self.condition else "")


@dataclass
class Role:
    """A role with its policies' grants. service: the service that assumes it."""

    resource: Resource
    service: str
    grants: list[Grant] = field(default_factory=list)

    @property
    def name(self) -> str:
        """`Rubric-dev-Training/PipelineJobRole…`, without the hash that CDK appends."""
        return f"{self.resource.stack}/{self.resource.id[:-8]}"


def listed(value: Any) -> list[Any]:
    """A policy's value, which may be one or a list."""
    return value if isinstance(value, list) else [value]


def roles(account: Account) -> dict[str, Role]:
    """Every role of an environment by its ARN."""
    found = {}
    for resource in account.resources("AWS::IAM::Role"):
        [statement] = resource.properties["AssumeRolePolicyDocument"]["Statement"]
        found[str(resource.arn)] = Role(resource, statement["Principal"]["Service"])
    by_name = {role.resource.name: role for role in found.values()}
    for policy in account.resources("AWS::IAM::Policy"):
        for name in policy.properties["Roles"]:
            by_name[name].grants += grants(policy.properties["PolicyDocument"])
    return found


def grants(document: dict[str, Any]) -> Iterator[Grant]:
    """A policy's grants: one action and one resource each."""
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow", statement
        condition = json.dumps(statement["Condition"], sort_keys=True) if "Condition" in statement else ""
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield Grant(action, resource, condition)


def of_resources(account: Account) -> Iterator[tuple[str, dict[str, Any]]]:
    """(whose, statement) of the policies that resources have, and of who may assume a role."""
    for resource in account.resources(*_OF_RESOURCES, "AWS::IAM::Role"):
        document = resource.properties.get(_OF_RESOURCES.get(resource.type, "AssumeRolePolicyDocument"))
        for statement in (document or {}).get("Statement", []):
            yield f"{resource.stack}/{resource.id}", statement
