"""A job trains on the version that it names, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.datasets import manifest
from model_code.training.errors import TrainingError
from model_code.training.versions.check import check


def stored(folder: Path, **changed: Any) -> str:
    document: dict[str, Any] = dict.fromkeys(manifest.Manifest.__annotations__)
    document |= {"layout": 1, "version": "v3", "file": {"key": "k", "sha256": "ab"}, **changed}
    content = manifest.to_json(document)  # type: ignore[arg-type]
    (folder / manifest.MANIFEST_FILE).write_bytes(content)
    return manifest.digest(content)


def test_the_version_that_is_named_passes(tmp_path: Path) -> None:
    check(tmp_path, version="v3", sha256=stored(tmp_path), dataset_sha256="ab")
    check(None, version="", sha256="", dataset_sha256="ab")


@pytest.mark.parametrize(
    ("sha256", "dataset", "layout", "part"),
    [
        ("cd", "ab", 1, "does not have the manifest of v3"),
        ("", "cd", 1, "are not those of dataset version v3"),
        ("", "ab", 2, "has the layout 2"),
    ],
)
def test_another_one_is_refused(tmp_path: Path, sha256: str, dataset: str, layout: int, part: str) -> None:
    digest = stored(tmp_path, layout=layout)
    with pytest.raises(TrainingError, match=part):
        check(tmp_path, version="v3", sha256=sha256 or digest, dataset_sha256=dataset)


def test_no_channel_is_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="does not have the manifest"):
        check(None, version="v3", sha256="ab", dataset_sha256="ab")
