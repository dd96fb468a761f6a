"""Change sets: what each would do, in words, and whether it may still be executed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tools.delivery.assembly import AssemblyStack
from tools.delivery.deployed import StackState

READY, NOTHING, IN_TURN, FAILED = "ready", "nothing to change", "made in its turn", "failed"
MAKING = "being made"
_MAKING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
_EMPTY = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class ChangeSet:
    """A stack's change set.

    kind: READY, NOTHING, IN_TURN (it needs what an earlier stack is about to make), FAILED or MAKING; id: its ARN;
    parameters: the values that it has.
    """

    stack: str
    kind: str
    reason: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    id: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def plannable(stacks: Sequence[AssemblyStack], states: Sequence[StackState]) -> list[str]:
    """The stacks whose change sets can be made before anything is deployed.

    CloudFormation resolves Fn::ImportValue when it makes a change set: an export must exist by then.
    """
    exported = {name for state in states for name in state.exports}
    return [stack.name for stack in stacks if stack.imports <= exported]


def of(cloudformation: Any, stack: str, *, name: str) -> ChangeSet:
    """A stack's change set by its name or its ARN, as it is now."""
    try:
        described = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ChangeSetNotFound", "ChangeSetNotFoundException", "ValidationError"):
            return ChangeSet(stack, FAILED, "it is gone")
        raise
    reason = described.get("StatusReason", "")
    if described["Status"] in _MAKING:
        return ChangeSet(stack, MAKING)
    if described["Status"] == "FAILED":
        return ChangeSet(stack, NOTHING if any(words in reason for words in _EMPTY) else FAILED, reason)
    changes = list(_changes(cloudformation, stack, name, described))
    if not changes and not described.get("Changes"):
        return ChangeSet(stack, NOTHING)
    if described["ExecutionStatus"] != "AVAILABLE":
        return ChangeSet(stack, FAILED, f"it is {described['ExecutionStatus']}", changes)
    values = {each["ParameterKey"]: str(each.get("ParameterValue", "")) for each in described.get("Parameters", [])}
    return ChangeSet(stack, READY, changes=changes, id=described["ChangeSetId"], parameters=values)


def _changes(cloudformation: Any, stack: str, name: str, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    page = first
    while True:
        for each in page.get("Changes", []):
            yield each["ResourceChange"]
        if "NextToken" not in page:
            return
        page = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name, NextToken=page["NextToken"])


def discard(cloudformation: Any, stack: str, *, name: str) -> None:
    """Delete a change set, and the stack that only it has planned."""
    try:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        if described["StackStatus"] == "REVIEW_IN_PROGRESS":
            cloudformation.delete_stack(StackName=stack)
        else:
            cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
    except ClientError as error:
        if "does not exist" not in str(error):
            raise


def delete(cloudformation: Any, stack: str, *, name: str) -> None:
    """Delete a change set; the stack stays, also one that only it has planned."""
    try:
        cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
    except ClientError as error:
        if "does not exist" not in str(error):
            raise


def markdown(sets: Sequence[ChangeSet], *, environment: str, digest: str) -> str:
    """What the change sets would do, for a person who approves them."""
    lines = [f"### Change sets of `{environment}`", "", f"Assembly `{digest}`.", ""]
    for each in sets:
        if each.kind == READY:
            lines += [f"**{each.stack}**", "", "| does | resource | type | replaced |", "| --- | --- | --- | --- |"]
            lines += [_row(change) for change in each.changes]
            lines += [""]
        else:
            lines += [f"**{each.stack}**: {each.kind}{_because(each)}.", ""]
    return "\n".join(lines)


def _because(each: ChangeSet) -> str:
    if each.kind == IN_TURN:
        return ", since it needs what an earlier stack makes"
    return f" ({each.reason})" if each.kind == FAILED else ""


def _row(change: dict[str, Any]) -> str:
    replaced = {"True": "**yes**", "Conditional": "**perhaps**"}.get(change.get("Replacement", ""), "no")
    return f"| {change['Action']} | {change['LogicalResourceId']} | {change['ResourceType']} | {replaced} |"
