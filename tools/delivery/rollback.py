"""Puts back the stacks that a run has changed, with the values that their parameters have.

The approved model is such a value (decision 2), so it stays, whatever has been promoted meanwhile; nothing here trains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import stack_outputs
from contracts.deployment.pipeline import UNGUARDED
from tools.delivery.before import Before
from tools.delivery.deployed import ABSENT, StackState, look, settled
from tools.delivery.errors import DeliveryError
from tools.delivery.store import Store

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING = "No updates are to be performed"


def roll_back(store: Store, before: Before, *, say: Callable[[str], None]) -> None:
    """Put every stack back, the last deployed first. Raises DeliveryError once all were tried, naming what failed."""
    cloudformation = store.place.cloudformation
    failed = []
    for stack in reversed(before.stacks):
        try:
            say(f"{stack.name} {_put_back(store, cloudformation, stack)}")
        except (ClientError, DeliveryError) as error:
            failed.append(f"{stack.name} ({error})")
    if failed:
        raise DeliveryError(f"Not rolled back: {'; '.join(failed)}: look at these stacks in CloudFormation")


def _put_back(store: Store, cloudformation: Any, stack: StackState) -> str:
    now = settled(cloudformation, stack.name)
    if not stack.exists:
        return _deleted(cloudformation, now)
    if not now.exists:
        raise DeliveryError("it is gone")
    [now] = look(cloudformation, [stack.name], templates=True)
    if json.loads(now.template) == json.loads(stack.template) and now.tags == stack.tags:
        return "is as before"
    body = stack.template.encode()
    url = store.upload(f"{stack.name}-{hashlib.sha256(body).hexdigest()}.template.json", body)
    try:
        cloudformation.update_stack(
            StackName=stack.name,
            TemplateURL=url,
            Parameters=list(parameters(stack, now)),
            Capabilities=_CAPABILITIES,
            Tags=stack.tags,
        )
    except ClientError as error:
        if _NOTHING in str(error):
            return "is as before"
        raise
    ended = settled(cloudformation, stack.name)
    if ended.status != "UPDATE_COMPLETE":
        raise DeliveryError(f"it is {ended.status}")
    return "has its earlier template again"


def parameters(before: StackState, now: StackState) -> Iterator[dict[str, Any]]:
    """For each parameter that the earlier template declares: the value that the stack has now, else the earlier one.

    The Serving stack's earlier RolloutId names what that template rolls out: no alarm, which the failed change may
    have set off, takes that back (decision 85).
    """
    declared = json.loads(before.template).get("Parameters", {})
    has = {each["ParameterKey"] for each in now.parameters}
    values = {each["ParameterKey"]: each["ParameterValue"] for each in before.parameters}
    for key in declared:
        if key == UNGUARDED and stack_outputs.ROLLOUT_ID in before.outputs:
            yield {"ParameterKey": key, "ParameterValue": before.outputs[stack_outputs.ROLLOUT_ID]}
        elif key in has:
            yield {"ParameterKey": key, "UsePreviousValue": True}
        elif key in values:
            yield {"ParameterKey": key, "ParameterValue": values[key]}


def _deleted(cloudformation: Any, now: StackState) -> str:
    if now.status == ABSENT:
        return "is as before: there is none"
    cloudformation.delete_stack(StackName=now.name)
    ended = settled(cloudformation, now.name)
    if ended.status != ABSENT:
        raise DeliveryError(f"it is {ended.status}")
    return "is deleted: there was none before"
