"""Reads a state machine's definition: whether it is consistent, and where it can end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Definition = dict[str, Any]


def following(state: dict[str, Any]) -> Iterator[str]:
    """Names of the states that a state can go to."""
    if "Next" in state:
        yield state["Next"]
    if "Default" in state:
        yield state["Default"]
    for part in (*state.get("Choices", []), *state.get("Catch", [])):
        yield part["Next"]


def reached(definition: Definition, *, start: str | None = None) -> set[str]:
    """Names of the states that can be reached."""
    waiting, seen = [start or definition["StartAt"]], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += following(definition["States"][name])
    return seen


def problems(definition: Definition) -> list[str]:
    """The errors that Step Functions would refuse: unknown or unreachable states, and states without a transition."""
    states = definition["States"]
    found = [f"{name} -> {to}" for name, state in states.items() for to in following(state) if to not in states]
    if found:
        return found
    found += [f"{name} is never reached" for name in set(states) - reached(definition)]
    ends = ("Succeed", "Fail")
    for name, state in states.items():
        final = state["Type"] in ends or state.get("End") or state["Type"] == "Choice"
        if not final and "Next" not in state:
            found.append(f"{name} goes nowhere")
        if state["Type"] == "Fail" and not state.get("CausePath", "").startswith("$."):
            found.append(f"{name} gives no reason")
        if state["Type"] == "Task" and "Catch" not in state and not final and len(state.get("Retry", [])) < 2:
            found.append(f"{name} has no catch")
    return found
