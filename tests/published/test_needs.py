"""In every environment, every role has the permissions that AWS documents for its work, and no others."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from tests.published.needs.environment import needs
from tests.published.needs.exceptions import KINDS, Accepted, accepted, exceptions
from tests.published.needs.need import Need, extra, missing
from tests.published.synthesised.concrete import Account
from tests.published.synthesised.policies import Grant, Role, roles
from tests.published.synthesised.world import Environment, World


@dataclasses.dataclass
class Compared:
    """An environment's differences, and the exceptions used."""

    missing: list[str] = dataclasses.field(default_factory=list)
    extra: list[str] = dataclasses.field(default_factory=list)
    used: set[Accepted] = dataclasses.field(default_factory=set)


def compare(environment: Environment) -> Compared:
    """Check the roles of an environment against their needs."""
    compared, needed = Compared(), needs(environment)
    found = roles(environment.account)
    assert needed.keys() == found.keys(), "a role that nothing runs under, or a need of a role that is not there"
    for arn, role in found.items():
        for need in missing(needed[arn], role.grants):
            _sort(compared, compared.missing, "missing", Grant(need.action, need.resource), role=role, text=str(need))
        for grant in extra(needed[arn], role.grants):
            _sort(compared, compared.extra, "granted", grant, role=role, text=str(grant))
    return compared


def _sort(compared: Compared, faults: list[str], kind: str, grant: Grant, *, role: Role, text: str) -> None:
    exception = accepted(kind, grant, role=role.name)
    if exception is None:
        faults.append(f"{role.name}: {text}")
    else:
        compared.used.add(exception)


@pytest.fixture(scope="module")
def compared(world: World) -> dict[str, Compared]:
    return {environment.name: compare(environment) for environment in world}


def test_nothing_that_is_needed_is_missing(compared: dict[str, Compared]) -> None:
    assert {name: each.missing for name, each in compared.items() if each.missing} == {}


def test_nothing_is_granted_that_is_not_needed(compared: dict[str, Compared]) -> None:
    assert {name: each.extra for name, each in compared.items() if each.extra} == {}


def test_every_exception_is_made_use_of_and_says_why(compared: dict[str, Compared]) -> None:
    used = {exception for each in compared.values() for exception in each.used}
    for each in exceptions():
        assert each.kind in KINDS
        assert len(each.reason.split()) >= 5 and len(each.source.split()) >= 4, each
        # Grants on `*` depend on a statement's form, which test_policies.py checks.
        assert each in used or each.resource == "*", each


def changed(environment: Environment, change: Callable[[str, dict[str, Any]], None]) -> Environment:
    """The environment with every statement of its roles' policies put through `change`."""
    other = copy.copy(environment)
    other.templates = copy.deepcopy(environment.templates)
    other.account = Account(other.templates, region=environment.settings.region, account=environment.settings.account)
    for template in other.templates.values():
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Policy":
                for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                    change(name, statement)
    return other


def without(action: str) -> Callable[[str, dict[str, Any]], None]:
    """Takes an action out of every statement."""

    def change(_: str, statement: dict[str, Any]) -> None:
        named = statement["Action"]
        kept = [each for each in ([named] if isinstance(named, str) else named) if each != action]
        statement["Action"] = kept or ["sts:GetCallerIdentity"]

    return change


# Permissions without which the first deploy of dev and prod once failed, and similar ones.
NEEDED = [
    ("huggingface", "s3:ListBucket", "PipelineJobRole"),
    ("dev", "logs:CreateLogGroup", "PipelineJobRole"),
    ("dev", "logs:CreateLogGroup", "ServingBaseModelRole"),
    ("dev", "cloudwatch:DescribeAlarms", "ServingBaseModelRole"),
    ("prod", "kms:Encrypt", "PipelineJobRole"),
    ("spot", "s3:DeleteObject", "PipelineJobRole"),
    ("prod", "kms:CreateGrant", "ServingBaseModelRole"),
    ("dev", "iam:PassRole", "PipelineRole"),
    ("dev", "events:PutRule", "FirstModelRole"),
    ("dev", "states:StopExecution", "CleanupHandlerRole"),
    ("dev", "sqs:DeleteMessage", "RedriveRole"),
    ("lean-codebuild", "ecr:PutImage", "LeanImageBuildRole"),
    ("fallback-own-profile", "bedrock:InvokeModel", "ClassifyRole"),
]


@pytest.mark.parametrize(("name", "action", "role"), NEEDED)
def test_a_permission_that_is_taken_away_is_missed(world: World, name: str, action: str, role: str) -> None:
    faults = compare(changed(world[name], without(action))).missing
    assert [fault for fault in faults if f"/{role}: {action} on" in fault]


def test_a_condition_that_the_call_does_not_meet_is_missed(world: World) -> None:
    def other_service(_: str, statement: dict[str, Any]) -> None:
        if statement["Action"] == "iam:PassRole":
            statement["Condition"] = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}

    assert any("iam:PassRole" in fault for fault in compare(changed(world["dev"], other_service)).missing)


def test_a_permission_too_many_is_seen(world: World) -> None:
    def more(name: str, statement: dict[str, Any]) -> None:
        if name.startswith("AuthorizerRole") and statement["Action"] == "dynamodb:GetItem":
            statement["Action"] = ["dynamodb:GetItem", "dynamodb:PutItem"]

    [fault] = compare(changed(world["dev"], more)).extra
    assert "AuthorizerRole: dynamodb:PutItem on" in fault


def test_a_resource_of_another_is_seen(world: World) -> None:
    def another(name: str, statement: dict[str, Any]) -> None:
        if name.startswith("AuthorizerRole") and statement["Action"] == "dynamodb:GetItem":
            statement["Resource"] = "arn:aws:dynamodb:us-east-1:123456789012:table/another"

    found = compare(changed(world["dev"], another))
    assert len(found.missing) == len(found.extra) == 1


@pytest.mark.parametrize(
    ("grant", "met"),
    [
        (Grant("s3:GetObject", "arn:aws:s3:::b/models/*"), True),
        (Grant("s3:GetObject", "arn:aws:s3:::b/other/*"), False),
        (Grant("s3:PutObject", "arn:aws:s3:::b/models/*"), False),
        (Grant("s3:GetObject", "*", '{"StringLike": {"s3:prefix": "models/*"}}'), False),
    ],
)
def test_when_a_grant_meets_a_need(grant: Grant, met: bool) -> None:
    assert Need("s3:GetObject", "arn:aws:s3:::b/models/x", "a document").met_by(grant) is met
