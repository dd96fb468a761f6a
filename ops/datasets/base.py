"""The dataset that a first version is made of, or that joins one: a local file or folder, or objects in S3."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path, PurePosixPath

from contracts.deployment import buckets, stack_outputs
from ops.deployment.cloud import ROOT, Cloud
from ops.errors import NOT_FOUND, USAGE, OpsError

_S3 = "s3://"
_UCI_FILE = "newsCorpora.csv"


def bring(cloud: Cloud, named: str | None, *, folder: Path) -> Path:
    """The path of the dataset: `named`, a path or S3 address, or the environment's own. Raises OpsError."""
    if named is not None:
        return _downloaded(cloud, named, folder) if named.startswith(_S3) else _local(Path(named), option="--dataset")
    dataset = cloud.settings.data.dataset
    if dataset.source == "file":
        paths = [ROOT / Path(path).expanduser() for path in dataset.path or []]
        found = [_local(path, option="data.dataset.path") for path in paths]
        return found[0] if len(found) == 1 else _together(found, folder / "dataset")
    if dataset.source == "s3":
        return _downloaded(cloud, str(dataset.uri), folder)
    bucket = cloud.stacks.need(stack_outputs.DATASET_BUCKET_NAME)
    digest = dataset.sha256 or hashlib.sha256(str(dataset.url).encode()).hexdigest()
    try:
        return _downloaded(cloud, f"{_S3}{bucket}/{buckets.DATASETS}{digest}/{_UCI_FILE}", folder)
    except OpsError as error:
        raise OpsError(
            "The dataset was not downloaded yet: `rubric train` does it once, or give --dataset", status=NOT_FOUND
        ) from error


def _local(path: Path, *, option: str) -> Path:
    if not path.exists():
        raise OpsError(f"{option} {path} does not exist", status=USAGE)
    return path


def _together(paths: list[Path], target: Path) -> Path:
    """A folder with copies of several files and folders, each in a folder of its own, since names may repeat."""
    for number, path in enumerate(paths):
        copy = target / f"{number:04d}" / path.name
        copy.parent.mkdir(parents=True)
        shutil.copytree(path, copy) if path.is_dir() else shutil.copyfile(path, copy)
    return target


def _downloaded(cloud: Cloud, uri: str, folder: Path) -> Path:
    bucket, _, key = uri.removeprefix(_S3).partition("/")
    s3 = cloud.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    keys = [one["Key"] for page in pages for one in page.get("Contents", []) if not one["Key"].endswith("/")]
    if not keys:
        raise OpsError(f"{uri} does not exist: give a file or a folder that does", status=NOT_FOUND)
    target = folder / "dataset"
    for number, each in enumerate(sorted(keys)):
        # Names of keys may be anything: each file has a folder of its own.
        path = target / str(number) / PurePosixPath(each).name
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, each, str(path))
    return path if len(keys) == 1 else target
