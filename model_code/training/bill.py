"""The bill of materials of a model: its files, the base model, the dataset and the packages that made it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.deployment import buckets
from contracts.models import artifact
from contracts.models.evaluation import Evaluation
from contracts.supply import bom
from model_code.serving import manifest
from model_code.training.settings import COMPACT, LINEAR, OWN_FILES, Hyperparameters

_SCRATCH = {COMPACT, LINEAR}
# The head of a model's README on the hub ("Model Cards", huggingface.co/docs/hub/model-cards).
_STATED = re.compile(r"^license:[ \t]*([\w.+-]+)[ \t]*$", re.MULTILINE)
_HEAD = re.compile(r"\A---\n(.*?)\n---", re.DOTALL)


def write(folder: Path, *, model: Path, evaluation: Evaluation, settings: Hyperparameters, base: Path | None) -> None:
    """Write the bill into `folder`. model: the sealed artifact; base: the base model's files, None for none here."""
    (folder / buckets.BILL_FILE).write_bytes(bom.encoded(_bill(model, evaluation, settings, base)))


def _bill(model: Path, evaluation: Evaluation, settings: Hyperparameters, base: Path | None) -> dict[str, Any]:
    metadata = artifact.read_json(model / artifact.METADATA_FILE)
    kind = str(evaluation["base_model"])
    subject: bom.Component = {
        "type": "machine-learning-model",
        "name": "rubric-text-classifier",
        "version": str(evaluation["model_version"]),
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "supervised"},
                "task": "text-classification",
                "modelArchitecture": kind,
                "datasets": [{"ref": "dataset"}],
            }
        },
    }
    digests = {**manifest.digests(model), artifact.METADATA_FILE: manifest.sha256(model / artifact.METADATA_FILE)}
    components = [
        *(each.component() for each in bom.packages_here()),
        *(bom.file(name, digest) for name, digest in digests.items()),
        _dataset(evaluation),
        *([] if kind in _SCRATCH else [_base_model(settings, base)]),
    ]
    properties = {"code_digest": str(metadata["code_digest"]), "trained_from_scratch": str(kind in _SCRATCH).lower()}
    return bom.document(subject, components, properties=properties)


def _dataset(evaluation: Evaluation) -> bom.Component:
    version = evaluation.get("dataset_version")
    return {
        "type": "data",
        "bom-ref": "dataset",
        "name": "dataset",
        **({"version": str(version)} if version else {}),
        "hashes": bom.hashes(str(evaluation["dataset_sha256"])),
    }


def _base_model(settings: Hyperparameters, folder: Path | None) -> bom.Component:
    name, _, revision = settings.base_model.partition("@")
    on_hub = name != OWN_FILES and not Path(name).exists()
    return {
        "type": "machine-learning-model",
        "bom-ref": "base-model",
        "name": name,
        **({"version": revision} if revision else {}),
        **({"purl": f"pkg:huggingface/{name}@{revision.lower()}"} if on_hub and revision else {}),
        **({"hashes": bom.hashes(settings.base_model_sha256)} if settings.base_model_sha256 else {}),
        **bom.licences(next(_stated(folder), "")),
    }


def _stated(folder: Path | None) -> Iterator[str]:
    """The licence in the head of the base model's README."""
    readme = folder / "README.md" if folder else None
    if readme is not None and readme.is_file():
        head = _HEAD.match(readme.read_text("utf-8", errors="replace"))
        found = _STATED.search(head[1]) if head else None
        if found:
            yield found[1]
