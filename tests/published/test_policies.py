"""Every policy uses actions, resources and condition keys of AWS's service authorization reference."""

from __future__ import annotations

import pytest

from tests.published.aws.reference import expanded, problems, unknown_action, unknown_keys
from tests.published.needs.exceptions import accepted
from tests.published.synthesised.policies import Grant, listed, of_resources, roles
from tests.published.synthesised.world import World

ACCOUNT = "us-east-1:123456789012"


def test_every_grant_of_a_role_is_one_that_aws_knows(world: World) -> None:
    found = {
        f"{environment.name} {role.name}: {problem}"
        for environment in world
        for role in roles(environment.account).values()
        for grant in role.grants
        for problem in problems(grant)
        if not accepted("granted", grant, role=role.name)
    }
    assert sorted(found) == []


def test_every_policy_of_a_resource_has_actions_and_keys_that_aws_knows(world: World) -> None:
    found = []
    for environment in world:
        for where, statement in of_resources(environment.account):
            for action in listed(statement["Action"]):
                if action.endswith(":*"):  # for a key's owner, and the ban on requests without TLS
                    continue
                keys = [key for each in statement.get("Condition", {}).values() for key in each]
                for one in expanded(action):
                    if not accepted("granted", Grant(one, "*"), role=where):
                        found += [f"{where}: {problem}" for problem in unknown_action(one) or unknown_keys(one, keys)]
    assert found == []


@pytest.mark.parametrize(
    ("grant", "problem"),
    [
        (Grant("s3:HeadObject", "arn:aws:s3:::bucket/key"), "s3:HeadObject is not an action"),
        (Grant("s3:List*", "arn:aws:s3:::bucket"), "s3:List* is not an action"),
        (Grant("s3:ListBucket", "arn:aws:s3:::bucket/*"), "s3:ListBucket takes"),
        (Grant("s3:GetObject", "arn:aws:s3:::bucket"), "s3:GetObject takes"),
        (Grant("sqs:SendMessage", "*"), "sqs:SendMessage takes a resource, and has *"),
        (Grant("ecr:GetAuthorizationToken", f"arn:aws:ecr:{ACCOUNT}:repository/r"), "takes no resource, and has"),
        (
            Grant("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{ACCOUNT}:model/m"),
            "sagemaker:InvokeEndpoint takes",
        ),
        (
            Grant("iam:PassRole", "arn:aws:iam::123456789012:role/r", '{"StringEquals": {"iam:PassedTo": "x"}}'),
            "iam:PassRole does not know the condition key iam:PassedTo",
        ),
    ],
)
def test_a_broken_grant_is_found(grant: Grant, problem: str) -> None:
    [found] = problems(grant)
    assert problem in found


@pytest.mark.parametrize(
    "grant",
    [
        Grant("s3:GetObject", "arn:aws:s3:::bucket/models/*"),
        Grant("logs:PutLogEvents", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/rubric-dev:*"),
        Grant("ssm:GetParameter", f"arn:aws:ssm:{ACCOUNT}:parameter/rubric/dev/approved-model"),
        Grant("iam:PassRole", "arn:aws:iam::123456789012:role/r", '{"StringEquals": {"iam:PassedToService": "x"}}'),
        Grant("ecr:GetAuthorizationToken", "*"),
    ],
)
def test_a_good_grant_is_not(grant: Grant) -> None:
    assert problems(grant) == []
