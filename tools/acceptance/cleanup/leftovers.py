"""Lists the leftovers of an environment in an account, service by service.

A resource is the environment's when its name or description has the environment's name, which nothing else has, or
when one of its stacks had it. The Resource Groups Tagging API would not do: it tells of deleted resources too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.acceptance.cleanup.kinds import KINDS, Kind
from tools.acceptance.listing import pages

_PAUSE_SECONDS = 5.0


@dataclass
class Left:
    """Names by kind. `stays`: records that AWS keeps and that cost nothing; `uncounted`: why a kind was not listed."""

    found: dict[str, list[str]] = field(default_factory=dict)
    stays: dict[str, list[str]] = field(default_factory=dict)
    uncounted: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many resources are left, those of uncounted kinds aside."""
        return sum(map(len, self.found.values()))

    @property
    def is_nothing(self) -> bool:
        """Whether every kind was listed and nothing is left."""
        return not self.count and not self.uncounted


def resources(cloudformation: Any, stacks: Iterable[str]) -> set[str]:
    """The physical ids of the stacks' resources, to be asked for before they are destroyed."""
    found = set()
    for stack in stacks:
        for resource in pages(cloudformation, "list_stack_resources", "StackResourceSummaries", StackName=stack):
            if resource.get("PhysicalResourceId"):
                found.add(resource["PhysicalResourceId"])
    return found


def count(
    client: Callable[[str], Any], name: str, *, prefix: str, known: set[str], kinds: Iterable[Kind] = KINDS
) -> Left:
    """What is left now of an environment. client: makes the client of a service; prefix: what names begin with, such
    as `rubric-acc0k3x9a`; known: physical ids that its stacks had.
    """
    left = Left()
    clients: dict[str, Any] = {}
    for kind in kinds:
        try:
            if kind.service not in clients:
                clients[kind.service] = client(kind.service)
            ours = [
                item for item, about in kind.items(clients[kind.service], prefix) if _is_ours(item, about, name, known)
            ]
        except (ClientError, BotoCoreError) as error:
            left.uncounted[kind.name] = str(error)
            continue
        if ours:
            (left.stays if kind.stays else left.found)[kind.name] = sorted(ours)
    return left


def settled(client: Callable[[str], Any], name: str, *, prefix: str, known: set[str], seconds: float) -> Left:
    """The leftovers once no more disappear, or after so many seconds: deletions are not visible everywhere at once."""
    end = time.monotonic() + seconds
    while True:
        left = count(client, name, prefix=prefix, known=known)
        if not left.count or time.monotonic() > end:
            return left
        time.sleep(min(_PAUSE_SECONDS, seconds / 4))


def _is_ours(item: str, about: Any, name: str, known: set[str]) -> bool:
    return item in known or name in json.dumps(about, default=str)
