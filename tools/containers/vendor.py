"""The serving packages that a Hugging Face container gets beside the model, for this machine's Python.

What `make build` makes is for the Python of AWS's image; this is the same for the one that runs here.
"""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

from tools.bundling import packages
from tools.bundling.build import build
from tools.bundling.targets import Target
from tools.containers.process import ROOT

HERE = ["--implementation", "cp", "--python-version", f"{sys.version_info[0]}.{sys.version_info[1]}"]
REQUIREMENTS = "model_code/serving/requirements.txt"


def _make(root: Path, cache: Path, target: Path) -> None:
    folder = packages.installed(root / REQUIREMENTS, platform=HERE, cache=cache)
    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        archive.add(folder, "")


TARGET = Target("serving-vendor-here", "serving-here/vendor.tar.gz", (REQUIREMENTS,), _make)


def vendor_archive(*, root: Path = ROOT) -> Path:
    """vendor.tar.gz as a training job's serving_deps channel holds it; built when out of date."""
    build([TARGET], root=root, out=root / "build")
    return root / "build" / TARGET.path
