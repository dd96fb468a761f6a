"""Tests tools/training_lock.py and the committed lock; tests/long/test_training_lock.py installs it."""

import yaml

from tools import lock, training_lock
from tools.bundling import packages
from tools.training_lock import LOCK, REQUIREMENTS, ROOT, canonical

BY_THE_IMAGE = {"torch", "torchvision", "torchaudio", "triton", "setuptools", "sagemaker-training", "boto3", "protobuf"}


def pins() -> dict[str, str]:
    lines = [line for line in packages.requirement_lines(LOCK) if line not in packages.LOCK_OPTIONS]
    return {canonical(line.split("==")[0]): line.split("==")[1].split()[0] for line in lines}


def test_the_lock_has_every_requirement_and_a_hash_for_each_package() -> None:
    packages.check_lock(LOCK, of=REQUIREMENTS)
    assert set(training_lock._direct()) < set(pins())


def test_what_the_image_brings_stays_but_for_what_training_asks_another_version_of() -> None:
    locked = pins()
    assert set(locked) & BY_THE_IMAGE == set()
    replaced = {
        name
        for brings in training_lock.images().values()
        for name, version in locked.items()
        if brings.get(name, version) != version
    }
    # All but idna, which httpx2 wants newer, are named in requirements.txt.
    assert replaced - set(training_lock._direct()) == {"idna"}
    assert all(brings["torch"].startswith("2.13.0") for brings in training_lock.images().values())


def test_the_versions_are_those_that_were_tested_together_here() -> None:
    """So a job of the local AWS finds all of it in .venv-model and downloads nothing."""
    assert pins().items() <= lock.pins("model").items()


def test_both_images_are_those_that_the_settings_choose() -> None:
    known = yaml.safe_load((ROOT / "environments" / "aws" / "images.yaml").read_text("utf-8"))
    for name, brings in training_lock.images().items():
        assert brings["torch"].startswith(known[name]["torch"])
        assert known[name]["kind"] == "training"


def test_the_file_is_the_same_whatever_the_order() -> None:
    one = training_lock.text({"b": "2", "a": "1"}, {"a": {"22", "11"}, "b": ["33"]})
    assert one == training_lock.text({"a": "1", "b": "2"}, {"b": {"33"}, "a": ["11", "22"]})
    assert one.endswith("a==1 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\nb==2 \\\n    --hash=sha256:33\n")
