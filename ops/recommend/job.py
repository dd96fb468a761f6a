"""SageMaker Inference Recommender: a job that measures a registered model on instance types, and its results."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts.models.progress import Progress
from contracts.prices import price, units
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError, code_of
from ops.models.registry import APPROVED, Model

_HOURS = 0.75  # of each instance type, at most
POLL_SECONDS, LOCAL_POLL_SECONDS = 20.0, 1.0
GONE = ("ResourceNotFound", "ValidationException")
RUNNING = ("PENDING", "IN_PROGRESS", "STOPPING")
ENDED = ("COMPLETED", "FAILED", "STOPPED")
# x86 CPU types that suit a small int8 encoder, from two cores up; older ones are included because they cost less.
INSTANCE_TYPES = ("ml.c7i.large", "ml.c7i.xlarge", "ml.c7i.2xlarge", "ml.c6i.large", "ml.c6i.xlarge", "ml.m7i.large")


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """The measurements of one instance type, costs in US dollars; None if SageMaker has no value."""

    instance_type: str
    instances: int
    model_latency_ms: float | None
    max_invocations_per_minute: float | None
    cost_per_hour: float | None
    cost_per_inference: float | None
    cpu_percent: float | None
    memory_percent: float | None

    @property
    def cost_per_million(self) -> float | None:
        """US dollars for a million requests at full load."""
        return None if self.cost_per_inference is None else self.cost_per_inference * 1e6


@dataclass(frozen=True)
class FinishedJob:
    """The job has ended, with recommendations unless it failed."""

    recommendations: list[Recommendation]


def job_name(cloud: Cloud) -> str:
    """A new job's name; SageMaker uses its first 40 characters to name what it creates."""
    return f"{cloud.settings.prefix}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def check(model: Model) -> None:
    """Raises OpsError if the model is not approved."""
    if model.approval != APPROVED:
        raise OpsError(f"{model.version} is {model.approval}: run `rubric models approve {model.version}` first")


def most(types: Sequence[str], *, region: str) -> str:
    """The maximum cost of a job: 45 minutes of each type at list price; types without a known price are named."""
    prices = {name: price.of(f"{units.HOSTING}{name}", region=region) for name in types}
    known = sum(_HOURS * found.usd for found in prices.values() if found)
    unknown = [name for name, found in prices.items() if found is None]
    amount = f"{known:,.2f} USD"
    return f"{amount} and what is unknown ({', '.join(unknown)})" if unknown else amount


def start(cloud: Cloud, model: Model, *, job: str, role: str, payload_uri: str, instance_types: Sequence[str]) -> None:
    """Start a Default job for a registered model."""
    cloud.client("sagemaker").create_inference_recommendations_job(
        JobName=job,
        JobType="Default",
        JobDescription=f"rubric recommend: {model.version}"[:128],
        RoleArn=role,
        InputConfig={
            "ModelPackageVersionArn": model.arn,
            "ContainerConfig": {
                "Domain": "NATURAL_LANGUAGE_PROCESSING",
                "Task": "CLASSIFICATION",
                "Framework": "OTHER",
                "PayloadConfig": {"SamplePayloadUrl": payload_uri, "SupportedContentTypes": ["application/json"]},
                "SupportedEndpointType": "RealTime",
                "SupportedInstanceTypes": list(instance_types),
                "SupportedResponseMIMETypes": ["application/json"],
            },
        },
        Tags=[
            {"Key": "project", "Value": cloud.settings.project},
            {"Key": "environment", "Value": cloud.settings.name},
        ],
    )


def follow(cloud: Cloud, job: str) -> Generator[Progress | FinishedJob]:
    """Yield benchmarks as they end, then the job's end. Raises OpsError if it fails, is stopped or does not exist."""
    sagemaker = cloud.client("sagemaker")
    shown = ""
    while True:
        answer = _describe(sagemaker, job)
        steps = _steps(sagemaker, job)
        done = [step for step in steps if step["Status"] in ENDED]
        text = f"benchmarks={len(done)}/{len(steps)}" if steps else f"status={answer['Status'].lower()}"
        if text != shown:
            shown = text
            yield Progress("recommend", len(done), max(1, len(steps)), text)
        if answer["Status"] not in RUNNING:
            break
        time.sleep(LOCAL_POLL_SECONDS if cloud.is_local else POLL_SECONDS)
    if answer["Status"] != "COMPLETED":
        raise OpsError(f"{job} {answer['Status'].lower()}: {_failure(answer, steps)}")
    yield FinishedJob(sorted(map(_recommendation, answer.get("InferenceRecommendations", [])), key=_order))


def _describe(sagemaker: Any, job: str) -> dict[str, Any]:
    try:
        return dict(sagemaker.describe_inference_recommendations_job(JobName=job))
    except ClientError as error:
        if code_of(error) not in GONE:
            raise
        raise OpsError(f"There is no Inference Recommender job {job!r}", status=NOT_FOUND) from None


def _steps(sagemaker: Any, job: str) -> list[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_inference_recommendations_job_steps").paginate(JobName=job)
    return [step for page in pages for step in page["Steps"]]


def _failure(answer: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    reasons = [step["InferenceBenchmark"].get("FailureReason") for step in steps if "InferenceBenchmark" in step]
    candidates = [answer.get("FailureReason"), *reasons]
    return next((reason for reason in candidates if reason), "SageMaker gives no reason")


def _recommendation(item: dict[str, Any]) -> Recommendation:
    metrics, endpoint = item.get("Metrics", {}), item["EndpointConfiguration"]
    return Recommendation(
        instance_type=endpoint.get("InstanceType", ""),
        instances=endpoint.get("InitialInstanceCount", 1),
        model_latency_ms=_number(metrics.get("ModelLatency")),
        max_invocations_per_minute=_number(metrics.get("MaxInvocations")),
        cost_per_hour=_number(metrics.get("CostPerHour")),
        cost_per_inference=_number(metrics.get("CostPerInference")),
        cpu_percent=_number(metrics.get("CpuUtilization")),
        memory_percent=_number(metrics.get("MemoryUtilization")),
    )


def _number(value: float | None) -> float | None:
    """None for NaN, SageMaker's unknown value."""
    return None if value is None or math.isnan(value) else float(value)


def _order(item: Recommendation) -> tuple[bool, float, float]:
    """Sorts by cost, then those without a price by throughput, highest first."""
    cost = item.cost_per_inference
    return cost is None, cost or 0.0, -(item.max_invocations_per_minute or 0.0)
