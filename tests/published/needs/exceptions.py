"""Permissions that differ from AWS's documents on purpose, read from exceptions.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tests.published.aws.patterns import covers
from tests.published.synthesised.policies import Grant

FILE = Path(__file__).with_name("exceptions.yaml")
KINDS = ("granted", "missing")


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A permission that is meant as it is. role: part of a role's name, "" for any."""

    kind: str
    action: str
    resource: str
    source: str
    reason: str
    role: str = ""


@cache
def exceptions() -> tuple[Accepted, ...]:
    """All of them."""
    return tuple(Accepted(**each) for each in yaml.safe_load(FILE.read_text("utf-8")))


def accepted(kind: str, grant: Grant, *, role: str) -> Accepted | None:
    """The exception that a permission of a role falls under, or None."""
    return next(
        (
            each
            for each in exceptions()
            if (each.kind, each.action) == (kind, grant.action)
            and covers(each.resource, grant.resource)
            and each.role in role
        ),
        None,
    )
