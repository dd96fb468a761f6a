"""Enough combinations of settings are synthesised, and invalid ones are refused in one line."""

from __future__ import annotations

from itertools import combinations

from tests.published.synthesised.synthesis import SHIPPED
from tests.published.synthesised.world import Environment, World


def test_every_shipped_environment_and_twenty_combinations_are_synthesised(world: World) -> None:
    assert set(SHIPPED) <= set(world.environments)
    assert len(world.environments) >= len(SHIPPED) + 20


def test_what_cannot_be_is_refused_by_the_settings_in_one_line(world: World) -> None:
    expected = {o.combination.name: o.combination.refused for o in world.outcomes if o.combination.refused}
    assert not [o.error for o in world.outcomes if o.failed]
    assert world.refused.keys() == expected.keys()
    for name, words in expected.items():
        assert words in (world.refused[name] or ""), name
        assert "\n" not in (world.refused[name] or ""), name


def test_each_distinct_template_is_there_once(world: World) -> None:
    contents = [(template.file.read_bytes(), template.region) for template in world.distinct]
    assert len(set(contents)) == len(contents)
    assert {file.read_bytes() for e in world for file in e.files.values()} == {content for content, _ in contents}


def names(environment: Environment) -> set[tuple[str, str]]:
    """(type, name) of everything that the templates name themselves, and the stacks."""
    account = environment.account
    covered = {
        (resource.type, str(value))
        for resource in account.resources()
        for key, value in resource.properties.items()
        if key.endswith("Name") and value == resource.name
    }
    return covered | {("stack", stack) for stack in environment.templates}


def test_environments_of_one_account_share_no_name(world: World) -> None:
    """For any quotas of the account, in one region or several."""
    by_prefix = {environment.settings.prefix: environment for environment in world}
    assert len(by_prefix) >= 5
    for one, other in combinations(by_prefix.values(), 2):
        assert names(one) & names(other) == set(), (one.name, other.name)
    assert {("AWS::SageMaker::Endpoint", "rubric-dev"), ("stack", "Rubric-dev-Data")} <= names(world["dev"])
