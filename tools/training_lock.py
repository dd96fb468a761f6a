"""Writes model_code/training/requirements.lock: `python -m tools.training_lock`, after a change of requirements.txt.

The lock is what a training job installs: model_code/training/requirements.txt and what it needs beyond the image's own
packages (environments/aws/training_packages.yaml), each with its version and the hash of its wheel. SageMaker's
training toolkit runs `pip install -r requirements.txt` and no other options (sagemaker_training/modules.py), so the
file itself says that hashes are required; a dependency that the image has is met, and pip does not replace it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools import lock

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "model_code" / "training" / "requirements.txt"
LOCK = REQUIREMENTS.with_suffix(".lock")
IMAGES = ROOT / "environments" / "aws" / "training_packages.yaml"
HEADER = """# What a training job installs on top of its image's packages, and gets as requirements.txt: written by
# `python -m tools.training_lock` from requirements.txt.
--require-hashes
--only-binary :all:
"""
# The images have 3.12; the others are this project's own (pyproject.toml), for its tests and the local AWS.
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_GLIBC = ("2_34", "2_28", "2_27", "2_17")
# Only the index that a job asks, despite this machine's configuration.
_PIP = ["-m", "pip", "--isolated", "--disable-pip-version-check", "--no-input", "install", "--dry-run"]
_PIP += ["--index-url", "https://pypi.org/simple", "--only-binary", ":all:"]


class TrainingLockError(Exception):
    """pip could not resolve or fetch; the message is one line."""


def images() -> dict[str, dict[str, str]]:
    """The packages of each training image, by their names."""
    by_name = yaml.safe_load(IMAGES.read_text("utf-8"))
    return {name: {**by_name["both"], **by_name[name]} for name in by_name if name.startswith("training_")}


def pretend(packages: Mapping[str, str], *, site: Path) -> None:
    """Makes an environment look as if it had the packages, to pip alone: their metadata without a file."""
    for name, version in packages.items():
        folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        folder.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        folder.joinpath("RECORD").write_text("")


def beyond(packages: Mapping[str, str], *, constraints: Path) -> dict[str, str]:
    """The packages that pip would install for requirements.txt beside these, version by name."""
    with tempfile.TemporaryDirectory() as folder:
        _run([sys.executable, "-m", "venv", folder])
        [site] = Path(folder).glob("lib/python*/site-packages")
        pretend(packages, site=site)
        files = ["--requirement", str(REQUIREMENTS), "--constraint", str(constraints)]
        items = _report([f"{folder}/bin/python", *_PIP, *files])
        return {_name(item): item["metadata"]["version"] for item in items}


def hashes(pins: Mapping[str, str]) -> dict[str, set[str]]:
    """SHA-256 of each package's wheels for Linux on x86-64, the images' platform."""
    wanted = [f"{name}=={version}" for name, version in pins.items()]
    by_name: dict[str, set[str]] = {name: set() for name in pins}
    for version in _PYTHONS:
        with tempfile.TemporaryDirectory() as folder:
            options = ["--no-deps", "--target", folder, *_wheels(version)]
            for item in _report([sys.executable, *_PIP, *options, *wanted]):
                by_name[_name(item)].add(item["download_info"]["archive_info"]["hashes"]["sha256"])
    return by_name


def _wheels(version: str) -> list[str]:
    """pip's options for the wheels of a Python."""
    abis = ("cp" + version.replace(".", ""), "abi3", "none")
    platforms = (*(f"manylinux_{glibc}_x86_64" for glibc in _GLIBC), "manylinux2014_x86_64", "any")
    options = ["--implementation", "cp", "--python-version", version]
    options += [part for abi in abis for part in ("--abi", abi)]
    return options + [part for platform in platforms for part in ("--platform", platform)]


def text(pins: Mapping[str, str], digests: Mapping[str, Iterable[str]]) -> str:
    """The lock file."""
    lines = HEADER
    for name in sorted(pins):
        lines += " \\\n".join(
            [f"{name}=={pins[name]}", *(f"    --hash=sha256:{each}" for each in sorted(digests[name]))]
        )
        lines += "\n"
    return lines


def main() -> int:
    """The command; returns its exit status."""
    had = images()
    try:
        pins = _direct()
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            # The versions that were tested together, except those of an image's own packages, which stay.
            file.writelines(_constraints(without=set().union(*had.values())))
            file.flush()
            for packages in had.values():
                pins |= beyond(packages, constraints=Path(file.name))
        LOCK.write_text(text(pins, hashes(pins)), "utf-8")
    except (TrainingLockError, lock.LockError) as error:
        print(f"training lock: {error}", file=sys.stderr)
        return 1
    print(f"{LOCK.relative_to(ROOT)}: {len(pins)} packages", file=sys.stderr)
    return 0


def _direct() -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in REQUIREMENTS.read_text("utf-8").splitlines()]
    pairs = [line.partition("==") for line in lines if line]
    return {canonical(name): version for name, _, version in pairs}


def _constraints(*, without: Iterable[str]) -> list[str]:
    left_out = set(without)
    return [f"{name}=={version}\n" for name, version in lock.pins("model").items() if name not in left_out]


def canonical(name: str) -> str:
    """A package's name as indexes compare it."""
    return name.strip().lower().replace("_", "-").replace(".", "-")


def _name(item: Mapping[str, Any]) -> str:
    return canonical(item["metadata"]["name"])


def _report(command: list[str]) -> list[dict[str, Any]]:
    return list(json.loads(_run([*command, "--quiet", "--report", "-"]))["install"])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise TrainingLockError((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
