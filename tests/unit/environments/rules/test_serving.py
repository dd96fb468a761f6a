"""Endpoint settings that cannot serve are refused; similar ones that can are accepted."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused, serverless

REFUSED = [
    (
        serverless(data_capture_percent=10),
        "serving.data_capture_percent: 10 is not allowed; it is not for a serverless endpoint",
    ),
    (
        serverless(instance_type="ml.g5.xlarge"),
        "serving.instance_type: 'ml.g5.xlarge' is not allowed; it is not for a serverless endpoint",
    ),
    (serverless(max_instances=2), "serving.max_instances: 2 is not allowed; it is not for a serverless endpoint"),
    (
        serverless(canary_percent=10),
        "serving.canary_percent: 10 is not allowed; it is not for a serverless endpoint",
    ),
    (
        serverless(serverless_memory_mb=None),
        "serving.serverless_memory_mb: is required; serving.mode is serverless",
    ),
    (
        "serving: {serverless_memory_mb: 1024}",
        "serving.serverless_memory_mb: 1024 is not allowed; it is not for a real-time endpoint",
    ),
    ("serving: {instance_type: null}", "serving.instance_type: is required; serving.mode is real-time"),
    (
        "serving: {instance_type: ml.g5.xlarge}",
        "serving.instance_type: 'ml.g5.xlarge' is not allowed; the served model is int8",
    ),
    (
        "serving: {instance_type: ml.c7g.large}",
        "serving.instance_type: 'ml.c7g.large' is not allowed; the served model is int8",
    ),
    ("serving: {min_instances: 2}", "serving.max_instances: 1 is not allowed; use serving.min_instances (2) or more"),
    (
        "serving: {max_instances: 3}",
        "serving.target_invocations_per_instance: is required; max_instances is above min_instances",
    ),
    (
        "serving: {target_invocations_per_instance: 9}",
        "serving.target_invocations_per_instance: 9 is not allowed; the endpoint does not scale",
    ),
    (
        "serving: {canary_percent: 10}",
        "serving.canary_percent: 10 is not allowed; SageMaker's canary is at most half of the instances",
    ),
    (
        "serving: {container: lean}",
        "serving.image_build: is required; serving.container is lean: use docker or codebuild, or name an image",
    ),
    (
        "serving: {container: lean, image_build: docker, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
        "serving.image_build: 'docker' is not allowed; serving.image names an existing image",
    ),
    (
        "serving: {armed_minutes: 30}",
        "serving.armed_minutes: 30 is not allowed; nothing says when a model is tested: set "
        "serving.canary_min_requests, or remove it",
    ),
    (
        serverless(canary_min_requests=10),
        "serving.canary_min_requests: 10 is not allowed; it is not for a serverless endpoint",
    ),
    (
        "serving: {image_build: codebuild}",
        "serving.image_build: 'codebuild' is not allowed; it needs serving.container: lean (now huggingface)",
    ),
    (
        "serving: {max_waiting_texts: 100}",
        "serving.max_waiting_texts: 100 is not allowed; it needs serving.container: lean (now huggingface)",
    ),
    (
        "serving: {container: lean, image_build: docker, workers: 2}",
        "serving.workers: 2 is not allowed; it needs serving.container: huggingface (now lean)",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


ALLOWED = [
    "serving: {canary_min_requests: 10, armed_minutes: 30}",
    serverless(canary_wait_seconds=0),
    "serving: {min_instances: 2, max_instances: 2, canary_percent: 50}",
    "serving: {max_instances: 3, target_invocations_per_instance: 100}",
    "serving: {container: lean, image_build: docker, threads: 2, max_waiting_texts: 100, max_batch_tokens: 2048}",
    "serving: {container: lean, image_build: codebuild, request_seconds: 5}",
    "serving: {container: lean, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
    "serving: {workers: 2, threads: 1, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
    serverless(container="lean", image_build="codebuild"),
]


@pytest.mark.parametrize("override", ALLOWED)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)
