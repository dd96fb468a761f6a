"""What a promotion is about, made from the function's settings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts import stack_outputs
from lambda_src.common import aws
from lambda_src.pipeline.promote import artifact
from lambda_src.pipeline.promote.dal import ApprovedModel, Stack, model_package
from lambda_src.pipeline.promote.deadline import Deadline
from lambda_src.pipeline.promote.environment import Settings
from lambda_src.pipeline.promote.serving import Endpoint
from lambda_src.pipeline.promote.turns import Turn, Turns

Event = dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """The parameter, the stack, the endpoint and the turns. parameter: the first one's name. verify: raises
    ArtifactRefused where an execution's input names an artifact that is not what was registered. approval: raises
    NotApproved where its package is not approved at this moment.
    """

    parameter: str
    approved: ApprovedModel
    stack: Stack
    endpoint: Endpoint
    turns: Turns
    deadline: Deadline
    verify: Callable[[Event], None]
    approval: Callable[[Event], object]

    def serving(self, turn: Turn | None = None) -> str:
        """The artifact that serves; where SageMaker cannot tell, what served as `turn` began; "" for unknown."""
        known = self.endpoint.artifact()
        before = "" if turn is None else turn.believed if turn.previous is None else turn.previous
        if known or before:
            return known or before
        # A stack of an earlier version does not say what its endpoint is.
        return "" if stack_outputs.ENDPOINT_NAME in self.stack.outputs() else self.stack.resolved(self.parameter) or ""


def make(settings: Settings, *, now: Callable[[], float]) -> Parts:
    """The parts on AWS. now: seconds since 1970."""
    deadline = Deadline(now)
    stack = Stack(
        aws.client("cloudformation"),
        name=settings.serving_stack_name,
        resource_types=settings.serving_resource_types,
        deadline=deadline,
    )
    return Parts(
        parameter=settings.approved_model_parameter,
        approved=ApprovedModel(aws.client("ssm"), parameter=settings.approved_model_parameter, deadline=deadline),
        stack=stack,
        endpoint=Endpoint(aws.client("sagemaker"), stack=stack),
        turns=Turns(
            aws.client("ssm"), aws.client("stepfunctions"), path=settings.promotions_path, now=now, deadline=deadline
        ),
        deadline=deadline,
        verify=lambda given: _verify(given, group=settings.model_package_group),
        approval=lambda given: _approval(given, group=settings.model_package_group),
    )


def _verify(given: Event, *, group: str) -> None:
    """Holds the artifact to its package."""
    package = _approval(given, group=group)
    artifact.verify(aws.client("s3"), package, artifact_uri=str(given["artifact_uri"]))


def _approval(given: Event, *, group: str) -> dict[str, Any] | None:
    """The package that the input names, or the newest that has the artifact, None for none; it must be approved."""
    sagemaker, arn, artifact_uri = aws.client("sagemaker"), given.get("model_package_arn"), str(given["artifact_uri"])
    if arn:
        package = model_package(sagemaker, model_package_arn=str(arn))
        artifact.hold(package, model_package_arn=str(arn), artifact_uri=artifact_uri)
    else:
        package = artifact.package_of(sagemaker, group=group, artifact_uri=artifact_uri)
    artifact.approved(package, artifact_uri=artifact_uri)
    return package


def execution_of(event: Event) -> str:
    """The execution that asks. Raises ValueError for a machine of an earlier version, which did not say."""
    execution = str(event.get("execution") or "")
    if not execution:
        raise ValueError("this promotion was started by an earlier version: start it again")
    return execution


def token(execution: str, *, back: bool = False) -> str:
    """The ClientRequestToken of an execution's update, or of the one back: letters, digits and hyphens only."""
    digest = hashlib.sha256(execution.encode()).hexdigest()[:40]
    return f"promotion-{digest}{'-back' if back else ''}"
