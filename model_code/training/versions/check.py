"""Whether a job's dataset is the version that its hyperparameters name."""

from __future__ import annotations

from pathlib import Path

from contracts.datasets import manifest
from model_code.training.errors import TrainingError


def check(channel: Path | None, *, version: str, sha256: str, dataset_sha256: str) -> None:
    """TrainingError unless the manifest in the job's channel has this digest and names the dataset that was read.

    sha256 "": the dataset is no version.
    """
    if not sha256:
        return
    file = channel / manifest.MANIFEST_FILE if channel else None
    content = file.read_bytes() if file and file.is_file() else b""
    if manifest.digest(content) != sha256:
        raise TrainingError(f"the job's channel manifest does not have the manifest of {version}: train again")
    try:
        found = manifest.read(content)
    except manifest.LayoutError as error:
        raise TrainingError(f"dataset version {version}: {error}") from error
    if found["file"]["sha256"] != dataset_sha256:
        raise TrainingError(
            f"the rows that the job read are not those of dataset version {version}: somebody changed "
            f"{found['file']['key']}; freeze a new version"
        )
