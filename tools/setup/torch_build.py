"""Chooses which build of torch to install: without an NVIDIA GPU, one that does not bring gigabytes of CUDA."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class TorchBuild:
    """`arguments` for `pip install`, and a `note` for the user (empty when there is nothing to say)."""

    arguments: list[str]
    note: str = ""


def has_nvidia_gpu() -> bool:
    """Whether nvidia-smi is here and lists a GPU."""
    if shutil.which("nvidia-smi") is None:
        return False
    try:
        listing = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listing.returncode == 0 and "GPU" in listing.stdout


def offered_versions(python: Path) -> str:
    """The versions of torch in pip's own sources (indexes and find-links) that fit `python`, as pip lists them."""
    listing = subprocess.run(
        [str(python), "-m", "pip", "index", "versions", "torch"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return listing.stdout


def cpu_index_answers() -> bool:
    """Whether PyTorch's index of CPU builds can be reached from here."""
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def choose(*, python: Path, pin: str, cpu_only: bool = False) -> TorchBuild:
    """Which torch to install into the environment of `python`; `pin` is the version, such as "2.13.0".

    cpu_only: no CUDA even where there is a GPU.
    """
    plain, cpu = f"torch=={pin}", f"torch=={pin}+cpu"
    if sys.platform == "darwin" or (has_nvidia_gpu() and not cpu_only):
        return TorchBuild([plain])
    if re.search(rf"(?<![\w.]){re.escape(pin)}\+cpu(?![\w.])", offered_versions(python)):
        return TorchBuild([cpu])
    if cpu_index_answers():
        return TorchBuild(["--index-url", CPU_INDEX, cpu])
    return TorchBuild(
        [plain], "no CPU build of torch can be reached from here: taking the default one, which may be several GB"
    )
