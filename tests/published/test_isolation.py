"""No role of an environment reaches another environment's resources in the same account and region."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.published.needs.environment import needs
from tests.published.needs.need import Need
from tests.published.synthesised.policies import Grant, Role, roles
from tests.published.synthesised.world import Environment, World

# The stream names of SageMaker's account-wide groups are undocumented, so its roles may write to all streams.
# Nor is how CloudFormation names a stack's models and configurations, which a promotion only looks at.
SHARED = (
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:DescribeLogStreams",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:DescribeModel",
)


@pytest.fixture(scope="module")
def neighbours(world: World) -> list[Environment]:
    """One environment for each name in us-east-1."""
    found = {e.settings.prefix: e for e in world if e.settings.region == "us-east-1" and e.settings.account is None}
    return list(found.values())


def own(environment: Environment) -> list[Need]:
    """An environment's own needs: resources whose names contain its name."""
    settings = environment.settings
    marks = (f"{settings.project}-{settings.name}-", f"{settings.project}/{settings.name}/", f"/{settings.prefix}")
    return [
        need
        for needed in needs(environment).values()
        for need in needed
        if any(mark in need.resource.lower() for mark in marks) and need.action not in SHARED
    ]


def reached(role: Role, others: list[Need]) -> list[str]:
    """Another's resources that a role may do something to."""
    met = [need for need in others for grant in role.grants if _covers(grant, need)]
    return [f"{role.name} may {need.action} on {need.resource}" for need in met]


def _covers(grant: Grant, need: Need) -> bool:
    return grant.resource != "*" and need.met_by(grant)


def test_there_are_neighbours(neighbours: list[Environment]) -> None:
    prefixes = {environment.settings.prefix for environment in neighbours}
    assert {"rubric-dev", "rubric-prod", "rubric-staging"} <= prefixes
    assert all(len(own(environment)) > 50 for environment in neighbours)


def test_no_role_reaches_into_another_environment(neighbours: list[Environment]) -> None:
    needed = {environment.name: own(environment) for environment in neighbours}
    found = [
        fault
        for one, other in permutations(neighbours, 2)
        for role in roles(one.account).values()
        for fault in reached(role, needed[other.name])
    ]
    assert found == []


def test_a_wildcard_too_early_is_seen(neighbours: list[Environment]) -> None:
    [dev] = [each for each in neighbours if each.settings.prefix == "rubric-dev"]
    [prod] = [each for each in neighbours if each.settings.prefix == "rubric-prod"]
    role = next(role for role in roles(dev.account).values() if role.name.endswith("/CleanupHandlerRole"))
    role.grants.append(
        Grant("sagemaker:StopTrainingJob", "arn:aws:sagemaker:us-east-1:123456789012:training-job/rubric*")
    )
    assert any("sagemaker:StopTrainingJob" in fault for fault in reached(role, own(prod)))
