"""The model to train and its tokenizer: compact and from scratch, or pretrained from a folder or the hub."""

from __future__ import annotations

import hashlib
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from contracts.models import artifact
from model_code.training.errors import TrainingError
from model_code.training.fitting import tokenizer as wordpiece
from model_code.training.settings import Hyperparameters

REMEDY = (
    "set BASE_MODEL to a local folder with the model's files (config.json, model.safetensors, "
    "tokenizer.json), or set base_model to compact to train from scratch without a download"
)


@dataclass(frozen=True)
class Encoder:
    """A sequence classification model, its fast tokenizer, and the model's name for reports."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    name: str


def build(
    settings: Hyperparameters, *, texts: Sequence[str], labels: Sequence[str], channel: Path | None, work: Path
) -> Encoder:
    """The encoder that ``settings.base_model`` names; files in a ``base_model`` channel take precedence over the hub.

    ``texts``: the training texts, from which the compact tokenizer is learned. ``labels``: names in order. ``channel``:
    its folder, if the job has one. ``work``: a folder to unpack in. TrainingError when the model cannot be loaded.
    """
    if settings.from_scratch:
        return _compact(settings, texts, labels)
    if channel is None:
        source, _, revision = settings.base_model.partition("@")
        return _pretrained(source, settings.base_model, labels, revision=revision or None)
    folder = model_folder(channel, work)
    check_weights(folder, sha256=settings.base_model_sha256)
    return _pretrained(str(folder), settings.base_model, labels)


def longest(encoder: Encoder) -> int:
    """The number of word pieces of a text that the model can read."""
    positions = getattr(encoder.model.config, "max_position_embeddings", None) or sys.maxsize
    return int(min(positions, encoder.tokenizer.model_max_length))


def label_maps(labels: Sequence[str]) -> dict[str, Any]:
    """The label settings of a model's configuration."""
    return {
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {name: position for position, name in enumerate(labels)},
    }


def _compact(settings: Hyperparameters, texts: Sequence[str], labels: Sequence[str]) -> Encoder:
    tokenizer = wordpiece.train(texts, vocab_size=settings.vocab_size)
    config = DistilBertConfig(
        vocab_size=len(tokenizer),
        dim=settings.hidden_size,
        hidden_dim=2 * settings.hidden_size,
        n_layers=settings.layers,
        n_heads=settings.heads,
        max_position_embeddings=settings.max_length,
        pad_token_id=tokenizer.pad_token_id,
        **label_maps(labels),
    )
    return Encoder(DistilBertForSequenceClassification(config), tokenizer, settings.base_model)


def _pretrained(source: str, name: str, labels: Sequence[str], *, revision: str | None = None) -> Encoder:
    """``revision``: a commit on the hub. Only safetensors are read: a pickle can run code."""
    local = Path(source).is_dir()
    pinned = {"revision": revision} if revision else {}
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **pinned)
        model = AutoModelForSequenceClassification.from_pretrained(
            source, ignore_mismatched_sizes=True, use_safetensors=True, **pinned, **label_maps(labels)
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()).split(". ")[0]
        what = (
            f"the folder {source} does not hold a usable model"
            if local
            else f"base model {name!r} cannot be fetched from the Hugging Face hub (unreachable, or no such model)"
        )
        raise TrainingError(f"{what}: {reason}. What to do: {REMEDY}") from error
    if not tokenizer.is_fast:
        raise TrainingError(
            f"base model {name!r} has no fast tokenizer (tokenizer.json), which serving requires; "
            "choose a model that has one"
        )
    if tokenizer.pad_token is None:
        raise TrainingError(
            f"base model {name!r} has no padding token; choose an encoder such as distilbert-base-uncased"
        )
    return Encoder(model, tokenizer, name)


def check_weights(folder: Path, *, sha256: str) -> None:
    """TrainingError unless a folder's ``*.safetensors``, in the order of their names, have the digest ("": any)."""
    if not sha256:
        return
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    if digest.hexdigest() != sha256:
        raise TrainingError(
            f"the base model's *.safetensors have the SHA-256 {digest.hexdigest()}, but training.base_model_sha256 is "
            f"{sha256}; find out why before you change the setting"
        )


def model_folder(channel: Path, work: Path) -> Path:
    """The folder with config.json in a channel, after unpacking any zip or tar in it."""
    for archive in sorted(path for path in channel.iterdir() if path.is_file()):
        try:
            if zipfile.is_zipfile(archive):
                with zipfile.ZipFile(archive) as opened:
                    opened.extractall(work)
            elif tarfile.is_tarfile(archive):
                with tarfile.open(archive) as tar:
                    artifact.extract(tar, work)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
            raise TrainingError(f"the base model archive {archive.name} cannot be unpacked: {error}") from error
    configs = sorted([*channel.rglob("config.json"), *work.rglob("config.json")], key=lambda path: len(path.parts))
    if not configs:
        raise TrainingError(f"no config.json in the base model folder {channel}; what to do: {REMEDY}")
    return configs[0].parent
