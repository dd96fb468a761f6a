"""Tests which command runs for an image URI."""

import json

import pytest

from local_aws.containers import images


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv("LOCAL_AWS_IMAGES", raising=False)


@pytest.mark.parametrize(
    "name",
    [
        "pytorch:2.13.0-cpu-amzn2023-sagemaker",
        "huggingface-pytorch-training:2.9.0-transformers5.3.0-gpu-py312-cu130-ubuntu22.04",
    ],
)
def test_pytorchs_images_train_with_a_jobs_own_script(name):
    uri = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{name}"
    image = images.find(uri, "train")
    assert image.train == ("$LOCAL_AWS_CONTAINER_PYTHON", "$SAGEMAKER_PROGRAM")
    assert image.is_script_mode
    with pytest.raises(images.ImageError, match="does not know how to run"):
        images.find(uri, "serve")


def test_an_extra_image_goes_before_the_built_in_ones(monkeypatch):
    extra = {"*pytorch*training*": {"serve": ["mine", "$PLACE"], "environment": {"A": "b"}}}
    monkeypatch.setenv("LOCAL_AWS_IMAGES", json.dumps(extra))
    image = images.find("x/pytorch-training:1", "serve")
    assert (image.serve, image.environment) == (("mine", "$PLACE"), {"A": "b"})
    assert images.expand("$PLACE/x", {"PLACE": "/here"}) == "/here/x"
    assert images.find("x/pytorch-training:1", "train").is_script_mode
    with pytest.raises(images.ImageError, match=r"Training images that run here: \*pytorch\*training\*"):
        images.find("x/other:1", "train")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"a": []}', '{"a": {"trian": ["x"]}}', '{"a": {"train": "x"}}', '{"a": {"serve": [1]}}']
)
def test_extra_images_that_cannot_be_read(monkeypatch, text):
    monkeypatch.setenv("LOCAL_AWS_IMAGES", text)
    with pytest.raises(images.ImageError, match="LOCAL_AWS_IMAGES is not a JSON object of the form"):
        images.find("x", "train")


def test_a_variable_that_is_not_set(monkeypatch):
    monkeypatch.delenv("LOCAL_AWS_CONTAINER_PYTHON", raising=False)
    with pytest.raises(images.ImageError, match="LOCAL_AWS_CONTAINER_PYTHON is not set"):
        images.expand("$LOCAL_AWS_CONTAINER_PYTHON", {})
