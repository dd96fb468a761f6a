"""What a destroy would run into: a stack that is being changed."""

from __future__ import annotations

from typing import Any

from environments.settings import Settings
from ops import outputs
from ops.preflight.finding import Finding


def being_changed(client: Any, *, settings: Settings) -> list[Finding]:
    """A warning for each stack that CloudFormation is changing (cloudformation:DescribeStacks). Raises ClientError."""
    found = outputs.read(client, env=settings.name, name_of=settings.stack_name).by_part.values()
    busy = [stack for stack in found if stack.status.endswith("_IN_PROGRESS") and "DELETE" not in stack.status]
    return [
        Finding(
            area="stacks",
            verdict="warning",
            what=f"{stack.name} is in {stack.status}: AWS may refuse to delete it until that ends",
            todo=f"wait for its end{_sooner(stack)}, then destroy",
        )
        for stack in busy
    ] or [Finding(area="stacks", verdict="ok", what="no stack is being changed")]


def _sooner(stack: outputs.Stack) -> str:
    """How to end an update; nothing else can be cancelled (API_CancelUpdateStack)."""
    if stack.status != "UPDATE_IN_PROGRESS":
        return ""
    return f" or end it with aws cloudformation cancel-update-stack --stack-name {stack.name}"
