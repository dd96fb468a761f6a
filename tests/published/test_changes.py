"""A changed setting deploys at once, stack by stack: no stack removes what a later one still uses.

Each combination is a change of the environment that it is made from, and its way back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from environments.settings import Settings
from ops.preflight.stacks import KEY_EXPORT
from tests.published.synthesised.synthesis import COMBINATIONS
from tests.published.synthesised.world import Environment, World
from tests.stacks.stored import entries

# Changes that one deploy cannot make, and that `rubric preflight` refuses before it (docs/operations.md).
REFUSED = {
    ("kms", "s3"): {"Data:ExportsOutputFnGetAttKey961B73FDArn5A860C43", "Data/Key961B73FD"},
}
# Settings with a few values that no two environments have to differ by, and why.
NOT_CHANGED = {
    "api.access": "private is refused: there is no such HTTP API",
    "api.log_level": "a variable of the functions",
    "data.request_log_text": "a variable of the functions",
    "data.dataset.time_format": "an argument of the training script",
    "training.model": "an argument of the training script",
    "training.encrypt_traffic": "a parameter of the training job",
    "training.hyperparameters.class_weights": "an argument of the training script",
    "training.hyperparameters.precision": "an argument of the training script",
    "training.longer_than_first_deploy": "it lifts a limit of the settings",
    "features.mongodb.server": "a variable of the function",
    "features.mongodb.engine_version": "a property of the cluster: docs/features.md says how to change it",
    "features.mongodb.cluster": "it has one value, which no environment has to begin with",
    "ab_tests.goal": "a variable of the function",
    "ab_tests.unit": "a variable of the function",
    "ab_tests.allocation": "a variable of the function",
    "ab_tests.promote": "a variable of the function",
    "monitoring.alarm_receivers_elsewhere": "it says what is not in the stacks",
}


def changes(world: World) -> Iterator[tuple[str, Environment, Environment]]:
    """(change, before, after) for each combination that is the same deployment as its origin, and back."""
    for name, combination in yaml.safe_load(COMBINATIONS.read_text("utf-8")).items():
        one, other = world.environments.get(combination["of"]), world.environments.get(name)
        if one and other and place(one) == place(other):
            yield f"{combination['of']} -> {name}", one, other
            yield f"{name} -> {combination['of']}", other, one


def place(environment: Environment) -> tuple[str | None, str, str]:
    settings = environment.settings
    return settings.account, settings.region, settings.prefix


def exports(template: dict[str, Any]) -> dict[str, str]:
    """Values by the export's name; another value of the template counts as a change."""
    outputs = template.get("Outputs", {}).values()
    return {each["Export"]["Name"]: json.dumps(each["Value"], sort_keys=True) for each in outputs if "Export" in each}


def imports(value: Any) -> set[str]:
    """Names of the exports that are imported anywhere in it."""
    if isinstance(value, list):
        return {name for each in value for name in imports(each)}
    if not isinstance(value, dict):
        return set()
    if "Fn::ImportValue" in value:
        return {value["Fn::ImportValue"]}
    return {name for each in value.values() for name in imports(each)}


def taken_away(before: Environment, after: Environment) -> set[str]:
    """Exports that some stack imported and that its producer does not have any more, or has with another value.

    A stack that is left out of the app stays deployed, with its exports.
    """
    imported = set().union(*(imports(template) for template in before.templates.values()))
    gone = set()
    for stack, template in before.templates.items():
        if stack in after.templates:
            left = exports(after.templates[stack])
            gone |= {name for name, value in exports(template).items() if name in imported and left.get(name) != value}
    return gone


def test_preflight_knows_the_key_by_the_output_that_exports_it(world: World) -> None:
    def has_key(environment: Environment) -> bool:
        outputs = environment.templates[environment.stack("Data")]["Outputs"]
        return any(name.startswith(KEY_EXPORT) for name in outputs)

    assert {e.settings.data.encryption for e in world if has_key(e)} == {"kms"}
    assert {e.settings.data.encryption for e in world if not has_key(e)} == {"s3"}


def replaced(before: Environment, after: Environment) -> set[str]:
    """Tables, buckets and keys that go, or that another one takes the place of."""
    region = before.settings.region
    old, new = (
        entries({stack: template["Resources"] for stack, template in each.templates.items()}, region=region)
        for each in (before, after)
    )
    return {name for name, entry in old.items() if new.get(name) != entry}


def test_no_change_takes_away_what_another_stack_imports_or_what_holds_data(world: World) -> None:
    found: dict[str, set[str]] = {}
    for name, before, after in changes(world):
        prefix = before.settings.stack_name("")
        lost = {each.removeprefix(prefix) for each in taken_away(before, after) | replaced(before, after)}
        known = REFUSED.get((before.settings.data.encryption, after.settings.data.encryption), set())
        if before.settings.features.store not in ("none", after.settings.features.store):
            known = known | {each for each in lost if "Feature" in each}  # refused by preflight, as the key is
        assert known <= lost, name
        if lost - known:
            found[name] = lost - known
    assert found == {}


def test_what_an_environment_imports_is_exported_before_it(world: World) -> None:
    """Within one environment, each export is by one stack, which the deploy's order puts first."""
    for environment in world:
        exporter = {name: stack for stack, template in environment.templates.items() for name in exports(template)}
        folder = next(iter(environment.files.values())).parent
        artifacts = json.loads((folder / "manifest.json").read_text("utf-8"))["artifacts"]
        for stack, template in environment.templates.items():
            wanted = {exporter[name] for name in imports(template)}
            assert wanted <= first(stack, artifacts), (environment.name, stack)


def first(stack: str, artifacts: dict[str, Any]) -> set[str]:
    """The stacks that are deployed before this one."""
    direct = set(artifacts[stack].get("dependencies", []))
    return direct.union(*(first(each, artifacts) for each in direct))


def choices(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, set[Any]]]:
    """Each setting with a few values only, with them; None is one where it may be left out."""
    for name, field in model.model_fields.items():
        options = [field.annotation, *get_args(field.annotation)]
        for option in options:
            if isinstance(option, type) and issubclass(option, BaseModel):
                yield from choices(option, f"{prefix}{name}.")
        few = {value for option in options if get_origin(option) is Literal for value in get_args(option)}
        if bool in options:
            few |= {True, False}
        if few and not any(isinstance(value, (int, Enum)) and not isinstance(value, bool) for value in few):
            yield f"{prefix}{name}", few


def value_of(settings: Any, path: str) -> Any:
    if path == "api.snap_start":  # unset, the region says
        return settings.snap_start
    for name in path.split("."):
        settings = getattr(settings, name, None)
    return settings


CHOICES = dict(choices(Settings))


def test_what_is_not_changed_is_a_setting() -> None:
    assert set(NOT_CHANGED) < set(CHOICES) and len(CHOICES) >= 20


@pytest.mark.parametrize("path", sorted(set(CHOICES) - set(NOT_CHANGED)))
def test_each_value_of_a_setting_that_has_a_few_is_changed_to(world: World, path: str) -> None:
    values = CHOICES[path]
    pairs = [(value_of(before.settings, path), value_of(after.settings, path)) for _, before, after in changes(world)]
    assert values <= {after for before, after in pairs if before != after}, path


# Settings of many values that make other resources once they are set.
SWITCHES = ("serving.sleeps", "serving.schedule", "serving.copy_memory_mb")


@pytest.mark.parametrize("path", SWITCHES)
def test_each_setting_that_makes_other_resources_is_turned_on_and_off(world: World, path: str) -> None:
    pairs = [(value_of(before.settings, path), value_of(after.settings, path)) for _, before, after in changes(world)]
    assert {bool(after) for before, after in pairs if bool(before) != bool(after)} == {True, False}, path


def test_a_model_that_begins_to_sleep_or_stops_gets_another_endpoint(world: World) -> None:
    """The old one serves until the new one does: one name for both would be refused or replaced in place."""
    found = {
        name
        for name, before, after in changes(world)
        if before.settings.serving.sleeps != after.settings.serving.sleeps
        and before.settings.endpoint_name != after.settings.endpoint_name
    }
    assert {"dev -> sleeps", "sleeps -> dev", "prod -> sleeps-kms", "sleeps-kms -> prod"} <= found
