"""What a deploy or a destroy would run into because of what is deployed already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from environments.settings import Settings
from ops.deployment import stacks
from ops.preflight.finding import Finding

# How the Data stack's output begins that exports the key's ARN to the other stacks (CDK names it).
KEY_EXPORT = "ExportsOutputFnGetAttKey"
_NOT_TRAINED = ("Serving", "Training")


def before_deploy(client: Any, *, settings: Settings) -> list[Finding]:
    """What of the settings cannot follow on what is deployed (cloudformation:DescribeStacks). Raises ClientError."""
    found = stacks.read(client, env=settings.name, name_of=settings.stack_name).by_part
    said = [*_encryption(found, settings=settings), *_left_over(found, settings=settings)]
    return said or [Finding(area="stacks", verdict="ok", what="what is deployed can be changed to the settings")]


def _encryption(found: dict[str, stacks.Stack], *, settings: Settings) -> Iterator[Finding]:
    """The key cannot go: objects and models are encrypted with it, and the other stacks import it."""
    data = found.get("Data")
    if data and settings.data.encryption == "s3" and any(name.startswith(KEY_EXPORT) for name in data.outputs):
        yield Finding(
            area="stacks",
            verdict="refused",
            what=f"data.encryption is s3, but {data.name} has a key, with which what it stores is encrypted",
            todo="keep data.encryption: kms; for an environment without a key, make a new one and copy the data",
        )


def _left_over(found: dict[str, stacks.Stack], *, settings: Settings) -> Iterator[Finding]:
    """A deploy deletes no stack that the settings leave out."""
    left = [found[part] for part in _NOT_TRAINED if part in found and not settings.classifier.trained]
    if left:
        yield Finding(
            area="stacks",
            verdict="warning",
            what=f"classifier.backend is bedrock: {' and '.join(stack.name for stack in left)} stay, and cost money",
            todo="after the deploy, one after the other: "
            + "; ".join(f"aws cloudformation delete-stack --stack-name {stack.name}" for stack in left),
        )


def being_changed(client: Any, *, settings: Settings) -> list[Finding]:
    """A warning for each stack that CloudFormation is changing (cloudformation:DescribeStacks). Raises ClientError."""
    found = stacks.read(client, env=settings.name, name_of=settings.stack_name).by_part.values()
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


def _sooner(stack: stacks.Stack) -> str:
    """How to end an update; nothing else can be cancelled (API_CancelUpdateStack)."""
    if stack.status != "UPDATE_IN_PROGRESS":
        return ""
    return f" or end it with aws cloudformation cancel-update-stack --stack-name {stack.name}"
