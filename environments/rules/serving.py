"""Settings of the endpoint that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.aws.instances import has_gpu, is_x86
from environments.rules import scaling
from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings

REAL_TIME_ONLY = (
    "instance_type",
    "min_instances",
    "max_instances",
    "target_invocations_per_instance",
    "data_capture_percent",
    "canary_percent",
    "canary_min_requests",
    "armed_minutes",
    "schedule",
    "copy_memory_mb",
    "copy_cpus",
)
SERVERLESS_ONLY = ("serverless_memory_mb", "serverless_max_concurrency")
CONTAINER_ONLY = {
    "huggingface": ("workers",),
    "lean": ("image_build", "max_batch_tokens", "max_waiting_texts", "request_seconds"),
}


def problems(settings: Settings) -> Iterator[Problem]:
    """Settings that the endpoint's mode or container requires or does not have, and instances that cannot serve."""
    serving = settings.serving
    other, refused = ("serverless", REAL_TIME_ONLY) if serving.mode == "serverless" else ("real-time", SERVERLESS_ONLY)
    for field in refused:
        value = getattr(serving, field)
        if value is not None:
            yield Problem(
                ("serving", field), value, f"it is not for a {other} endpoint; remove it or change serving.mode"
            )
    required = SERVERLESS_ONLY if serving.mode == "serverless" else ("instance_type", "min_instances", "max_instances")
    for field in required:
        if getattr(serving, field) is None:
            yield Problem(("serving", field), None, f"serving.mode is {serving.mode}")
    yield from _container(settings)
    if serving.mode == "real-time":
        yield from _instances(settings)
        yield from scaling.problems(settings)


def _container(settings: Settings) -> Iterator[Problem]:
    serving = settings.serving
    for container, fields in CONTAINER_ONLY.items():
        for field in fields:
            value = getattr(serving, field)
            if value is not None and serving.container != container:
                allowed = f"it needs serving.container: {container} (now {serving.container}); remove it"
                yield Problem(("serving", field), value, allowed)
    if serving.container != "lean":
        return
    if serving.image is None and serving.image_build is None:
        allowed = "serving.container is lean: use docker or codebuild, or name an image of your own in serving.image"
        yield Problem(("serving", "image_build"), None, allowed)
    if serving.image is not None and serving.image_build is not None:
        allowed = "serving.image names an existing image, so nothing is built; remove one of the two"
        yield Problem(("serving", "image_build"), serving.image_build, allowed)


def _instances(settings: Settings) -> Iterator[Problem]:
    serving = settings.serving
    if serving.instance_type is None or serving.min_instances is None or serving.max_instances is None:
        return
    if has_gpu(serving.instance_type) or not is_x86(serving.instance_type):
        allowed = "the served model is int8 for x86 CPUs: use one such as ml.c7i.large"
        yield Problem(("serving", "instance_type"), serving.instance_type, allowed)
    if serving.max_instances < serving.min_instances:
        yield Problem(
            ("serving", "max_instances"),
            serving.max_instances,
            f"use serving.min_instances ({serving.min_instances}) or more",
        )
    scales = serving.max_instances > serving.min_instances
    target = serving.target_invocations_per_instance
    if scales and target is None:
        yield Problem(
            ("serving", "target_invocations_per_instance"),
            None,
            "max_instances is above min_instances, so the endpoint scales by it",
        )
    if not scales and target is not None:
        yield Problem(
            ("serving", "target_invocations_per_instance"),
            target,
            "the endpoint does not scale: raise max_instances or remove it",
        )
    if serving.armed_minutes is not None and serving.canary_min_requests is None:
        allowed = "nothing says when a model is tested: set serving.canary_min_requests, or remove it"
        yield Problem(("serving", "armed_minutes"), serving.armed_minutes, allowed)
    if serving.canary_percent is not None and 0 < serving.min_instances < 2:
        allowed = (
            "SageMaker's canary is at most half of the instances: set serving.min_instances to 2 or more, or remove it"
        )
        yield Problem(("serving", "canary_percent"), serving.canary_percent, allowed)
