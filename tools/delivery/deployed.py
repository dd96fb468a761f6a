"""What is deployed: each stack's status, template and parameters, and the model that is approved."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from contracts.deployment import buckets
from ops.deployment import stacks
from tools.delivery.errors import USAGE, DeliveryError

ABSENT = ""
# There is no stack yet: one that was only planned, or whose creation failed; the CLI deletes these and begins anew.
_NOT_YET = (ABSENT, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "CREATE_FAILED")
_STABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
_POLL_SECONDS = 5.0


@dataclass(frozen=True)
class StackState:
    """A stack as it is deployed. template: as it was given (JSON); parameters: as CloudFormation describes them."""

    name: str
    status: str = ABSENT
    template: str = ""
    parameters: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    capabilities: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    exports: list[str] = field(default_factory=list)

    @property
    def exists(self) -> bool:
        """Whether there is anything to go back to."""
        return self.status not in _NOT_YET

    @property
    def model(self) -> str:
        """The version of the approved model that the stack serves; "" for a stack without one.

        `ResolvedValue` of Parameter (CloudFormation's API reference): what a parameter that reads SSM has read.
        """
        resolved = (str(each.get("ResolvedValue", "")) for each in self.parameters)
        return next((version for value in resolved if (version := buckets.model_version(value))), "")

    def document(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


def look(cloudformation: Any, names: Iterable[str], *, templates: bool) -> list[StackState]:
    """The stacks' states, in the order of their names. templates: also each one's template."""
    return [_state(cloudformation, name, template=templates) for name in names]


def _state(cloudformation: Any, name: str, *, template: bool) -> StackState:
    stack = stacks.described(cloudformation, name)
    if stack is None:
        return StackState(name)
    if stack["StackStatus"] in _NOT_YET:
        return StackState(name, status=stack["StackStatus"])
    outputs = stack.get("Outputs", [])
    return StackState(
        name,
        status=stack["StackStatus"],
        template=_template(cloudformation, name) if template else "",
        parameters=stack.get("Parameters", []),
        tags=stack.get("Tags", []),
        capabilities=stack.get("Capabilities", []),
        outputs={each["OutputKey"]: each["OutputValue"] for each in outputs},
        exports=[each["ExportName"] for each in outputs if "ExportName" in each],
    )


def _template(cloudformation: Any, name: str) -> str:
    body = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    return body if isinstance(body, str) else json.dumps(body)


def refuse_busy(states: Sequence[StackState]) -> None:
    """Raises DeliveryError if a stack cannot be changed now."""
    for state in states:
        if state.exists and state.status.endswith("_IN_PROGRESS"):
            raise DeliveryError(
                f"{state.name} is {state.status}: somebody else changes it (a deploy, or a promotion); wait until that "
                "has ended, then run this again",
                status=USAGE,
            )
        if state.exists and state.status not in _STABLE:
            raise DeliveryError(
                f"{state.name} is {state.status}, which no change set can change: bring it back to a stable state in "
                "CloudFormation first (docs/troubleshooting.md)",
                status=USAGE,
            )


def settled(cloudformation: Any, name: str, *, every: float = _POLL_SECONDS) -> StackState:
    """The stack's state once nothing is in progress."""
    while True:
        state = _state(cloudformation, name, template=False)
        if not state.exists or not state.status.endswith("_IN_PROGRESS"):
            return state
        time.sleep(every)
