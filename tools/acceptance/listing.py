"""Lists AWS resources page by page, and picks the environment's stacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """Every item that an operation lists under `key`."""
    several = client.get_paginator(operation).paginate(**arguments) if client.can_paginate(operation) else None
    for page in several or [getattr(client, operation)(**arguments)]:
        yield from page.get(key, [])


def stacks_of(cloudformation: Any, name: str) -> list[dict[str, Any]]:
    """The environment's stacks that are there, the first made first."""
    found = [
        stack
        for stack in pages(cloudformation, "describe_stacks", "Stacks")
        if f"-{name}-" in stack["StackName"] and stack["StackStatus"] != "DELETE_COMPLETE"
    ]
    return sorted(found, key=lambda stack: stack["CreationTime"])
