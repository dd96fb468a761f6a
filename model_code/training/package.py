"""The artifact's ``code/`` folder: the serving code, ready for a container without internet access."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from pathlib import Path

import model_code
from contracts.models import artifact
from dataset_files import files
from model_code.serving.engines.native import library
from model_code.training.errors import TrainingError

ROOT = Path(model_code.__file__).resolve().parent
CONTRACTS = Path(artifact.__file__).resolve().parents[1]
DATASET_FILES = Path(files.__file__).resolve().parent
VENDOR_FOLDER = "vendor"
SERVING_PARTS = ("__init__.py", "serving")
# The modules of contracts/ that these import, directly or not.
SERVING_CONTRACTS = (
    "__init__.py",
    "deployment/__init__.py",
    "deployment/buckets.py",
    "models/__init__.py",
    "models/artifact.py",
    "models/measures.py",
    "texts/__init__.py",
    "texts/text_normalization.py",
    "texts/words.py",
)


def write_code(folder: Path, *, serving_deps: Path | None) -> None:
    """Fill ``folder``: inference.py, model_code/ (the serving code with compiled kernels), the modules of contracts/
    that it imports, and vendor/ (serving_deps).
    """
    target = folder / ROOT.name
    target.mkdir(parents=True, exist_ok=True)
    for name in SERVING_PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target / name)
    for name in SERVING_CONTRACTS:
        (folder / CONTRACTS.name / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CONTRACTS / name, folder / CONTRACTS.name / name)
    if kernels := library.folder():
        shutil.copytree(kernels, target / "serving" / "engines" / "native" / library.BUILT, dirs_exist_ok=True)
    shutil.copyfile(ROOT / "serving" / "inference.py", folder / "inference.py")
    if serving_deps is not None:
        _vendor(serving_deps, folder / VENDOR_FOLDER)


def _vendor(channel: Path, target: Path) -> None:
    archives = sorted(channel.glob("*.tar.gz"))
    if not archives:
        raise TrainingError(f"the serving_deps channel {channel} does not hold a .tar.gz of serving dependencies")
    target.mkdir(exist_ok=True)
    try:
        for archive in archives:
            with tarfile.open(archive) as tar:
                artifact.extract(tar, target)
    except (tarfile.TarError, EOFError) as error:
        raise TrainingError(f"the serving dependencies {archive.name} cannot be unpacked: {error}") from error


def code_digest() -> str:
    """SHA-256 over the names and contents of the files of model_code, contracts and dataset_files: which code made a
    model.
    """
    digest = hashlib.sha256()
    for path in (*sorted(ROOT.rglob("*")), *sorted(CONTRACTS.rglob("*.py")), *sorted(DATASET_FILES.rglob("*.py"))):
        if path.is_file() and "__pycache__" not in path.parts:
            data = path.read_bytes()
            digest.update(f"{path.relative_to(ROOT.parent).as_posix()}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()
