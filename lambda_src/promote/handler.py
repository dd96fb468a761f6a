"""The steps of the promotion state machine: resolve, start, check and revert; and waiting, the training pipeline's.

The Serving stack is updated with its previous template, so that CloudFormation stays the endpoint's only owner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, environment, s3_uri, served_config
from lambda_src.promote import approvals, artifact, logic
from lambda_src.promote.approvals import Approvals
from lambda_src.promote.dal import ApprovedModel, Stack, artifact_of, model_package
from lambda_src.promote.environment import Settings

logger = Logger()
# Another execution writes the same record where events of a package come together.
_TRIES = 5
Event = dict[str, Any]


@cache
def _settings() -> Settings:
    return environment.load(Settings)


def _approved() -> ApprovedModel:
    return ApprovedModel(aws.client("ssm"), parameter=_settings().approved_model_parameter)


def _stack() -> Stack:
    settings = _settings()
    return Stack(
        aws.client("cloudformation"), name=settings.serving_stack_name, resource_types=settings.serving_resource_types
    )


def resolve(event: Event) -> dict[str, Any]:
    """`{"event": the registry's event, "execution"}` -> model_package_arn and either artifact_uri, of a package whose
    approval nobody has acted on yet, or the reason why there is nothing to promote.

    Can be repeated by the same execution.
    """
    happened, execution = event["event"], str(event["execution"])
    if "detail" not in happened:
        raise ValueError('the input has no artifact_uri and is not an event: give {"artifact_uri": "s3://..."}')
    arn = str(happened["detail"]["ModelPackageArn"])
    package = model_package(aws.client("sagemaker"), model_package_arn=arn)
    if package is None:
        return {"model_package_arn": arn, "reason": "the model package is gone"}
    reason = _take_approval(happened, package, version=arn.rsplit("/", 1)[-1], execution=execution)
    if reason:
        return {"model_package_arn": arn, "reason": reason}
    return {"model_package_arn": arn, "artifact_uri": artifact_of(package, model_package_arn=arn)}


def _take_approval(happened: Event, package: Event, *, version: str, execution: str) -> str:
    """Acts on the package's approval in the name of `execution`; returns why not, or ""."""
    records = Approvals(aws.client("ssm"), path=_settings().approvals_path)
    now = approvals.seen_in_registry(package)
    told = approvals.seen_in_event(happened, now=now)
    for _ in range(_TRIES):
        before, number = records.get(version)
        if before.execution == execution and now.approval == approvals.APPROVED:
            return ""
        record = approvals.after(before, event=told, now=now)
        new = approvals.is_new(record, event=told, now=now)
        if new:
            since = approvals.approved_since(record, event=told)
            first = records.claim(version, since=since, execution=execution)
            if first != execution:
                return logic.not_promoted(now.approval, acted_by=first)
            record = approvals.acted(record, event=told, now=now, execution=execution)
        if record == before or records.put(version, record, replacing=number):
            return "" if new else logic.not_promoted(now.approval, acted_by=before.execution)
    raise RuntimeError(f"other executions are writing the record of version {version}: try again")


def waiting(event: Event) -> dict[str, Any]:
    """`{"model_package_arn"}`, which the pipeline has just registered without approval -> status noted or gone.

    AWS sends events of the registry on a best-effort basis: with this record the approval is news without the first.
    """
    arn = str(event["model_package_arn"])
    package = model_package(aws.client("sagemaker"), model_package_arn=arn)
    if package is None:
        return {"status": "gone"}
    version = arn.rsplit("/", 1)[-1]
    records = Approvals(aws.client("ssm"), path=_settings().approvals_path)
    for _ in range(_TRIES):
        before, number = records.get(version)
        record = approvals.registered(before, package=package)
        if record == before or records.put(version, record, replacing=number):
            return {"status": "noted"}
    raise RuntimeError(f"other executions are writing the record of version {version}: try again")


def start(event: Event) -> dict[str, Any]:
    """`{"artifact_uri", "input": {"model_package_arn"?}}` -> status updating or done, and `previous`, the artifact that
    was approved before ("" = none).

    Raises StackBusy, StackNotUpdatable and ArtifactRefused with the parameter as it was.
    """
    artifact_uri = str(event["artifact_uri"])
    s3_uri.split(artifact_uri)
    artifact.verify(aws.client("s3"), _package(event, artifact_uri=artifact_uri), artifact_uri=artifact_uri)
    approved, stack = _approved(), _stack()
    status = stack.status()
    if status == logic.STUCK:
        raise logic.StackNotUpdatable(stack.way_out())
    exists = logic.has_stack(status)
    previous = approved.get()
    approved.put(artifact_uri)
    answer = {"status": "done", "previous": previous, "artifact_uri": artifact_uri}
    if not exists:
        return {**answer, "reason": "no stack yet"}
    try:
        if not stack.update():
            # If the endpoint serves something else, the promotion is not over: the check says what.
            status = "done" if _served(stack).status == "done" else "updating"
            return {**answer, "status": status, "reason": "no updates are to be performed"}
    except Exception:
        # Whatever the update was refused for, the parameter must keep naming the model that is served.
        approved.put(previous)
        raise
    return {**answer, "status": "updating", "reason": ""}


def _package(event: Event, *, artifact_uri: str) -> Event | None:
    """The artifact's package: the one that the execution was started with, or the newest that has the artifact."""
    sagemaker, arn = aws.client("sagemaker"), (event.get("input") or {}).get("model_package_arn")
    if arn:
        return model_package(sagemaker, model_package_arn=str(arn))
    return artifact.package_of(sagemaker, group=_settings().model_package_group, artifact_uri=artifact_uri)


def check(event: Event) -> dict[str, Any]:
    """-> status updating, done or failed, and the reason of a failure."""
    stack = _stack()
    status = stack.status()
    progress = logic.progress(status, reason="")
    if progress.status == "failed":
        reason = stack.failure() or progress.reason
        progress = logic.Progress("failed", f"{reason}; {stack.way_out()}" if status == logic.STUCK else reason)
    elif progress.status == "done":
        progress = _served(stack)
    return asdict(progress)


def _served(stack: Stack) -> logic.Progress:
    """Whether the endpoint serves what the stack, which is settled, says that it should."""
    outputs = stack.outputs()
    endpoint, wanted = outputs.get("EndpointName"), outputs.get("EndpointConfigName")
    if endpoint is None or wanted is None:
        return logic.Progress("done")  # a stack of an earlier version, which does not say
    served = served_config.describe(aws.client("sagemaker"), endpoint=endpoint)
    if served_config.busy(served, wanted=wanted):
        return logic.Progress("updating")
    reason = served_config.difference(served, wanted=wanted)
    return logic.Progress("failed", reason) if reason else logic.Progress("done")


def revert(event: Event) -> dict[str, Any]:
    """`{"previous", "artifact_uri"}` -> the previous model is approved again, unless another was since: status kept or
    reverted, or updating where the stack, too, has yet to go back to what serves.

    Can be repeated. Raises StackBusy and StackNotUpdatable.
    """
    approved, stack = _approved(), _stack()
    current, previous = approved.get(), str(event["previous"])
    if current not in (str(event["artifact_uri"]), previous):
        return {"status": "kept", "approved": current}
    approved.put(previous)
    answer = {"status": "reverted", "approved": previous}
    status = stack.status()
    if status == logic.STUCK:
        return {**answer, "status": "updating"}  # the check that follows says what a person has to do
    # A stack that rolled back is as it was; one that did not describes a configuration that nothing serves.
    if not previous or logic.progress(status, reason="").status != "done" or _served(stack).status == "done":
        return answer
    return {**answer, "status": "updating"} if stack.update() else answer


_ACTIONS: dict[str, Callable[[Event], dict[str, Any]]] = {
    "waiting": waiting,
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
