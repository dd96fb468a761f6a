"""Tests which images are checked, and the container's variables."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from environments.aws.images import known
from stacks.shared.images import container_environment
from tests.stacks.serving.templates import changed


def test_the_runtime_ends_on_the_day_that_cfn_lint_knows() -> None:
    lifecycle = resources.files("cfnlint.data.AdditionalSpecs") / "LmbdRuntimeLifecycle.json"
    runtime = known()["lambda_runtime"]
    known_end = json.loads(lifecycle.read_text(encoding="utf-8"))[runtime.image]["deprecated"]
    assert str(runtime.ends) == known_end


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("{container: lean, image_build: docker}", None),
        (
            "{container: lean, image_build: docker, max_batch_tokens: 4096, max_waiting_texts: 512, "
            "request_seconds: 2.5}",
            {
                "RUBRIC_MAX_BATCH_TOKENS": "4096",
                "RUBRIC_MAX_WAITING_TEXTS": "512",
                "RUBRIC_REQUEST_SECONDS": "2.5",
            },
        ),
        (
            "{container: huggingface, image_build: null, workers: 2, threads: 1}",
            {
                "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
                "SAGEMAKER_REGION": "us-east-1",
                "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
                "RUBRIC_THREADS": "1",
            },
        ),
    ],
)
def test_the_environment_of_each_container(
    root: Path, tmp_path: Path, change: str, expected: dict[str, str] | None
) -> None:
    assert container_environment(changed(root, tmp_path, change).settings) == expected
