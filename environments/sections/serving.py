"""The section `serving` of an environment file: the endpoint, its container and its capacity."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from environments.sections.base import InstanceType, Section

Percent = Annotated[int, Field(ge=0, le=100)]


class ScheduledCapacity(Section):
    """A time at which the endpoint's limits change."""

    cron: str = Field(
        pattern=r"^[0-9*,/-]+ [0-9*,/-]+ [0-9*?,/LW-]+ [0-9A-Z*,/-]+ [0-9A-Z*?,/#L-]+ [0-9*,/-]+$",
        description="Minutes, hours, day of month, month, day of week, year, as in Application Auto Scaling's cron "
        "expressions: `0 20 ? * MON-FRI *` is each working day at 20:00.",
    )
    time_zone: str = Field(
        "UTC", pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$", description="IANA name of the time zone that `cron` is in."
    )
    min_instances: int = Field(
        ge=0, le=100, description="Minimum from then on; 0 only where `serving.min_instances` is 0."
    )
    max_instances: int = Field(
        ge=0, le=100, description="Maximum from then on; with 0 no request wakes the model until it is raised."
    )


class Serving(Section):
    """The model endpoint."""

    mode: Literal["real-time", "serverless"] = Field(
        description="`real-time`: instances that are always on; `serverless`: capacity per request."
    )
    container: Literal["huggingface", "lean"] = Field(
        description="`huggingface`: AWS's inference image, nothing to build. `lean`: this project's image, which "
        "gathers concurrent requests into one batch; it needs `image_build` or `image`."
    )
    image: str | None = Field(
        None, min_length=1, description="URI of an existing image in ECR, instead of AWS's or a built one."
    )
    image_accepted_until: dt.date | None = Field(
        None,
        description="Last day on which a deploy accepts an image, the lean image's base, or the image that builds it, "
        "when it is no longer patched; unset, it refuses.",
    )
    image_build: Literal["docker", "codebuild"] | None = Field(
        None,
        description="What builds the image. `docker`: Docker on the machine that deploys. `codebuild`: AWS CodeBuild, "
        "in the account. Only with `container: lean`.",
    )
    workers: int | None = Field(
        None,
        ge=1,
        le=192,
        description="Processes, each with its own copy of the model; unset, one for each core. Only with `container: "
        "huggingface`.",
    )
    threads: int | None = Field(
        None,
        ge=1,
        le=192,
        description="With `lean`, runs of the model at the same time; with `huggingface`, threads of each worker. "
        "Unset, as many as the container has cores, shared among the workers.",
    )
    max_batch_tokens: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Word pieces computed in one batch; unset, the server's own. Only with `container: lean`.",
    )
    max_waiting_texts: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Texts that may wait; more get a 503. Unset, the server's own. Only with `container: lean`.",
    )
    request_seconds: float | None = Field(
        None,
        gt=0,
        le=60,
        description="Seconds that a request may wait; then it gets a 503 instead of an answer. Unset, the server's "
        "own. Only with `container: lean`.",
    )
    instance_type: InstanceType | None = Field(
        None, description="An x86 CPU instance. Required with `real-time`, and only allowed there."
    )
    min_instances: int | None = Field(
        None,
        ge=0,
        le=100,
        description="Minimum number of instances; without scaling, their number, which each deploy sets. 0: the model "
        "sleeps while nobody calls ([scale to zero](scale-to-zero.md)). Required with `real-time`, and only allowed "
        "there.",
    )
    max_instances: int | None = Field(
        None,
        ge=1,
        le=100,
        description="Maximum number of instances; above `min_instances` the endpoint scales. Required with "
        "`real-time`, and only allowed there.",
    )
    target_invocations_per_instance: int | None = Field(
        None,
        ge=1,
        description="Requests per minute that one instance should take. Required if the endpoint scales, and only then "
        "allowed.",
    )
    copy_memory_mb: int | None = Field(
        None,
        ge=128,
        le=1_000_000,
        description="Memory, MB, that SageMaker reserves for each copy of the model; unset, 1024. Only with "
        "`min_instances: 0`.",
    )
    copy_cpus: float | None = Field(
        None,
        ge=0.25,
        le=192,
        description="Cores that SageMaker reserves for each copy of the model; unset, 1. Only with `min_instances: 0`.",
    )
    schedule: list[ScheduledCapacity] | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="Times at which `min_instances` and `max_instances` become others, for nights and weekends. Only "
        "with `real-time`.",
    )
    serverless_memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] | None = Field(
        None, description="Memory, MB. Required with `serverless`, and only allowed there."
    )
    serverless_max_concurrency: int | None = Field(
        None, ge=1, le=200, description="Requests at the same time. Required with `serverless`, and only allowed there."
    )
    data_capture_percent: Percent | None = Field(
        None,
        description="Share of requests and answers kept in S3; 0 or unset for none. Only with `real-time`.",
    )
    canary_percent: int | None = Field(
        None,
        ge=1,
        le=50,
        description="Share of the new instances that take traffic first. Needs two instances; unset, all traffic "
        "shifts at once. Either way an alarm shifts it back.",
    )
    canary_wait_seconds: int = Field(
        300,
        ge=0,
        le=3600,
        description="How long a rollout watches its alarms before it continues. Only with `real-time`.",
    )

    canary_min_requests: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Requests that a new model must have answered during its rollout to count as tested; with fewer, "
        "its promotion ends as `promoted, not tested`. Unset, requests are not counted. Only with `real-time`.",
    )
    armed_minutes: int | None = Field(
        None,
        ge=1,
        le=1440,
        description="How long a model that was promoted and not tested stays under the rollback alarms: until it has "
        "answered `canary_min_requests`, or this many minutes. If one rings, the model before it is promoted. Unset, "
        "they end with the rollout. Only with `canary_min_requests`.",
    )

    @property
    def sleeps(self) -> bool:
        """Whether the endpoint may have no instance: its model is then an inference component."""
        return self.mode == "real-time" and self.min_instances == 0

    @property
    def most_instances(self) -> int:
        """The most instances at any time of the schedule; 0 for a serverless endpoint."""
        return max(self.max_instances or 0, *(entry.max_instances for entry in self.schedule or []), 0)

    @property
    def longest_rollout_seconds(self) -> int:
        """How long SageMaker may take for a rollout: an hour for the instances, and the alarm watch twice."""
        return 3600 + 2 * self.canary_wait_seconds
