"""The objects that a promotion works with, made from the function's settings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.deployment import stack_outputs
from lambda_src.common import aws
from lambda_src.pipeline.promote import artifact
from lambda_src.pipeline.promote.dal import ApprovedParameter, Stack, model_package
from lambda_src.pipeline.promote.deadline import StepDeadline
from lambda_src.pipeline.promote.endpoint import ServingEndpoint
from lambda_src.pipeline.promote.environment import PromoteSettings
from lambda_src.pipeline.promote.traffic import Traffic
from lambda_src.pipeline.promote.turns import Turn, Turns

Event = dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """The parameter, the stack, the endpoint and the turns. parameter: the parameter's name. verify: raises
    ArtifactRefused if the artifact in an execution's input is not the registered one. approval: raises NotApproved if
    its package is not approved at this moment. stop_rollout: has SageMaker take back what is being rolled out.
    wanted_requests: how many test a new model, 0 where they are not counted; armed_minutes: how long its alarms stay
    armed with fewer, 0 for not. now: seconds since 1970.
    """

    parameter: str
    approved: ApprovedParameter
    stack: Stack
    endpoint: ServingEndpoint
    turns: Turns
    deadline: StepDeadline
    verify: Callable[[Event], None]
    approval: Callable[[Event], object]
    traffic: Traffic
    stop_rollout: Callable[[], None]
    wanted_requests: int
    armed_minutes: int
    now: Callable[[], float]

    def serving(self, turn: Turn | None = None) -> str:
        """The artifact that serves; else the one that served when `turn` began; "" if unknown."""
        known = self.endpoint.artifact()
        before = "" if turn is None else turn.believed if turn.previous is None else turn.previous
        if known or before:
            return known or before
        # A stack of an earlier version has no output that names its endpoint.
        return "" if stack_outputs.ENDPOINT_NAME in self.stack.outputs() else self.stack.resolved(self.parameter) or ""


def make(settings: PromoteSettings, *, now: Callable[[], float], stop_rollout: Callable[[], None]) -> Parts:
    """The parts, with AWS clients. now: seconds since 1970; stop_rollout: see Parts."""
    deadline = StepDeadline(now)
    stack = Stack(
        aws.client("cloudformation"),
        name=settings.serving_stack_name,
        resource_types=settings.serving_resource_types,
        deadline=deadline,
    )
    return Parts(
        parameter=settings.approved_model_parameter,
        approved=ApprovedParameter(aws.client("ssm"), parameter=settings.approved_model_parameter, deadline=deadline),
        stack=stack,
        endpoint=ServingEndpoint(aws.client("sagemaker"), stack=stack),
        turns=Turns(
            aws.client("ssm"), aws.client("stepfunctions"), path=settings.promotions_path, now=now, deadline=deadline
        ),
        deadline=deadline,
        verify=lambda promotion: _verify(promotion, group=settings.model_package_group),
        approval=lambda promotion: _approval(promotion, group=settings.model_package_group),
        traffic=Traffic(
            aws.client("cloudwatch"),
            endpoint=settings.endpoint_name,
            variant=settings.variant,
            alarms=settings.rollback_alarms,
        ),
        stop_rollout=stop_rollout,
        wanted_requests=settings.canary_min_requests,
        armed_minutes=settings.armed_minutes,
        now=now,
    )


def _verify(promotion: Event, *, group: str) -> None:
    """Checks the artifact against its package."""
    package = _approval(promotion, group=group)
    artifact.verify(aws.client("s3"), package, artifact_uri=str(promotion["artifact_uri"]))


def _approval(promotion: Event, *, group: str) -> dict[str, Any] | None:
    """The package that the input names, or the newest with the artifact, or None; it must be approved."""
    sagemaker = aws.client("sagemaker")
    arn, artifact_uri = promotion.get("model_package_arn"), str(promotion["artifact_uri"])
    if arn:
        package = model_package(sagemaker, model_package_arn=str(arn))
        artifact.check_package(package, model_package_arn=str(arn), artifact_uri=artifact_uri)
    else:
        package = artifact.package_of(sagemaker, group=group, artifact_uri=artifact_uri)
    artifact.approved(package, artifact_uri=artifact_uri)
    return package


def execution_of(event: Event) -> str:
    """The execution that called. Raises ValueError for a machine of an earlier version, which does not send it."""
    execution = str(event.get("execution") or "")
    if not execution:
        raise ValueError("this promotion was started by an earlier version: start it again")
    return execution


def token(execution: str, *, back: bool = False) -> str:
    """The ClientRequestToken of an execution's update, or of its reversal: letters, digits and hyphens only."""
    digest = hashlib.sha256(execution.encode()).hexdigest()[:40]
    return f"promotion-{digest}{'-back' if back else ''}"
