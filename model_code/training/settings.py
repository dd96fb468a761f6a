"""A training job's settings: hyperparameters from the command line."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from contracts.models import hyperparameters
from dataset_files.times import times
from model_code.training.errors import TrainingError

COMPACT = "compact"
OWN_FILES = "own-files"
CLASS_WEIGHTS = ("none", "balanced")
PRECISIONS = ("auto", "bf16", "fp32")
ENCODER, LINEAR, BLEND, BEST = MODELS = ("encoder", "linear", "blend", "best")
UNSET = -1.0  # of a share: 0 is a valid value
VOCABULARY, UNSPACED_VOCABULARY = 8_000, 16_000  # word pieces of the compact model


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Numbers and names that a user may set. 0, or -1 for shares, means the base model's default (``resolved``).

    ``model``: what serves; "" is best for the compact model and encoder for a pretrained one.
    ``batch_size`` texts, over all processes together, go through the model at a time; ``gradient_accumulation`` such
    batches make one step of the optimiser. For a pretrained encoder its default grows with the rows, and the learning
    rate's with the batch. ``patience``: epochs in a row that are worse than the best
    (``fitting.loop.selection``) before training stops. ``precision`` of the matrix products: auto is bf16 where the
    hardware multiplies it natively. ``processes_per_host`` 0: one for each GPU, or one without GPUs.
    ``checkpoint_seconds``: about how much work an interruption may lose.
    ``encoding``: of a dataset that is not UTF-8; ``time_format``: how its times are to be read.
    ``base_model_sha256``: of the weights in the base model's channel, "" for any. ``base_model_files_sha256``: of the
    SHA256SUMS there, which is the mirror's (``contracts.deployment.mirror``), "" for none. ``labels_sha256``: of the
    labels' mapping in its channel (``contracts.texts.label_mapping``), "" for none. ``dataset_version``,
    ``manifest_sha256``: of a dataset version, whose manifest has a channel (``contracts.datasets.manifest``), "" for
    any other dataset.
    ``fold_sha256``: of the request to fold the ledger first, in its channel (``contracts.datasets.fold``), "" for none.
    """

    base_model: str = COMPACT
    model: str = ""
    epochs: int = 0
    batch_size: int = 0
    gradient_accumulation: int = 1
    learning_rate: float = 0.0
    patience: int = 0
    class_weights: str = "none"
    precision: str = "auto"
    warmup: float = UNSET
    weight_decay: float = UNSET
    label_smoothing: float = UNSET
    token_masking: float = UNSET
    max_length: int = 0
    hidden_size: int = 256
    layers: int = 1
    heads: int = 4
    vocab_size: int = 0
    seed: int = 13
    text_column: str = ""
    label_column: str = ""
    encoding: str = ""
    time_format: str = times.AUTO
    valid_fraction: float = 0.05
    test_fraction: float = 0.10
    processes_per_host: int = 0
    checkpoint_seconds: int = 120
    base_model_sha256: str = ""
    base_model_files_sha256: str = ""
    labels_sha256: str = ""
    dataset_version: str = ""
    manifest_sha256: str = ""
    fold_sha256: str = ""

    @property
    def from_scratch(self) -> bool:
        """Whether the compact model is trained from scratch instead of fine-tuning a pretrained encoder."""
        return self.base_model == COMPACT

    @property
    def kind(self) -> str:
        """Which of MODELS to train."""
        return self.model or (BEST if self.from_scratch else ENCODER)

    def with_channel(self, channel: Path | None) -> Hyperparameters:
        """A copy whose base model's name says where it comes from: files in the channel win over "compact"."""
        if channel is not None and self.base_model in {"", COMPACT}:
            return replace(self, base_model=OWN_FILES)
        return replace(self, base_model=self.base_model or COMPACT)

    def resolved(self, *, train_rows: int, unspaced: bool = False) -> Hyperparameters:
        """A copy with the defaults filled in, which were measured to be best for the base model (docs/benchmarks.md).

        With few rows there are more epochs, for enough steps to learn anything, and more patience. ``unspaced``: the
        texts divide no words by spaces (``data.scripts``), so their many characters leave little room for pieces.
        """
        defaults = _COMPACT_DEFAULTS if self.from_scratch else _PRETRAINED_DEFAULTS
        batch_size = self.batch_size or defaults.batch_size_for(train_rows)
        steps_per_epoch = math.ceil(train_rows / (batch_size * self.gradient_accumulation))
        default_epochs = min(max(defaults.epochs, math.ceil(defaults.min_steps / steps_per_epoch)), defaults.max_epochs)
        epochs = self.epochs or default_epochs
        shares = {name: getattr(defaults, name) for name in _SHARES if getattr(self, name) == UNSET}
        return replace(
            self,
            model=self.kind,
            epochs=epochs,
            batch_size=batch_size,
            patience=self.patience or max(defaults.patience, math.ceil(epochs / 4)),
            learning_rate=self.learning_rate or defaults.learning_rate_for(batch_size),
            max_length=self.max_length or defaults.max_length,
            vocab_size=self.vocab_size or (UNSPACED_VOCABULARY if unspaced else VOCABULARY),
            **shares,
        )

    def as_dict(self) -> dict[str, Any]:
        """For metadata.json."""
        return asdict(self)

    def check(self) -> None:
        """TrainingError for the first value that cannot work."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise TrainingError(f"hyperparameter {field.name} is {value}; it must be a finite number")
        for name in _POSITIVE:
            if getattr(self, name) < 1:
                raise TrainingError(f"hyperparameter {name} is {getattr(self, name)}; it must be at least 1")
        for name in (
            "epochs",
            "batch_size",
            "learning_rate",
            "max_length",
            "seed",
            "patience",
            "processes_per_host",
            "vocab_size",
        ):
            if getattr(self, name) < 0:
                raise TrainingError(f"hyperparameter {name} is {getattr(self, name)}; it must not be negative")
        if self.hidden_size % self.heads:
            raise TrainingError(f"hidden_size {self.hidden_size} is not a multiple of heads {self.heads}")
        for name in ("valid_fraction", "test_fraction"):
            if not 0 < getattr(self, name) < 0.5:
                raise TrainingError(f"hyperparameter {name} is {getattr(self, name)}; it must be between 0 and 0.5")
        for name in _SHARES:
            if getattr(self, name) != UNSET and not 0 <= getattr(self, name) < 1:
                raise TrainingError(
                    f"hyperparameter {name} is {getattr(self, name)}; it must be at least 0 and below 1, "
                    "or -1 for the base model's default"
                )
        self._check_names()

    def _check_names(self) -> None:
        for name, allowed in (
            ("class_weights", CLASS_WEIGHTS),
            ("precision", PRECISIONS),
            ("time_format", times.FORMATS),
            ("model", ("", *MODELS)),
        ):
            if getattr(self, name) not in allowed:
                raise TrainingError(
                    f"hyperparameter {name} is {getattr(self, name)!r}; it must be one of: "
                    f"{', '.join(filter(None, allowed))}"
                )


_POSITIVE = (
    "gradient_accumulation",
    "hidden_size",
    "layers",
    "heads",
    "checkpoint_seconds",
)
_SHARES = ("warmup", "weight_decay", "label_smoothing", "token_masking")
SMALL_BATCH = 32
MIN_STEPS_PER_EPOCH = 64  # a batch grows only as long as an epoch has as many


@dataclass(frozen=True, kw_only=True)
class _Defaults:
    epochs: int
    min_steps: int
    max_epochs: int
    patience: int
    learning_rate: float  # of a batch of SMALL_BATCH texts
    max_length: int
    max_batch_size: int = SMALL_BATCH
    warmup: float = 0.1
    weight_decay: float = 0.05
    label_smoothing: float = 0.0
    token_masking: float = 0.0

    def batch_size_for(self, rows: int) -> int:
        """The largest batch that leaves an epoch of ``rows`` texts enough steps."""
        size = SMALL_BATCH
        while size < self.max_batch_size and rows >= 2 * size * MIN_STEPS_PER_EPOCH:
            size *= 2
        return size

    def learning_rate_for(self, batch_size: int) -> float:
        """The learning rate, which grows with the root of a larger batch, as its gradient is less noisy."""
        grown = math.sqrt(max(batch_size, SMALL_BATCH) / SMALL_BATCH)
        return self.learning_rate * (min(grown, math.sqrt(self.max_batch_size / SMALL_BATCH)))


# From scratch, with few texts and many words seen once, smoothing and masking make runs less dependent on the seed.
_COMPACT_DEFAULTS = _Defaults(
    epochs=8,
    min_steps=1200,
    max_epochs=40,
    patience=3,
    learning_rate=5e-4,
    max_length=48,
    label_smoothing=0.1,
    token_masking=0.3,
)
_PRETRAINED_DEFAULTS = _Defaults(
    epochs=3, min_steps=200, max_epochs=10, patience=2, learning_rate=5e-5, max_length=64, max_batch_size=128
)


def parse_arguments(arguments: Sequence[str]) -> Hyperparameters:
    """Hyperparameters from ``--name value`` arguments; TrainingError names an unknown one or a wrong value.

    A value is a word as ``contracts.models.hyperparameters`` writes it, or a text without signs that mean something
    there.
    """
    parser = _Parser(allow_abbrev=False, add_help=False)
    for field in fields(Hyperparameters):
        kind = type(field.default)
        # Of a word that was not encoded, an older toolkit makes several.
        parser.add_argument(f"--{field.name}", type=_decoding(kind), nargs="+" if kind is str else None)
    values: dict[str, Any] = {
        name: " ".join(value) if isinstance(value, list) else value
        for name, value in vars(parser.parse_args(arguments)).items()
        if value is not None
    }
    settings = Hyperparameters(**values)
    settings.check()
    return settings


def _decoding(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(word: str) -> Any:
        return kind(hyperparameters.decoded(word))

    read.__name__ = getattr(kind, "__name__", "value")  # argparse's message has it
    return read


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        names = ", ".join(field.name for field in fields(Hyperparameters))
        raise TrainingError(f"hyperparameters: {message}; the known ones are {names}")
