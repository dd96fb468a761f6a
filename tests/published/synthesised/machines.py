"""The state machines of an environment: definitions without intrinsics, and the findings of two validators."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.published.synthesised.concrete import Account, Resource

REPOSITORY = Path(__file__).resolve().parents[3]
State = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """A state machine: its resource and its definition as Step Functions gets it."""

    resource: Resource
    definition: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return self.resource.name

    def states(self, kind: str | None = None) -> Iterator[tuple[str, State]]:
        """(name, state) of all states or of one type, those inside Map and Parallel states too."""
        yield from ((name, state) for name, state in _states(self.definition) if kind in (None, state["Type"]))


def _states(definition: dict[str, Any]) -> Iterator[tuple[str, State]]:
    for name, state in definition["States"].items():
        yield name, state
        for inner in [*state.get("Branches", []), state.get("ItemProcessor"), state.get("Iterator")]:
            if inner:
                yield from _states(inner)


def machines(account: Account) -> list[Machine]:
    """All state machines of an environment."""
    found = account.resources("AWS::StepFunctions::StateMachine")
    return [Machine(each, json.loads(each.properties["DefinitionString"])) for each in found]


def invalid(definitions: Mapping[str, dict[str, Any]]) -> dict[str, list[str]]:
    """The findings of asl-validator and amazon-states-language-service, by name; one Node process for all."""
    node = Path(sys.executable).with_name("node")
    done = subprocess.run(
        [str(node), str(Path(__file__).with_name("machines.cjs"))],
        input=json.dumps(definitions),
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        timeout=120,
    )
    problems: dict[str, list[str]] = json.loads(done.stdout)
    return {name: found for name, found in problems.items() if found}
