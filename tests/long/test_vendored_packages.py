"""The uploaded packages of the Hugging Face container load in its image, according to their shared objects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from environments.aws.images import known
from tests.clone import ROOT
from tests.unit.tools.bundling.test_images_fit import glibc, needed
from tools.bundling import packages

IMAGE = known()["serving_huggingface"]
PYTHON = f"cpython-{IMAGE.python}".replace(".", "")


@pytest.fixture(scope="module")
def vendored() -> Path:
    """The folder that `make build ENV=...` packs for an environment with this container; some 60 MB to fetch once."""
    requirements = ROOT / "model_code/serving/requirements.txt"
    return packages.installed(requirements, platform=packages.SERVING_IMAGE, cache=ROOT / "build" / ".cache")


def test_every_shared_object_is_for_the_images_glibc_and_python(vendored: Path) -> None:
    objects = [file for file in vendored.rglob("*.so*") if file.is_file()]
    assert len(objects) > 10
    newer = {file.name for file in objects if b"GLIBC_" in file.read_bytes() and needed(file) > glibc(IMAGE)}
    assert newer == set()
    named = {file.name: re.search(r"cpython-\d+", file.name) for file in objects}
    assert {name for name, result in named.items() if result and result[0] != PYTHON} == set()
    assert not [file.name for file in objects if "aarch64" in file.name]
