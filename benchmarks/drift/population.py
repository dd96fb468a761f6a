"""The texts that traffic is drawn from, with a model's answers and measures: what a request log would hold of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from scipy.special import softmax

from contracts.models import baseline
from contracts.models import measures as measured
from contracts.texts.words import words
from model_code.dataset_generator import generate_headlines
from model_code.training.data import dataset, distributions, folds
from model_code.training.data.rows import Row
from model_code.training.evaluation import calibration, linear_model
from model_code.training.fitting import tokenizer

Array: TypeAlias = np.ndarray[Any, Any]

GENERATED = 12_000  # rows
VOCABULARY = 8_000
RUN = 16  # texts of a made-up story, where the dataset has no column of stories


@dataclass(frozen=True, kw_only=True)
class Population:
    """Texts sorted by their label. bins: of each stream the bin of each text; sizes: how many bins.

    kind: of each text, one of KINDS. story: the number of each text's story, -1 for changed texts. is_real: whether the
    stories are those of the dataset. publisher: of each text, "" if unknown.
    """

    name: str
    texts: list[str]
    labels: Sequence[str]
    truth: Array
    predicted: Array
    bins: dict[str, Array]
    sizes: dict[str, int]
    kind: Array
    story: Array
    is_real: bool
    publisher: Array
    accuracy: float


PLAIN, NEW_WORDS, LONGER = KINDS = (0, 1, 2)


def load(path: Path | None) -> Population:
    """Fit a linear model on half of a dataset's texts; the population is what it was not fitted on."""
    rows, labels, name, is_real = _rows(path)
    parts = folds.of(rows, seed=0, count=10)
    train = [row for row, part in zip(rows, parts, strict=True) if part < 5]
    chosen = [row for row, part in zip(rows, parts, strict=True) if part == 5]
    held = sorted((row for row, part in zip(rows, parts, strict=True) if part > 5), key=lambda row: row.label)
    model = _Model.fitted(train, chosen, labels)
    changed = [held, _with_new_words(held), _longer(held)]
    everything = [row for each in changed for row in each]
    probabilities, measures = model.answers([row.text for row in everything])
    edges = _edges(*model.answers([row.text for row in chosen]))
    values = {baseline.CONFIDENCE: probabilities.max(axis=1), **measures}
    bins = {each: np.searchsorted(edges[each], value, side="right") - 1 for each, value in values.items()}
    bins = {each: np.maximum(number, 0) for each, number in bins.items()}
    bins[baseline.PREDICTED_LABEL] = probabilities.argmax(axis=1)
    sizes = {baseline.PREDICTED_LABEL: len(labels), **{each: len(edge) for each, edge in edges.items()}}
    truth = np.array([labels.index(row.label) for row in everything])
    kind = np.repeat(KINDS, len(held))
    return Population(
        name=name,
        texts=[row.text for row in everything],
        labels=labels,
        truth=truth,
        predicted=bins[baseline.PREDICTED_LABEL],
        bins=bins,
        sizes=sizes,
        kind=kind,
        story=np.where(kind == PLAIN, np.tile(_stories(held, is_real=is_real), len(KINDS)), -1),
        is_real=is_real,
        publisher=np.array([row.publisher for row in everything]),
        accuracy=float((bins[baseline.PREDICTED_LABEL] == truth)[: len(held)].mean()),
    )


def _rows(path: Path | None) -> tuple[list[Row], list[str], str, bool]:
    if path:
        data = dataset.load(path)
        return data.rows, data.labels, data.name, data.stories is not None
    made = list(generate_headlines.headlines(GENERATED, seed=5))
    seen: set[str] = set()
    rows = [Row(text=text, label=label, line=line) for line, (text, label) in enumerate(made, 2)]
    rows = [row for row in rows if not (row.text in seen or seen.add(row.text))]  # type: ignore[func-returns-value]
    return rows, sorted({row.label for row in rows}), "generated headlines", False


def _stories(rows: Sequence[Row], *, is_real: bool) -> Array:
    """Numbers of stories; without real ones, RUN texts of a label are one."""
    if not is_real:
        return np.arange(len(rows)) // RUN
    names = {name: number for number, name in enumerate(sorted({row.group for row in rows}))}
    return np.array([names[row.group] for row in rows])


@dataclass(frozen=True)
class _Model:
    fitted_model: linear_model.LinearModel
    scale: float
    cutting: Any
    vocabulary: set[str]

    @classmethod
    def fitted(cls, train: Sequence[Row], chosen: Sequence[Row], labels: Sequence[str]) -> _Model:
        model = linear_model.fit(train, labels)
        logits = model.logits([row.text for row in chosen])
        scale = 1 / calibration.least_loss(logits, np.array([labels.index(row.label) for row in chosen]))
        cutting = tokenizer.train([row.text for row in train], vocab_size=VOCABULARY)
        return cls(model, scale, cutting, {word for row in train for word in words(row.text)})

    def answers(self, texts: Sequence[str]) -> tuple[Array, dict[str, Array]]:
        """Probabilities of shape (texts, labels), and each text's measures."""
        probabilities = softmax(self.fitted_model.logits(texts) * self.scale, axis=1)
        found = [self._measured(text) for text in texts]
        names = (measured.LENGTH, measured.UNKNOWN_PIECES, measured.UNSEEN_WORDS)
        columns = np.array(found).T
        return probabilities, dict(zip(names, columns, strict=True))

    def _measured(self, text: str) -> tuple[int, float, float]:
        pieces = self.cutting(text, add_special_tokens=False)["input_ids"]
        found = words(text)
        unknown = pieces.count(self.cutting.unk_token_id) / max(len(pieces), 1)
        unseen = sum(word not in self.vocabulary for word in found) / max(len(found), 1)
        return len(pieces), round(unknown, baseline.DECIMALS), round(unseen, baseline.DECIMALS)


def _edges(probabilities: Array, measures: dict[str, Array]) -> dict[str, list[float]]:
    """As training chooses them: by texts of which none is counted in a reference."""
    return {
        baseline.CONFIDENCE: distributions.confidence_edges(probabilities.max(axis=1)),
        measured.LENGTH: distributions.length_edges(measures[measured.LENGTH].tolist()),
        measured.UNKNOWN_PIECES: list(baseline.SHARE_EDGES),
        measured.UNSEEN_WORDS: list(baseline.SHARE_EDGES),
    }


def _with_new_words(rows: Sequence[Row]) -> list[Row]:
    """A fifth of each text's words, at least one, become words that nobody has seen."""
    chance = random.Random(7)
    changed = []
    for row in rows:
        parts = row.text.split()
        for at in chance.sample(range(len(parts)), max(len(parts) // 5, 1)):
            parts[at] = "".join(chance.choice("bcdfgklmnprstvz") + chance.choice("aeiou") for _ in range(4))
        changed.append(replace(row, text=" ".join(parts)))
    return changed


def _longer(rows: Sequence[Row]) -> list[Row]:
    """Each text is followed by the first half of the next one."""
    after = [*rows[1:], rows[0]]
    halves = [" ".join(row.text.split()[: max(len(row.text.split()) // 2, 1)]) for row in after]
    return [replace(row, text=f"{row.text} {half}") for row, half in zip(rows, halves, strict=True)]
