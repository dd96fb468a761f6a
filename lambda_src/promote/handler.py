"""The steps of the promotion state machine: resolve, start, check and revert.

The Serving stack is updated with its previous template, so that CloudFormation stays the endpoint's only owner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, environment, s3_uri
from lambda_src.promote import logic
from lambda_src.promote.dal import ApprovedModel, Stack, package_artifact
from lambda_src.promote.environment import Settings

logger = Logger()
Event = dict[str, Any]


@cache
def _settings() -> Settings:
    return environment.load(Settings)


def _approved() -> ApprovedModel:
    return ApprovedModel(aws.client("ssm"), parameter=_settings().approved_model_parameter)


def _stack() -> Stack:
    return Stack(aws.client("cloudformation"), name=_settings().serving_stack_name)


def resolve(event: Event) -> dict[str, Any]:
    """`{"model_package_arn"}` -> the same with `artifact_uri`."""
    arn = event["model_package_arn"]
    uri = package_artifact(aws.client("sagemaker"), model_package_arn=arn)
    return {"model_package_arn": arn, "artifact_uri": uri}


def start(event: Event) -> dict[str, Any]:
    """`{"artifact_uri"}` -> status updating or done, and `previous`, the artifact that was approved before ("" = none).

    Raises StackBusy and StackNotUpdatable with the parameter as it was.
    """
    artifact_uri = str(event["artifact_uri"])
    s3_uri.split(artifact_uri)
    approved, stack = _approved(), _stack()
    exists = logic.has_stack(stack.status())
    previous = approved.get()
    approved.put(artifact_uri)
    answer = {"status": "done", "previous": previous, "artifact_uri": artifact_uri}
    if not exists:
        return {**answer, "reason": "no stack yet"}
    try:
        if not stack.update():
            return {**answer, "reason": "no updates are to be performed"}
    except Exception:
        # Whatever the update was refused for, the parameter must keep naming the model that is served.
        approved.put(previous)
        raise
    return {**answer, "status": "updating", "reason": ""}


def check(event: Event) -> dict[str, Any]:
    """-> status updating, done or failed, and the reason of a failure."""
    stack = _stack()
    progress = logic.progress(stack.status(), reason="")
    if progress.status == "failed":
        progress = logic.Progress("failed", stack.failure() or progress.reason)
    return asdict(progress)


def revert(event: Event) -> dict[str, Any]:
    """`{"previous", "artifact_uri"}` -> the previous model is approved again, unless another was since."""
    approved = _approved()
    current, previous = approved.get(), str(event["previous"])
    if current != str(event["artifact_uri"]):
        return {"status": "kept", "approved": current}
    approved.put(previous)
    return {"status": "reverted", "approved": previous}


_ACTIONS: dict[str, Callable[[Event], dict[str, Any]]] = {
    "resolve": resolve,
    "start": start,
    "check": check,
    "revert": revert,
}


@logger.inject_lambda_context(clear_state=True)
def handler(event: Event, context: Any) -> dict[str, Any]:
    """Runs `event["action"]`. Raises ValueError for an action that does not exist."""
    name = event.get("action", "")
    if name not in _ACTIONS:
        raise ValueError(f"action is {name!r}; use one of: {', '.join(_ACTIONS)}")
    answer = _ACTIONS[name](event)
    logger.info("promotion step", action=name, **answer)
    return answer
