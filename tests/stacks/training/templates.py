"""Reads machines and functions from the Training stack's template."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.stacks.conftest import Synthesised
from tests.stacks.policies import listed

REFERENCE = re.compile(r'"(?:Ref|Fn::GetAtt)": \[?"([A-Za-z0-9]+)"')


def definitions(synthesised: Synthesised) -> dict[str, Any]:
    """The state machines' definitions by their names, with every reference as `?`."""
    found = {}
    for machine in synthesised.resources("training", "AWS::StepFunctions::StateMachine").values():
        text = machine["Properties"]["DefinitionString"]
        parts = text["Fn::Join"][1] if isinstance(text, dict) else [text]
        joined = "".join(part if isinstance(part, str) else "?" for part in parts)
        found[machine["Properties"]["StateMachineName"]] = json.loads(joined)
    return found


def environment_of(synthesised: Synthesised, start: str) -> dict[str, Any]:
    [function] = [
        f for n, f in synthesised.resources("training", "AWS::Lambda::Function").items() if n.startswith(start)
    ]
    variables: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
    return variables


def job_of(environment: Synthesised) -> dict[str, Any]:
    """The CreateTrainingJob request in the pipeline's definition."""
    name = f"{environment.stacks.data.settings.prefix}-training"
    request: dict[str, Any] = definitions(environment)[name]["States"]["Train"]["Parameters"]
    return request


def before(environment: Synthesised, name: str) -> set[str]:
    """The dependencies of `name` in the Training stack, direct or not: on deletion it goes before them."""
    resources = environment.resources("training")
    waiting, seen = [name], set[str]()
    while waiting:
        resource = resources[waiting.pop()]
        needs = {*listed(resource.get("DependsOn", [])), *REFERENCE.findall(json.dumps(resource["Properties"]))}
        waiting += [need for need in needs if need in resources and need not in seen]
        seen |= needs
    return seen & set(resources)
