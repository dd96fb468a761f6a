"""Compiled and vendored files fit the images in environments/aws/images.yaml: their Python and glibc."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from environments.aws.images import Image, known
from tests.clone import ROOT, built_native
from tools.bundling import native, packages, targets

# Which images run our kernels and the serving packages: the endpoint's, and the training job that tries them.
RUNS_KERNELS = [
    known()[name]
    for name in ("training_cpu", "training_gpu", "training_gpu_cuda12", "serving_huggingface", "lean_base")
]


def version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def glibc(image: Image) -> tuple[int, int]:
    assert image.glibc is not None, f"{image.image}: its glibc is not known"
    return version(image.glibc)


def needed(library: Path) -> tuple[int, int]:
    """The newest glibc that a shared object's symbols ask for."""
    result = re.findall(rb"GLIBC_(\d+\.\d+)", library.read_bytes())
    assert result, f"{library.name}: no glibc version in it"
    return max(version(each.decode()) for each in result)


def test_the_compiled_kernels_ask_for_no_newer_glibc_than_any_image_has() -> None:
    libraries = sorted(built_native().glob("*.so"))
    assert [library.name for library in libraries] == sorted(native.PROCESSORS)
    for library in libraries:
        too_old = [image.image for image in RUNS_KERNELS if glibc(image) < needed(library)]
        assert too_old == [], f"{library.name} needs glibc {needed(library)}"


def option(name: str, options: list[str]) -> list[str]:
    return [value for supplied, value in itertools.pairwise(options) if supplied == name]


@pytest.mark.parametrize("name", ["serving_huggingface"])
def test_the_vendored_packages_are_for_the_images_python_and_glibc(name: str) -> None:
    """pip chooses wheels by these options and by nothing else."""
    image, options = known()[name], packages.SERVING_IMAGE
    assert option("--python-version", options) == [image.python]
    assert f"cp{image.python}".replace(".", "") in option("--abi", options)
    platforms = [re.fullmatch(r"manylinux_(\d+)_(\d+)_x86_64", each) for each in option("--platform", options)]
    newest = max((int(result[1]), int(result[2])) for result in platforms if result)
    assert newest <= glibc(image)


def test_the_lean_image_is_built_for_the_python_that_its_packages_are_pinned_for() -> None:
    base = known()["lean_base"]
    text = (ROOT / "model_code/serving/Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {base.image}
    assert base.python == known()["serving_huggingface"].python
    assert base.image.split(":")[1].startswith(f"{base.python}-")


def test_the_functions_packages_are_for_their_runtimes_python() -> None:
    runtime = known()["lambda_runtime"]
    assert runtime.image == f"python{runtime.python}"
    assert option("--python-version", packages.PURE_PYTHON) == [runtime.python]


def test_what_is_vendored_is_what_the_lean_image_installs() -> None:
    assert targets.SERVING["huggingface"].inputs == ("model_code/serving/requirements.txt",)
    text = (ROOT / "model_code/serving/Dockerfile").read_text(encoding="utf-8")
    assert "COPY model_code/serving/requirements.txt " in text
