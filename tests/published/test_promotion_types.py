"""A promotion may update the Serving stack's resource types, an A/B test the Challenger stack's, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from local_aws.iam import Decision, Request, decide
from tests.functions import name_of
from tests.published.synthesised.policies import listed
from tests.published.synthesised.world import Environment, World

UPDATE, TYPES = "cloudformation:UpdateStack", "cloudformation:resourcetypes"
# The stacks that functions update: which function, and the variable with the types.
UPDATED = {
    "Serving": ("promote", "SERVING_RESOURCE_TYPES"),
    "Challenger": ("ab_test", "CHALLENGER_RESOURCE_TYPES"),
}


@pytest.fixture
def dev(world: World) -> Environment:
    return world["dev"]


@pytest.fixture(params=list(UPDATED))
def part(request: pytest.FixtureRequest) -> str:
    """A stack that a function updates."""
    return str(request.param)


def template_of(environment: Environment, part: str) -> dict[str, Any] | None:
    return environment.templates.get(environment.stack(part))


def types_of(template: dict[str, Any]) -> list[str]:
    return sorted({resource["Type"] for resource in template["Resources"].values()})


def updates(environment: Environment, part: str) -> Iterator[dict[str, Any]]:
    """The statements of all roles that allow an update of a stack."""
    for policy in environment.account.resources("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if UPDATE in listed(statement["Action"]) and f"stack/{environment.stack(part)}/" in statement["Resource"]:
                yield statement


def decision(environment: Environment, part: str, types: Sequence[str] | None) -> Decision:
    """The function's own policy on an update of the stack with a list of types."""
    document = {"Version": "2012-10-17", "Statement": list(updates(environment, part))}
    context = {} if types is None else {TYPES: list(types)}
    return decide([document], Request(UPDATE, environment.account.stack_id(environment.stack(part)), context))


def test_the_stack_has_no_iam_resource_and_no_function_in_any_environment(world: World, part: str) -> None:
    found = {e.name: types_of(template) for e in world if (template := template_of(e, part)) is not None}
    assert len(found) > 10
    assert [
        name for name, types in found.items() if any(t.startswith(("AWS::IAM", "AWS::Lambda")) for t in types)
    ] == []


def test_no_role_may_update_another_stack(dev: Environment) -> None:
    statements = [
        statement
        for policy in dev.account.resources("AWS::IAM::Policy")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if UPDATE in listed(statement["Action"])
    ]
    assert len(statements) == len(UPDATED)
    assert all(next(updates(dev, part)) in statements for part in UPDATED)


def test_the_list_is_what_the_template_has(world: World, part: str) -> None:
    for environment in world:
        template = template_of(environment, part)
        statements = list(updates(environment, part))
        if template is None:
            assert statements == []
            continue
        [statement] = statements
        types = types_of(template)
        assert statement["Condition"] == {
            "ForAllValues:StringEquals": {"cloudformation:ResourceTypes": types},
            "Null": {"cloudformation:ResourceTypes": "false"},
        }, environment.name
        function, variable = UPDATED[part]
        [value] = [
            each.properties["Environment"]["Variables"][variable]
            for each in environment.account.resources("AWS::Lambda::Function")
            if name_of(each.properties["Handler"]) == function
        ]
        assert json.loads(value) == types, environment.name


def test_an_update_with_the_templates_types_is_allowed(dev: Environment, part: str) -> None:
    types = types_of(template_of(dev, part) or {})
    assert decision(dev, part, types) is decision(dev, part, types[:1]) is Decision.ALLOWED


@pytest.mark.parametrize("more", ["AWS::IAM::Role", "AWS::Lambda::Function", "AWS::*", "Custom::*", "Custom::Other"])
def test_an_update_with_another_type_is_not(dev: Environment, part: str, more: str) -> None:
    types = types_of(template_of(dev, part) or {})
    assert decision(dev, part, [*types, more]) is decision(dev, part, [more]) is Decision.NOT_ALLOWED


def test_an_update_without_the_list_is_not(dev: Environment, part: str) -> None:
    assert decision(dev, part, None) is decision(dev, part, []) is Decision.NOT_ALLOWED
