"""The training images and model_code/training/requirements.txt fit together: neither's torch is replaced."""

from __future__ import annotations

import ast
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[3]
# What each of AWS's images brings, by the constant of stacks/images.py that names it. The CPU image's tag names
# no Python: the requirements were resolved for 3.12 and 3.13.
BRINGS = {
    "TRAINING_CPU": ("pytorch:2.13.0-cpu-amzn2023-sagemaker", {"torch": "2.13.0", "python": "3.12"}),
    "TRAINING_GPU": (
        "huggingface-pytorch-training:2.9.0-transformers5.3.0-gpu-py312-cu130-ubuntu22.04",
        {"torch": "2.9.0", "python": "3.12"},
    ),
}
BY_THE_IMAGE = {"torch", "torchvision", "torchaudio", "triton"}


def pinned() -> list[Requirement]:
    lines = (ROOT / "model_code" / "training" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def images() -> dict[str, str]:
    """stacks/images.py is read, not imported: the CDK is not here."""
    tree = ast.parse((ROOT / "stacks" / "images.py").read_text(encoding="utf-8"))
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.startswith("TRAINING_")
    }


def test_the_requirements_leave_torch_to_the_image() -> None:
    names = {canonicalize_name(requirement.name) for requirement in pinned()}
    assert names & BY_THE_IMAGE == set()
    assert all(str(requirement.specifier).startswith("==") for requirement in pinned())


def test_the_table_is_of_the_images_that_the_stacks_use() -> None:
    assert images() == {name: image for name, (image, _) in BRINGS.items()}


@pytest.mark.parametrize("name", list(BRINGS))
def test_no_requirement_asks_for_another_torch_or_python(name: str) -> None:
    brings = BRINGS[name][1]
    for requirement in pinned():
        installed = metadata.metadata(requirement.name)
        assert Version(installed["Version"]) in requirement.specifier, "the environment is not the one of the pins"
        assert Version(brings["python"]) in SpecifierSet(installed["Requires-Python"] or "")
        for text in metadata.requires(requirement.name) or []:
            needed = Requirement(text)
            applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if canonicalize_name(needed.name) in BY_THE_IMAGE and applies:
                assert Version(brings["torch"]) in needed.specifier, f"{requirement.name} needs {text}"


def test_what_transformers_asks_of_torch_is_met() -> None:
    """Torch is one of its extras, so that nothing above sees which versions it works with."""
    asked = {
        Requirement(text).specifier for text in metadata.requires("transformers") or [] if text.startswith("torch>")
    }
    assert asked
    for _, brings in BRINGS.values():
        assert all(Version(brings["torch"]) in specifier for specifier in asked)
