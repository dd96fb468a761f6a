"""Chooses the texts of reference.json and computes the exported model's answers, with each engine that can run it.

None is from the dataset: they are made of the model's vocabulary and the labels, which the artifact holds anyway,
with a few edge cases.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from contracts.models import artifact
from model_code.serving import reference
from model_code.serving.classifier import Classifier
from model_code.serving.engines.native import library
from model_code.serving.reference import Answer, Reference

TEXTS = 32
CANDIDATES = 160
MAX_WORDS = 24
EDGE_CASES = (
    ".",
    "a",
    "2026",
    "?! ... —",
    "Цены на хлеб выросли на 5 %",
    "東京で新しい映画が公開された",
    "أسعار النفط ترتفع",
    "ราคาทองคำวันนี้",
    "🎬🏆⚽",
    "AT&amp;T &quot;buys&quot; Time",
    "It\x92s \x93new\x94",
    "आज की ताज़ा ख़बर",
    "cafe\u0301 na\u00efve \u200bx",
)
DECIMALS = 6

Array = np.ndarray[Any, np.dtype[np.float64]]


def write(folder: Path) -> None:
    """Write reference.json into the artifact in ``folder``, whose model and labels are what will serve."""
    path = folder / artifact.REFERENCE_FILE
    path.unlink(missing_ok=True)
    classifiers = [Classifier(folder, threads=1, native=False)]
    if (folder / artifact.ENCODER_FILE).is_file():
        classifiers.append(Classifier(folder, threads=1, kernels=library.fast() or library.plain()))
    labels = classifiers[0].labels
    texts = candidates(vocabulary(classifiers[0]), labels)
    known = {classifiers[0].form: _alone(classifiers[0], texts)}
    # Plain kernels take thirty times as long, so they answer only the texts that may be chosen.
    order = _spread(texts, known[classifiers[0].form])
    texts = [texts[at] for at in order]
    known = {name: rows[order] for name, rows in known.items()}
    known |= {each.form: _alone(each, texts) for each in classifiers[1:]}
    artifact.write_json(path, Reference(tuple(_chosen(texts, known, labels))).as_dict())


def vocabulary(classifier: Classifier) -> list[str]:
    """Word pieces of the encoder, or the words of a linear model alone; the same order each time."""
    if classifier.tokenizer is not None:
        tokens = sorted(classifier.tokenizer.get_vocab().items(), key=lambda item: item[1])
        return [token.lstrip("Ġ▁") for token, _ in tokens]
    return classifier.scorer.words() if classifier.scorer else []


def candidates(known: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Texts of words that the model knows, from one word to more than it reads; the same each time."""
    words = [word for word in known if word.isalpha() and len(word) > 2]
    choose = random.Random(0)
    # If the vocabulary has no whole words, those of the labels are used.
    words = words or [word for label in labels for word in label.split()]
    made = [" ".join(choose.choices(words, k=choose.randint(1, MAX_WORDS))) for _ in range(CANDIDATES)]
    with_label = [f"{label} {' '.join(choose.choices(words, k=3))}" for label in labels[:TEXTS]]
    return list(dict.fromkeys([*EDGE_CASES, f"{made[0]} " * 200, *labels[:TEXTS], *with_label, *made]))


def _alone(classifier: Classifier, texts: Sequence[str]) -> Array:
    """The answer to each text alone, as the servers check it."""
    return np.concatenate([classifier.predict([text]) for text in texts])


def _spread(texts: Sequence[str], rows: Array) -> list[int]:
    """Positions of at most twice as many texts as needed, taking turns between labels; ties come last."""
    ties = [reference.is_tie(row, reference.BOUND) for row in rows]
    by_label: dict[int, list[int]] = {}
    for at in range(len(texts)):
        by_label.setdefault(int(rows[at].argmax()), []).append(at)
    turns = [at for at in chain.from_iterable(zip_longest(*by_label.values())) if at is not None]
    return sorted(turns, key=lambda at: ties[at])[: 2 * TEXTS]


def _chosen(texts: Sequence[str], known: Mapping[str, Array], labels: Sequence[str]) -> list[Answer]:
    """The texts to which all engines give the same label, clear answers first."""
    answers: list[tuple[bool, Answer]] = []
    for at, text in enumerate(texts):
        rows = {name: rows[at].round(DECIMALS) for name, rows in known.items()}
        best = {int(row.argmax()) for row in rows.values()}
        if len(best) == 1:
            tie = any(reference.is_tie(row, reference.BOUND) for row in rows.values())
            by_engine = {name: row.tolist() for name, row in rows.items()}
            answers.append((tie, Answer(text, labels[best.pop()], by_engine)))
    return [answer for _, answer in sorted(answers, key=lambda pair: pair[0])][:TEXTS]
