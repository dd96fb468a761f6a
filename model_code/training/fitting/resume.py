"""Which checkpoint a job resumes from: the newest that all its processes have, made by the same training."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from model_code.training import package
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.fitting import checkpoints
from model_code.training.fitting.checkpoints import Checkpoint
from model_code.training.fitting.encoder import Encoder
from model_code.training.fitting.loop.callbacks import is_distributed
from model_code.training.settings import Hyperparameters

# Settings that may differ: the digest of the texts and labels covers the columns, the labels' mapping and the
# fractions, and the rest changes no weight.
NOT_COMPARED = {
    "processes_per_host",
    "checkpoint_seconds",
    "text_column",
    "label_column",
    "labels_sha256",
    "valid_fraction",
    "test_fraction",
}


def identity(
    encoder: Encoder,
    rows: Sequence[Row],
    valid: Sequence[Row],
    labels: Sequence[str],
    settings: Hyperparameters,
    max_length: int,
) -> dict[str, Any]:
    """What a checkpoint must have in common with a job that resumes from it; short enough for an error message."""
    texts = hashlib.sha256()
    for part in (rows, valid):
        for row in part:
            texts.update(f"{row.text}\0{row.label}\0".encode())
        texts.update(b"\1")
    weights = hashlib.sha256()
    for name, tensor in sorted(encoder.model.state_dict().items()):
        weights.update(name.encode())
        weights.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return {
        **{name: value for name, value in settings.as_dict().items() if name not in NOT_COMPARED},
        "max_length": max_length,
        "texts": texts.hexdigest()[:16],
        "labels": list(labels),
        "weights before training": weights.hexdigest()[:16],
        "tokenizer": hashlib.sha256(encoder.tokenizer.backend_tokenizer.to_str().encode()).hexdigest()[:16],
        "code": package.code_digest()[:16],
    }


def newest_common(root: Path, belongs_to: dict[str, Any]) -> Checkpoint | None:
    """The newest checkpoint that every process has; None to start from the beginning.

    TrainingError when the checkpoints are of another training, or the processes have prepared different ones.
    """
    usable = checkpoints.usable(root)
    if usable:
        checkpoints.check(usable[0], belongs_to)
    if not is_distributed():
        return usable[0] if usable else None
    everywhere: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(everywhere, (belongs_to, [checkpoint.step for checkpoint in usable]))
    if any(other != belongs_to for other, _ in everywhere):
        raise TrainingError(
            "the job's instances have prepared different texts or models; "
            "give every instance the whole dataset (S3DataDistributionType FullyReplicated)"
        )
    common = set.intersection(*(set(steps) for _, steps in everywhere))
    return next((checkpoint for checkpoint in usable if checkpoint.step in common), None)
