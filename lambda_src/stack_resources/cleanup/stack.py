"""Whether the stack is being deleted. An update deletes resources too, when its template no longer has them."""

from __future__ import annotations

from typing import Any

# A failed creation removes everything. An update that is rolled back removes only what it added.
_DELETING = ("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


def is_being_deleted(cloudformation: Any, stack_id: str) -> bool:
    """Whether the stack itself is being deleted, not only one of its resources."""
    stacks = cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
    return stacks[0]["StackStatus"] in _DELETING
