"""The training images and model_code/training/requirements.txt fit together: neither's torch is replaced."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from model_code.training.instances.cluster import OLDER_CUDA
from tests.unit.model_code.conftest import ROOT

IMAGES: dict[str, dict[str, str]] = yaml.safe_load(
    (ROOT / "environments" / "aws" / "images.yaml").read_text(encoding="utf-8")
)

TRAINING = {name: image for name, image in IMAGES.items() if image["kind"] == "training"}

BY_THE_IMAGE = {"torch", "torchvision", "torchaudio", "triton"}


def pinned() -> list[Requirement]:
    lines = (ROOT / "model_code" / "training" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def test_the_requirements_leave_torch_to_the_image() -> None:
    names = {canonicalize_name(requirement.name) for requirement in pinned()}
    assert names & BY_THE_IMAGE == set()
    assert all(str(requirement.specifier).startswith("==") for requirement in pinned())


@pytest.mark.parametrize("name", list(TRAINING))
def test_no_requirement_asks_for_another_torch_or_python(name: str) -> None:
    brings = TRAINING[name]
    for requirement in pinned():
        installed = metadata.metadata(requirement.name)
        assert Version(installed["Version"]) in requirement.specifier, "the environment is not the one of the pins"
        assert Version(brings["python"]) in SpecifierSet(installed["Requires-Python"] or "")
        for text in metadata.requires(requirement.name) or []:
            needed = Requirement(text)
            applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if canonicalize_name(needed.name) in BY_THE_IMAGE and applies:
                assert Version(brings["torch"]) in needed.specifier, f"{requirement.name} needs {text}"


def test_no_requirement_is_compiled_for_a_newer_glibc_than_an_images() -> None:
    """The environment's wheels are for its own Python; those for the image's are built on the same manylinux."""
    oldest = min(Version(image["glibc"]) for image in TRAINING.values())
    asked = {
        requirement.name: [Version(f"{major}.{minor}") for major, minor in re.findall(r"manylinux_(\d+)_(\d+)_", tags)]
        for requirement in pinned()
        if (tags := metadata.distribution(requirement.name).read_text("WHEEL"))
    }
    assert sum(map(bool, asked.values())) > 3
    assert {name: found for name, found in asked.items() if found and min(found) > oldest} == {}


def test_a_job_has_the_packages_for_every_format_of_a_dataset() -> None:
    """Those of the extras, in the same version: the image's own, or installed from the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {Requirement(text) for extra in project["optional-dependencies"].values() for text in extra}
    packages = yaml.safe_load((ROOT / "environments/aws/training_packages.yaml").read_text(encoding="utf-8"))
    installed = {canonicalize_name(each.name): str(each.specifier) for each in pinned()}
    assert len(wanted) == 2
    for each in wanted:
        has = installed.get(canonicalize_name(each.name)) or f"=={packages['both'].get(canonicalize_name(each.name))}"
        assert has == str(each.specifier), f"a training job lacks {each}"


def test_what_transformers_asks_of_torch_is_met() -> None:
    """Torch is one of its extras, so the checks above do not see which versions it works with."""
    asked = {
        Requirement(text).specifier for text in metadata.requires("transformers") or [] if text.startswith("torch>")
    }
    assert asked
    for brings in TRAINING.values():
        assert all(Version(brings["torch"]) in specifier for specifier in asked)


def test_the_older_image_that_an_error_names_is_known_and_has_cuda_12() -> None:
    assert IMAGES["training_gpu_cuda12"]["image"] == OLDER_CUDA
    assert "-cu12" in OLDER_CUDA
