"""Which VPC endpoint a call goes through: environments/aws/vpc_endpoints.yaml, with its sources."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FACTS = Path(__file__).with_name("vpc_endpoints.yaml")


class UnknownEndpointError(Exception):
    """No endpoint is known for an action; the message says where to add it."""


@dataclass(frozen=True, kw_only=True, order=True)
class Endpoint:
    """An endpoint service: the end of its name (`sagemaker.api`), and whether a route table leads there (`gateway`)."""

    name: str
    gateway: bool


@cache
def facts() -> dict[str, Any]:
    """The file as it is."""
    found: dict[str, Any] = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    return found


def endpoint_for(action: str, *, service: str) -> Endpoint | None:
    """Where a call leaves the VPC; None where the service makes it itself, elsewhere.

    action: such as `s3:GetObject`; service: which assumes the role, such as `lambda.amazonaws.com`. Raises
    UnknownEndpointError.
    """
    for known in facts()["by_the_service"].get(service, ()):
        exempt = any(fnmatchcase(action, pattern) for pattern in known.get("but", ()))
        if fnmatchcase(action, known["action"]) and not exempt:
            return None
    prefix = action.partition(":")[0]
    entry = facts()["actions"].get(action) or facts()["endpoints"].get(prefix)
    if entry is None:
        raise UnknownEndpointError(
            f"{FACTS.name} in environments/aws has no VPC endpoint for {action}: add it, with AWS's document"
        )
    return Endpoint(name=entry.get("gateway") or entry["interface"], gateway="gateway" in entry)
