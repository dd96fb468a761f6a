"""Which command an image URI stands for."""

import json

import pytest

from local_aws.containers import images


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv("RUBRIC_EXTRA_IMAGES", raising=False)
    monkeypatch.setenv("RUBRIC_ROOT", "/the/root")


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
def test_the_images_of_the_stacks(name, use):
    uri = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{name}"
    image = images.find(uri, use)
    assert image.command(use)[0] == "$RUBRIC_MODEL_PYTHON"
    assert image.is_script_mode == (use == "train")
    with pytest.raises(images.ImageError, match="does not know how to run"):
        images.find(uri, "serve" if use == "train" else "train")


def test_a_serving_image_runs_the_model_server_from_the_repository():
    image = images.find("000000000000.dkr.ecr.us-east-1.amazonaws.com/rubric-lean:local", "serve")
    assert image.serve[1:] == ("-m", "model_code.serving.server")
    assert images.expand(image.environment["PYTHONPATH"], {}) == "/the/root"


def test_an_extra_image_goes_before_the_built_in_ones(monkeypatch):
    extra = {"*rubric-lean*": {"serve": ["mine", "$PLACE"], "environment": {"A": "b"}}}
    monkeypatch.setenv("RUBRIC_EXTRA_IMAGES", json.dumps(extra))
    image = images.find("x/rubric-lean:local", "serve")
    assert (image.serve, image.environment) == (("mine", "$PLACE"), {"A": "b"})
    assert images.expand("$PLACE/x", {"PLACE": "/here"}) == "/here/x"
    with pytest.raises(images.ImageError, match="Training images that run here"):
        images.find("x/rubric-lean:local", "train")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"a": []}', '{"a": {"trian": ["x"]}}', '{"a": {"train": "x"}}', '{"a": {"serve": [1]}}']
)
def test_extra_images_that_cannot_be_read(monkeypatch, text):
    monkeypatch.setenv("RUBRIC_EXTRA_IMAGES", text)
    with pytest.raises(images.ImageError, match="RUBRIC_EXTRA_IMAGES is not a JSON object of the form"):
        images.find("x", "train")


def test_a_variable_that_is_not_set(monkeypatch):
    monkeypatch.delenv("RUBRIC_MODEL_PYTHON", raising=False)
    with pytest.raises(images.ImageError, match="RUBRIC_MODEL_PYTHON is not set"):
        images.expand("$RUBRIC_MODEL_PYTHON", {})
