"""A promotion may update the Serving stack's resource types, and no others."""

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


@pytest.fixture
def dev(world: World) -> Environment:
    return world["dev"]


def serving(environment: Environment) -> dict[str, Any] | None:
    return environment.templates.get(environment.stack("Serving"))


def types_of(template: dict[str, Any]) -> list[str]:
    return sorted({resource["Type"] for resource in template["Resources"].values()})


def updates(environment: Environment) -> Iterator[dict[str, Any]]:
    """The statements of all roles that allow an update of a stack."""
    for policy in environment.account.resources("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if UPDATE in listed(statement["Action"]):
                yield statement


def decision(environment: Environment, types: Sequence[str] | None) -> Decision:
    """The promote function's own policy on an update of the Serving stack with a list of types."""
    document = {"Version": "2012-10-17", "Statement": list(updates(environment))}
    context = {} if types is None else {TYPES: list(types)}
    return decide([document], Request(UPDATE, environment.account.stack_id(environment.stack("Serving")), context))


def test_the_serving_stack_has_no_iam_resource_and_no_function_in_any_environment(world: World) -> None:
    found = {e.name: types_of(template) for e in world if (template := serving(e)) is not None}
    assert len(found) > 10
    assert [
        name for name, types in found.items() if any(t.startswith(("AWS::IAM", "AWS::Lambda")) for t in types)
    ] == []


def test_the_list_is_what_the_template_has(world: World) -> None:
    for environment in world:
        template = serving(environment)
        statements = list(updates(environment))
        if template is None:
            assert statements == []
            continue
        [statement] = statements
        types = types_of(template)
        assert statement["Condition"] == {
            "ForAllValues:StringEquals": {"cloudformation:ResourceTypes": types},
            "Null": {"cloudformation:ResourceTypes": "false"},
        }, environment.name
        [value] = [
            function.properties["Environment"]["Variables"]["SERVING_RESOURCE_TYPES"]
            for function in environment.account.resources("AWS::Lambda::Function")
            if name_of(function.properties["Handler"]) == "promote"
        ]
        assert json.loads(value) == types, environment.name


def test_an_update_with_the_templates_types_is_allowed(dev: Environment) -> None:
    types = types_of(serving(dev) or {})
    assert decision(dev, types) is decision(dev, types[:1]) is Decision.ALLOWED


@pytest.mark.parametrize("more", ["AWS::IAM::Role", "AWS::Lambda::Function", "AWS::*", "Custom::*", "Custom::Other"])
def test_an_update_with_another_type_is_not(dev: Environment, more: str) -> None:
    types = types_of(serving(dev) or {})
    assert decision(dev, [*types, more]) is decision(dev, [more]) is Decision.NOT_ALLOWED


def test_an_update_without_the_list_is_not(dev: Environment) -> None:
    assert decision(dev, None) is decision(dev, []) is Decision.NOT_ALLOWED
