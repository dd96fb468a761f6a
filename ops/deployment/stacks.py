"""The stacks of an environment and their outputs, which locate everything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ops.errors import NOT_FOUND, OpsError, code_of

# A change set for a stack that was never created, and a failed first deploy: the next deploy recreates the stack.
NOT_YET = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
PARTS = ("Network", "Endpoints", "Data", "Training", "Serving", "Challenger", "Api", "Monitoring")


@dataclass(frozen=True)
class Stack:
    """A deployed stack; `status` as in CloudFormation, `changed` in ISO 8601."""

    name: str
    status: str
    changed: str
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stacks:
    """The deployed stacks by component (Data, Training, ...); a component that is not deployed is absent.

    trained: whether the environment has a model of its own; without one there is no Training and no Serving stack.
    """

    env: str
    by_part: dict[str, Stack]
    trained: bool = True

    def get(self, output: str) -> str | None:
        """An output's value, or None if no stack has it."""
        for stack in self.by_part.values():
            if output in stack.outputs:
                return stack.outputs[output]
        return None

    @property
    def serving(self) -> bool:
        """Whether there is a Serving stack, which serves an approved model or is about to."""
        stack = self.by_part.get("Serving")
        return stack is not None and stack.status not in NOT_YET

    def need(self, output: str) -> str:
        """An output's value. Raises OpsError if no deployed stack has it."""
        value = self.get(output)
        if value is None and self.by_part and not self.trained:
            raise OpsError(
                f"classifier.backend is bedrock in {self.env!r}: it neither trains nor serves a model", status=NOT_FOUND
            )
        if value is None:
            what = "Nothing is" if not self.by_part else f"No stack with {output} is"
            how = "make demo" if self.env == "local" else f"make deploy ENV={self.env}"
            raise OpsError(f"{what} deployed in {self.env!r}: `{how}` does it", status=NOT_FOUND)
        return value


def described(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """DescribeStacks' answer for a stack; None if there is none, or none any more. Raises ClientError."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def template(cloudformation: Any, name: str) -> dict[str, Any]:
    """A deployed stack's template as it was submitted. Raises OpsError if it is not JSON, ClientError."""
    body = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    try:
        # botocore gives JSON as an object, anything else as text.
        document = json.loads(body if isinstance(body, str) else json.dumps(body))
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise OpsError(f"The deployed template of {name} is not JSON: it was not deployed by the CDK")
    return document


def _describe(cloudformation: Any, name: str) -> Stack | None:
    answer = described(cloudformation, name)
    if answer is None:
        return None
    changed = answer.get("LastUpdatedTime") or answer["CreationTime"]
    values = {item["OutputKey"]: item["OutputValue"] for item in answer.get("Outputs", [])}
    return Stack(name=name, status=answer["StackStatus"], changed=changed.isoformat(timespec="seconds"), outputs=values)


def read(cloudformation: Any, *, env: str, name_of: Callable[[str], str], trained: bool = True) -> Stacks:
    """The environment's stacks. `name_of` returns a component's stack name; `trained` is as in Stacks."""
    described = {part: _describe(cloudformation, name_of(part)) for part in PARTS}
    return Stacks(env=env, by_part={part: stack for part, stack in described.items() if stack}, trained=trained)
