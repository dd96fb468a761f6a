"""A training job's folders, from the container's environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.datasets import fold, manifest
from contracts.texts import label_mapping
from model_code.training.errors import TrainingError


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The container's folders and files. A channel that the job does not have is None."""

    model: Path
    output: Path
    failure: Path
    checkpoints: Path
    dataset: Path
    champion: Path | None
    base_model: Path | None
    serving_deps: Path | None
    labels: Path | None
    manifest: Path | None
    fold: Path | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Folders:
        """The documented SM_* variables, or their places below SAGEMAKER_BASE_DIR (/opt/ml)."""
        base = Path(environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))

        def channel(name: str) -> Path | None:
            path = environ.get(f"SM_CHANNEL_{name.upper()}")
            folder = Path(path) if path else base / "input" / "data" / name
            return folder if folder.is_dir() else None

        dataset = channel("dataset")
        if dataset is None:
            raise TrainingError(
                f"the job has no dataset channel: neither SM_CHANNEL_DATASET nor "
                f"{base / 'input' / 'data' / 'dataset'} is a folder"
            )
        return cls(
            model=Path(environ.get("SM_MODEL_DIR", base / "model")),
            output=Path(environ.get("SM_OUTPUT_DATA_DIR", base / "output" / "data")),
            failure=failure_file(environ),
            checkpoints=base / "checkpoints",
            dataset=dataset,
            champion=channel("champion"),
            base_model=channel("base_model"),
            serving_deps=channel("serving_deps"),
            labels=channel(label_mapping.CHANNEL),
            manifest=channel(manifest.CHANNEL),
            fold=channel(fold.CHANNEL),
        )


def failure_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The file whose text SageMaker shows as the job's failure reason."""
    return Path(environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "output" / "failure"
