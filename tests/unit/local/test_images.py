"""Tests the images that the local AWS gets, and the programs that it runs for them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from local import images, server

FIND = "import sys; from local_aws.containers import images; print(images.find(*sys.argv[1:]).pattern)"


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("pytorch:2.13.0-cpu-amzn2023-sagemaker", "train"),
        ("huggingface-pytorch-training:2.9.0-transformers5.3.0-gpu-py312-cu130-ubuntu22.04", "train"),
        ("huggingface-pytorch-inference:2.6.0-transformers5.5.3-cpu-py312-ubuntu22.04", "serve"),
        ("rubric-lean:local", "serve"),
        ("rubric-dev-lean:0123456789abcdef", "serve"),
    ],
)
def test_the_local_aws_runs_the_images_of_the_stacks(name: str, use: str) -> None:
    uri = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{name}"
    environment = {"LOCAL_AWS_IMAGES": images.as_json({}), "PYTHONPATH": str(server.DISTRIBUTION)}
    command = [sys.executable, "-c", FIND, uri, use]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_serving_image_runs_the_model_server_from_the_repository() -> None:
    for image in images.OWN.values():
        assert image["serve"] == ["$RUBRIC_MODEL_PYTHON", "-m", "model_code.serving.server"]
        assert image["environment"] == {"PYTHONPATH": "$RUBRIC_ROOT", "RUBRIC_BIND_HOST": "127.0.0.1"}


@pytest.mark.parametrize("name", ["RUBRIC_EXTRA_IMAGES", "LOCAL_AWS_IMAGES"])
def test_the_users_own_come_first(name: str) -> None:
    result = json.loads(images.as_json({name: '{"mine:*": {"train": ["x"]}}'}))
    assert list(result) == ["mine:*", *images.OWN]


@pytest.mark.parametrize("text", ["{", "[]", "3"])
def test_what_cannot_be_read_is_left_for_the_local_aws_to_refuse(text: str) -> None:
    assert images.as_json({"RUBRIC_EXTRA_IMAGES": text}) == text
