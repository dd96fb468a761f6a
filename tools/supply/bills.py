"""Writes the bills of materials of the Lambda functions, their layer and every image that the settings name."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from contracts.supply import bom
from environments.aws import images
from tools.bundling import archive, packages, targets
from tools.supply.errors import SupplyError

FOLDER = "sbom"
_RUNTIME = {
    "type": "platform",
    "bom-ref": "runtime",
    "name": "aws-lambda-python",
    "version": "3.13",
    "description": "AWS's runtime, which AWS patches; boto3 is the runtime's own.",
}
_SERVING = "model_code/serving/requirements.txt"
_ADDED = {"training": "model_code/training/requirements.lock", "serving": _SERVING, "base": _SERVING}


def write(root: Path, build: Path) -> list[Path]:
    """Write them below `build/sbom`, in place of older ones: the files, by name."""
    made = {**dict(_functions(root, build)), **dict(_layers(root)), **dict(_images(root))}
    folder = build / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return [folder / name for name in sorted(made)]


def _functions(root: Path, build: Path) -> Iterator[tuple[str, bytes]]:
    for name in targets.functions(root):
        folder = build / "lambda" / name
        if not folder.is_dir():
            raise SupplyError(f"{folder} is missing: run `make build` first")
        subject: bom.Component = {"type": "application", "name": f"rubric-{name.replace('_', '-')}"}
        components = [_RUNTIME, *(each.component() for each in bom.packages_in(folder))]
        properties = {"code_sha256": _digest(folder)}
        yield f"functions/{name}{bom.SUFFIX}", bom.encoded(bom.document(subject, components, properties=properties))


def _layers(root: Path) -> Iterator[tuple[str, bytes]]:
    """By its lock, as an image: it is built only where the settings need it."""
    subject: bom.Component = {"type": "application", "name": "rubric-mongodb-layer"}
    added = (each.component() for each in _locked(root / targets.MONGODB_REQUIREMENTS))
    yield f"layers/mongodb{bom.SUFFIX}", bom.encoded(bom.document(subject, [_RUNTIME, *added], properties={}))


def _images(root: Path) -> Iterator[tuple[str, bytes]]:
    """An image's base, whose own packages only its maker knows, and what this project adds to it."""
    for name, image in images.known().items():
        if image.kind not in _ADDED:  # AWS's alone: CodeBuild's image, and the functions' runtime
            continue
        added = _locked(root / _ADDED[image.kind])
        if image.torch and "torch" not in {each.name for each in added}:
            added.append(bom.Package(name="torch", version=image.torch))
        repository, _, tag = image.image.rpartition(":")
        base: bom.Component = {"type": "container", "bom-ref": "base", "name": repository, "version": tag}
        os: bom.Component = {"type": "operating-system", "bom-ref": "os", "name": image.os}
        subject: bom.Component = {"type": "container", "name": f"rubric-{name.replace('_', '-')}"}
        properties = {"patched_until": str(image.ends or "not published"), "source": image.source}
        bill = bom.document(subject, [base, os, *(each.component() for each in added)], properties=properties)
        yield f"images/{name}{bom.SUFFIX}", bom.encoded(bill)


def _locked(file: Path) -> list[bom.Package]:
    """The packages of a lock with an exact version for each, whatever the machine: as many as may be installed."""
    pins = [line.split()[0].split("==") for line in packages.requirement_lines(file) if "==" in line.split()[0]]
    return [bom.Package(name=pin[0].partition("[")[0], version=pin[1].rstrip(";")) for pin in pins]


def _digest(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's files."""
    state = hashlib.sha256()
    for file in archive.source_files(folder):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        state.update(f"{file.relative_to(folder).as_posix()}\0{content}\0".encode())
    return state.hexdigest()
