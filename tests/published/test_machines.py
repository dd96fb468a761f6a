"""Every state machine's definition is valid for two independent validators."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.published.synthesised.machines import invalid, machines
from tests.published.synthesised.world import World

Definition = dict[str, Any]


def test_every_definition_is_valid(world: World) -> None:
    distinct: dict[str, Definition] = {}
    texts: set[str] = set()
    for environment in world:
        for machine in machines(environment.account):
            text = json.dumps(machine.definition, sort_keys=True)
            if text not in texts:
                texts.add(text)
                distinct[f"{environment.name}-{machine.name}"] = machine.definition
    assert len(distinct) > 10
    assert invalid(distinct) == {}


def without_next(definition: Definition) -> None:
    del definition["States"]["Prepare"]["Next"]


def to_nowhere(definition: Definition) -> None:
    definition["States"]["Prepare"]["Next"] = "Trian"


def bad_path(definition: Definition) -> None:
    definition["States"]["Train"]["ResultPath"] = "$.[training"


def misspelt(definition: Definition) -> None:
    definition["States"]["Train"]["Parametres"] = definition["States"]["Train"].pop("Parameters")


@pytest.mark.parametrize(
    ("fault", "finders"),
    [
        (without_next, {"asl-validator", "amazon-states-language-service"}),
        (to_nowhere, {"asl-validator", "amazon-states-language-service"}),
        (bad_path, {"asl-validator"}),
        (misspelt, {"asl-validator", "amazon-states-language-service"}),
    ],
)
def test_a_broken_definition_is_found(world: World, fault: Callable[[Definition], None], finders: set[str]) -> None:
    [pipeline] = [m for m in machines(world["dev"].account) if m.name.endswith("-training")]
    definition = copy.deepcopy(pipeline.definition)
    assert invalid({"pipeline": definition}) == {}
    fault(definition)
    assert {problem.split(":")[0] for problem in invalid({"pipeline": definition})["pipeline"]} >= finders
