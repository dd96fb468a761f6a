"""`make delivery-plan`: an environment's change sets before somebody approves them, by a role that can execute nothing.

Its templates are below a prefix of their own, and its change sets are CloudFormation's record of what they will do:
`adopted` finds the same ones later by their ids, with the templates of the same assembly.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.delivery import change_sets
from tools.delivery.assembly import AssemblyStack
from tools.delivery.change_sets import FAILED, IN_TURN, NOTHING, READY, ChangeSet
from tools.delivery.deployed import StackState
from tools.delivery.errors import USAGE, DeliveryError
from tools.delivery.store import Store

_FILE = "plan.json"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Planner:
    """Makes the change sets `name`. store: where their templates go; it also knows the account."""

    store: Store
    name: str
    every: float = _POLL_SECONDS

    def make(self, stack: AssemblyStack, state: StackState) -> ChangeSet:
        """One stack's change set, as the CDK's CLI would make it: with the values that its parameters have."""
        cloudformation, place = self.store.place.cloudformation, self.store.place
        change_sets.delete(cloudformation, stack.name, name=self.name)
        body = stack.file.read_bytes()
        role = place.execution_role
        cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetName=self.name,
            ChangeSetType="UPDATE" if state.exists else "CREATE",
            TemplateURL=self.store.upload(f"{stack.name}-{hashlib.sha256(body).hexdigest()}.template.json", body),
            Parameters=list(_kept(stack, state)),
            Capabilities=_CAPABILITIES,
            Tags=[{"Key": key, "Value": value} for key, value in sorted(stack.tags.items())],
            IncludeNestedStacks=True,
            **({"RoleARN": role} if role else {}),
        )
        while (made := change_sets.of(cloudformation, stack.name, name=self.name)).kind == change_sets.MAKING:
            time.sleep(self.every)
        if made.kind == NOTHING:
            change_sets.delete(cloudformation, stack.name, name=self.name)
        return made

    def all(self, stacks: Sequence[AssemblyStack], states: Sequence[StackState]) -> list[ChangeSet]:
        """Every stack's, in the order of their deployment."""
        now = set(change_sets.plannable(stacks, states))
        return [
            self.make(stack, state) if stack.name in now else ChangeSet(stack.name, IN_TURN)
            for stack, state in zip(stacks, states, strict=True)
        ]


def _kept(stack: AssemblyStack, state: StackState) -> Iterator[dict[str, Any]]:
    """The parameters that the stack has a value of already; all others have a default."""
    has = {each["ParameterKey"] for each in state.parameters}
    for key in stack.template.get("Parameters", {}):
        if key in has:
            yield {"ParameterKey": key, "UsePreviousValue": True}


def keep(folder: Path, made: Sequence[ChangeSet], *, digest: str) -> str:
    """Write the plan down; its own digest (SHA-256, in hex), by which the approved one is known."""
    body = json.dumps({"digest": digest, "sets": [vars(each) for each in made]}, sort_keys=True).encode()
    (folder / _FILE).write_bytes(body)
    return hashlib.sha256(body).hexdigest()


def approved(folder: Path, *, expected: str, digest: str, env: str) -> list[ChangeSet]:
    """The change sets of the plan whose digest is `expected`. Raises DeliveryError if it is another, or for others.

    digest: of the assembly that is to be deployed.
    """
    file, again = folder / _FILE, f"make delivery-plan ENV={env}"
    if not file.is_file():
        raise DeliveryError(f"{file} is missing: take it from the job that planned, or {again}", status=USAGE)
    body = file.read_bytes()
    if hashlib.sha256(body).hexdigest() != expected:
        raise DeliveryError(
            f"{file} is not the approved plan {expected[:12]}: take it from the job that made it", status=USAGE
        )
    known = json.loads(body)
    if known["digest"] != digest:
        raise DeliveryError(
            f"The approved plan is of the assembly {known['digest'][:12]}, and {digest[:12]} is to be deployed: "
            f"{again}",
            status=USAGE,
        )
    return [ChangeSet(**each) for each in known["sets"]]


def refuse_changed(
    cloudformation: Any, planned: Sequence[ChangeSet], stacks: Sequence[AssemblyStack], states: Sequence[StackState]
) -> None:
    """Raise DeliveryError if what was approved cannot be executed as it was shown, before anything is changed."""
    found = {stack.name: (stack, state) for stack, state in zip(stacks, states, strict=True)}
    if [each.stack for each in planned] != list(found):
        raise DeliveryError(
            "The approved plan is of other stacks than the assembly's: plan and approve anew", status=USAGE
        )
    for each in planned:
        stack, state = found[each.stack]
        if each.kind in (READY, NOTHING):
            compare = _changed if each.kind == READY else _stale
            problem = compare(cloudformation, each, stack, state)
            if problem:
                raise DeliveryError(
                    f"The approved change set of {each.stack} {problem}: plan and approve anew "
                    "(on GitHub, run the job that plans again)",
                    status=USAGE,
                )


def _changed(cloudformation: Any, shown: ChangeSet, stack: AssemblyStack, state: StackState) -> str:
    """What is wrong with a change set that was shown, for the end of a sentence; "" if nothing is."""
    now = change_sets.of(cloudformation, shown.stack, name=shown.id)
    if now.kind != READY:
        return f"cannot be executed any more, {now.reason or now.kind}: something else has changed the stack"
    if (now.id, now.changes) != (shown.id, shown.changes):
        return "is not the one that was shown"
    body = cloudformation.get_template(StackName=shown.stack, ChangeSetName=shown.id, TemplateStage="Original")
    template = body["TemplateBody"]
    if (json.loads(template) if isinstance(template, str) else template) != stack.template:
        return "has another template than the assembly"
    has = {each["ParameterKey"]: each.get("ParameterValue") for each in state.parameters}
    for key, value in now.parameters.items():
        declared = stack.template.get("Parameters", {}).get(key, {})
        if value != has.get(key, declared.get("Default")):
            return f"gives the parameter {key} another value than the stack has"
    return ""


def _stale(cloudformation: Any, shown: ChangeSet, stack: AssemblyStack, state: StackState) -> str:
    """As `_changed`, for a stack of which nothing was to change."""
    same = json.loads(state.template or "{}").get("Resources") == stack.template.get("Resources")
    return "" if same else "was not needed, and now is: something else has changed the stack"


def summary(planned: Sequence[ChangeSet], *, plan: str) -> str:
    """What a person approves, below the change sets themselves."""
    ids = [f"- `{each.id}`" for each in planned if each.kind == READY]
    turn = [each.stack for each in planned if each.kind == IN_TURN]
    lines = ["", f"Plan `{plan}`. Approved, exactly these are executed:", "", *(ids or ["- nothing"])]
    if turn:
        lines += ["", f"{', '.join(turn)}: made of the same assembly once the stacks before are there."]
    return "\n".join(lines) + "\n"


def refuse_failed(made: Sequence[ChangeSet]) -> None:
    """Raise DeliveryError for the first change set that CloudFormation could not make."""
    failed = next((each for each in made if each.kind == FAILED), None)
    if failed is not None:
        raise DeliveryError(f"The change set of {failed.stack} cannot be executed: {failed.reason}")
