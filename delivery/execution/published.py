"""What AWS publishes: the actions that CloudFormation's handlers call for each type, and what those can be narrowed to.

handlers.json is written by tools/aws_facts/handlers.py, from the `handlers` of CloudFormation's resource schemas
(CloudFormation CLI user guide, "Resource type schema": the permissions that each handler needs) and from the service
authorization reference.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FACTS = Path(__file__).with_name("handlers.json")


@cache
def handlers() -> dict[str, frozenset[str]]:
    """The actions of a type's create, read, update and delete handlers; types without handlers are absent."""
    types: dict[str, list[str]] = _facts()["types"]
    return {name: frozenset(actions) for name, actions in types.items()}


@cache
def without_resources() -> frozenset[str]:
    """Actions for which a policy cannot name resources, only `*`."""
    return frozenset(_facts()["without_resources"])


@cache
def _facts() -> dict[str, dict[str, list[str]]]:
    facts: dict[str, dict[str, list[str]]] = json.loads(FACTS.read_text(encoding="utf-8"))
    return facts
