"""Chooses which build of torch to install: without an NVIDIA GPU, one that does not bring gigabytes of CUDA.

torch is not in uv.lock: its builds have different hashes, and which one fits is known only on the machine. What it
needs is in the lock (the group beside-torch).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.setup.uv import Uv

VERSION = "2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class TorchBuild:
    """`arguments` for `uv pip install`, and a `note` for the user (empty when there is nothing to say)."""

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


def install(folder: Path) -> list[str | Path]:
    """uv's `pip install` into the environment in `folder`, far from pyproject.toml, which excludes torch."""
    return ["--directory", "/", "pip", "install", "--python", folder, "--index-strategy=unsafe-best-match"]


def is_offered(wanted: str, *, sources: Sequence[str], uv: Uv, folder: Path) -> bool:
    """Whether `sources` (uv's options) have this build for the environment in `folder`."""
    result = subprocess.run(
        [uv.program, *install(folder), "--dry-run", "--no-deps", *sources, wanted],
        env={**os.environ, **uv.environ(folder)},
        capture_output=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return result.returncode == 0


def cpu_index_answers() -> bool:
    """Whether PyTorch's index of CPU builds can be reached from here."""
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def choose(*, uv: Uv, folder: Path, cpu_only: bool = False) -> TorchBuild:
    """Which torch to install into the environment in `folder`; cpu_only: no CUDA even where there is a GPU."""
    plain, cpu = f"torch=={VERSION}", f"torch=={VERSION}+cpu"
    if sys.platform == "darwin" or (has_nvidia_gpu() and not cpu_only):
        return TorchBuild([*uv.settings.sources, plain])
    for sources in filter(None, (uv.settings.links, uv.settings.sources)):
        if is_offered(cpu, sources=sources, uv=uv, folder=folder):
            return TorchBuild([*sources, cpu])
    if cpu_index_answers():
        return TorchBuild(["--default-index", CPU_INDEX, cpu])
    return TorchBuild(
        [*uv.settings.sources, plain],
        "no CPU build of torch can be reached from here: taking the default one, which may be several GB",
    )
