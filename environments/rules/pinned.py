"""The model that training starts from is pinned: a hub's model by its commit, files in S3 by their digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings

COMPACT = "compact"
_COMMIT = re.compile(r"[^@\s]+@[0-9a-f]{40}")
_AT = ("training", "base_model")
Kind = Literal["compact", "folder", "s3", "hub"]


def kind(base_model: str, *, root: Path) -> Kind:
    """What `training.base_model` names."""
    if base_model == COMPACT:
        return "compact"
    if base_model.startswith("s3://"):
        return "s3"
    looks_local = base_model.startswith(("/", "./", "../", "~"))
    return "folder" if looks_local or (root / Path(base_model).expanduser()).is_dir() else "hub"


def unpinned(settings: Settings, *, root: Path) -> str:
    """How to pin a base model that may change under its name, in one sentence; "" if it is pinned."""
    training = settings.training
    match kind(training.base_model, root=root):
        case "hub" if _COMMIT.fullmatch(training.base_model) is None:
            return "add the hub's commit: <id>@<40 hex digits> (the model's page, Files and versions, History)"
        case "s3" if training.base_model_sha256 is None:
            return "set training.base_model_sha256 to the SHA-256 of its model.safetensors (sha256sum)"
    return ""


def problems(settings: Settings, *, root: Path) -> Iterator[Problem]:
    """A base model that must be pinned and is not, and pins that have no effect."""
    training, dataset = settings.training, settings.data.dataset
    what = kind(training.base_model, root=root)
    lacks = unpinned(settings, root=root) if settings.classifier.trained else ""
    from_hub = what == "hub" and ("@" in training.base_model or settings.isolated_training)
    if lacks and (settings.data.retain or from_hub):
        yield Problem(_AT, training.base_model, lacks)
    if training.base_model_sha256 is not None and what not in ("s3", "folder"):
        allowed = f"it is for files in a folder or in S3, and training.base_model is {training.base_model!r}; remove it"
        yield Problem(("training", "base_model_sha256"), training.base_model_sha256, allowed)
    if dataset.sha256 is not None and dataset.source != "uci":
        allowed = f"it needs data.dataset.source: uci (now {dataset.source}); change one of the two"
        yield Problem(("data", "dataset", "sha256"), dataset.sha256, allowed)
