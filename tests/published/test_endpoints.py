"""Each call from inside a VPC has its endpoint, whose policy lets it through; and commands know the same endpoints."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from environments.aws.vpc_endpoints import endpoint_for
from environments.reached import endpoints
from tests.published.aws.patterns import covers
from tests.published.needs.environment import needs
from tests.published.needs.need import Need
from tests.published.synthesised.policies import listed, roles
from tests.published.synthesised.world import Environment, World

ANSWERS = "CloudFormationAnswers"
# What a policy gives beyond the calls of one environment's resources, found by their names alone.
INSIDE = ("lambda.amazonaws.com", "sagemaker.amazonaws.com")


def made(environment: Environment) -> dict[str, list[dict[str, object]]]:
    """Policy statements by the end of the endpoint service's name."""
    return {
        str(each.properties["ServiceName"]).split(".", 3)[3]: each.properties["PolicyDocument"]["Statement"]
        for each in environment.account.resources("AWS::EC2::VPCEndpoint")
    }


def inside(environment: Environment) -> Iterator[tuple[str, Need]]:
    """(endpoint, need) of each call that leaves the VPC."""
    outside = {
        each.properties["Role"]
        for each in environment.account.resources("AWS::Lambda::Function")
        if "VpcConfig" not in each.properties
    }
    by_arn = roles(environment.account)
    for arn, wanted in needs(environment).items():
        service = by_arn[arn].service
        if service not in INSIDE or arn in outside:
            continue
        for need in wanted:
            endpoint = endpoint_for(need.action, service=service)
            if endpoint is not None:
                yield endpoint.name, need


def with_endpoints(world: World) -> list[Environment]:
    return [each for each in world if each.settings.network.makes_endpoints]


def lets_through(statements: list[dict[str, object]], need: Need) -> bool:
    return any(
        need.action in listed(each["Action"])
        and any(covers(str(resource), need.resource) for resource in listed(each["Resource"]))
        for each in statements
    )


def refused(environment: Environment) -> list[str]:
    policies = made(environment)
    return [f"{name}: {need}" for name, need in inside(environment) if not lets_through(policies.get(name, []), need)]


def test_each_call_has_an_endpoint_that_lets_it_through(world: World) -> None:
    found = with_endpoints(world)
    assert len(found) >= 2
    assert {each.name: refused(each) for each in found if refused(each)} == {}


def test_a_call_without_an_endpoint_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = world["private-network"]
    without = {name: policy for name, policy in made(environment).items() if name != "ssm"}
    monkeypatch.setattr("tests.published.test_endpoints.made", lambda _: without)
    assert any(each.startswith("ssm: ssm:GetParameter") for each in refused(environment))


def test_no_endpoint_is_there_that_nothing_calls(world: World) -> None:
    for environment in with_endpoints(world):
        called = {name for name, _ in inside(environment)}
        assert set(made(environment)) == called | {"s3"}, environment.name


def test_preflight_knows_the_same_endpoints(world: World) -> None:
    for environment in with_endpoints(world):
        assert {each.name for each in endpoints(environment.settings)} == set(made(environment)), environment.name
