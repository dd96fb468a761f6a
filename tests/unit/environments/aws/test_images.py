"""environments/aws/images.yaml agrees with AWS's published facts (environments/aws/published.json)."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from environments.aws import regions
from environments.aws.images import Image, known

PUBLISHED = json.loads((Path(__file__).resolve().parents[4] / "environments/aws/published.json").read_text())
CONTAINERS = PUBLISHED["containers"]
OURS = [image for image in known().values() if image.kind in ("training", "serving")]


def entry(image: Image) -> dict[str, Any]:
    found = [
        each for each in CONTAINERS["images"] if each["repository"] == image.repository and image.tag in each["tags"]
    ]
    assert len(found) == 1, f"{image.image} is not published"
    [one] = found
    return dict(one)


def dated(image: Image) -> dict[str, Any]:
    """The entry that says until when it is patched: of a Hugging Face image the PyTorch that it is built on."""
    own = entry(image)
    if "eop" in own:
        return own
    [base] = [
        each
        for each in CONTAINERS["images"]
        if each["repository"] == image.repository.removeprefix("huggingface-")
        and (each["version"], each["accelerator"]) == (own["version"], own["accelerator"])
    ]
    return dict(base)


@pytest.mark.parametrize("image", OURS, ids=lambda image: image.image)
def test_the_facts_are_those_that_aws_publishes(image: Image) -> None:
    own, policy = entry(image), dated(image)
    assert image.ends == dt.date.fromisoformat(policy["eop"])
    assert f"py{image.python}".replace(".", "") == own["python"]
    systems = {"amzn2023": "Amazon Linux 2023", "ubuntu22.04": "Ubuntu 22.04"}
    assert image.os == systems[own["os"]]
    assert image.torch is not None and image.torch.startswith(f"{own['version']}.")
    assert policy["file"] in image.source and CONTAINERS["date"] in image.source


def test_the_default_training_images_are_among_those_that_are_patched_longest() -> None:
    """Newer ones that fit are to be looked at when the facts are renewed."""
    longest = max(each["eop"] for each in CONTAINERS["images"] if each["repository"] == "pytorch")
    assert {known()[name].ends for name in ("training_cpu", "training_gpu")} == {dt.date.fromisoformat(longest)}


def test_the_image_for_older_drivers_is_the_newest_with_cuda_12() -> None:
    """The advice of docs/troubleshooting.md, which has its date as well."""
    found = [
        each
        for each in CONTAINERS["images"]
        if each["repository"] in ("pytorch", "pytorch-training") and each.get("cuda", "").startswith("cu12")
    ]
    newest = max(found, key=lambda each: each["eop"])
    older = known()["training_gpu_cuda12"]
    assert older.tag in newest["tags"] and older.repository == newest["repository"]
    page = (Path(__file__).resolve().parents[4] / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert f"amazonaws.com/{older.image}\n" in page
    assert f"has not patched it since {older.ends}" in page


@pytest.mark.parametrize("name", ["training_cpu", "training_gpu"])
def test_the_sdk_of_aws_has_the_training_image_in_every_region(name: str) -> None:
    own = entry(known()[name])
    found = PUBLISHED["sagemaker_core"]["versions"][own["version"]]
    assert set(own["tags"]) & set(found["tags"])
    assert set(regions.known()) - set(found["regions"]) == set()
