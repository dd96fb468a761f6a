"""Whether the stack goes. A resource is deleted on an update as well, when a template no longer has it."""

from __future__ import annotations

from typing import Any

# Of a stack whose creation failed, what was made is removed. An update that is rolled back removes what it added.
_GOING = ("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


def is_going(cloudformation: Any, stack_id: str) -> bool:
    """Whether the stack itself is being deleted, and not only a resource of it."""
    stacks = cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
    return stacks[0]["StackStatus"] in _GOING
