"""Reference answers: texts, stored beside the model, whose answers a server must give before it serves the model.

Training computes them by the exported model on exact products. They catch what digests can't: a processor, library or
kernel that computes something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contracts import artifact
from contracts.artifact import ArtifactError

BOUND = 0.02  # of a probability, where the file states none
Array = np.ndarray[Any, np.dtype[np.float64]]
Predict = Callable[[Sequence[str]], Array]


@dataclass(frozen=True)
class Answer:
    """A text's label and, by the name of what runs the model, its probabilities in the order of the labels."""

    text: str
    label: str
    probabilities: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Reference:
    """What reference.json holds; ``bound`` is how far a probability may be off."""

    answers: tuple[Answer, ...]
    bound: float = BOUND

    def as_dict(self) -> dict[str, Any]:
        """The file's content."""
        texts = [
            {"text": each.text, "label": each.label, "probabilities": dict(each.probabilities)} for each in self.answers
        ]
        return {"bound": self.bound, "texts": texts}


def read(folder: Path) -> Reference | None:
    """The artifact's; None where it has none. ArtifactError for an invalid file."""
    path = folder / artifact.REFERENCE_FILE
    if not path.exists():
        return None
    given = artifact.read_json(path)
    try:
        answers = tuple(
            Answer(
                text=str(each["text"]),
                label=str(each["label"]),
                probabilities={str(name): [float(p) for p in row] for name, row in each["probabilities"].items()},
            )
            for each in given["texts"]
        )
        bound = float(given.get("bound", BOUND))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(f"{path} is not a valid file of reference answers: {error!r}") from error
    if not answers or not 0 < bound < 1:
        raise ArtifactError(f"{path} has no texts, or a bound that is not between 0 and 1")
    return Reference(answers, bound)


def check(reference: Reference, predict: Predict, *, engine: str, labels: Sequence[str]) -> None:
    """ArtifactError when ``predict``, run by ``engine``, gives another label or a probability beyond the bound.

    Each text is computed alone, since dynamic int8 answers otherwise among others. Another label is borne where the
    reference's own two best are no further apart than twice the bound, so that answers within it may differ in theirs.
    """
    for number, answer in enumerate(reference.answers):
        where = f"reference text {number}"
        row = np.asarray(answer.probabilities.get(engine, ()), dtype=np.float64)
        if row.shape != (len(labels),) or labels[int(row.argmax())] != answer.label:
            raise ArtifactError(f"{where} has no answer by {engine} that fits the labels")
        found = predict([answer.text])[0]
        label, off = labels[int(found.argmax())], float(np.abs(found - row).max())
        if label != answer.label and not is_tie(row, reference.bound):
            raise ArtifactError(f"{where} is {label!r} by {engine} here and was {answer.label!r} when it was trained")
        if not off <= reference.bound:  # so that NaN fails too
            raise ArtifactError(
                f"{where}: a probability by {engine} is {off:.3g} off what it was when the model was trained, "
                f"and may be {reference.bound:g}"
            )


def is_tie(probabilities: Array, bound: float) -> bool:
    """Whether answers within ``bound`` of these may differ in their label."""
    best, second = np.sort(probabilities)[::-1][:2]
    return bool(best - second <= 2 * bound)
