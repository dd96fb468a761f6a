"""Reference answers: texts stored with the model, and the answers that a server must reproduce before it serves.

Training computes them with the exported model and exact products. They catch what digests cannot: a processor, library
or kernel that computes different results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contracts.models import artifact
from contracts.models.artifact import ArtifactError

BOUND = 0.02  # on a probability's difference, if the file has none
Array = np.ndarray[Any, np.dtype[np.float64]]
Predict = Callable[[Sequence[str]], Array]


@dataclass(frozen=True)
class Answer:
    """A text's label and, by engine name, its probabilities in the order of the labels."""

    text: str
    label: str
    probabilities: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Reference:
    """The content of reference.json; ``bound`` is how far a probability may differ."""

    answers: tuple[Answer, ...]
    bound: float = BOUND

    def as_dict(self) -> dict[str, Any]:
        """The file's content."""
        texts = [
            {"text": each.text, "label": each.label, "probabilities": dict(each.probabilities)} for each in self.answers
        ]
        return {"bound": self.bound, "texts": texts}


def read(folder: Path) -> Reference | None:
    """The artifact's reference answers, or None. ArtifactError for an invalid file."""
    path = folder / artifact.REFERENCE_FILE
    if not path.exists():
        return None
    content = artifact.read_json(path)
    try:
        answers = tuple(
            Answer(
                text=str(each["text"]),
                label=str(each["label"]),
                probabilities={str(name): [float(p) for p in row] for name, row in each["probabilities"].items()},
            )
            for each in content["texts"]
        )
        bound = float(content.get("bound", BOUND))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(f"{path} is not a valid file of reference answers: {error!r}") from error
    if not answers or not 0 < bound < 1:
        raise ArtifactError(f"{path} has no texts, or its bound is not between 0 and 1")
    return Reference(answers, bound)


def check(reference: Reference, predict: Predict, *, engine: str, labels: Sequence[str]) -> None:
    """ArtifactError when ``predict``, run by ``engine``, gives another label or a probability beyond the bound.

    Each text is computed alone, because dynamic int8 answers differently in a batch. Another label passes if the
    reference's two best probabilities are at most twice the bound apart: labels may then differ within the bound.
    """
    for number, answer in enumerate(reference.answers):
        where = f"reference text {number}"
        row = np.asarray(answer.probabilities.get(engine, ()), dtype=np.float64)
        if row.shape != (len(labels),) or labels[int(row.argmax())] != answer.label:
            raise ArtifactError(f"{where} does not have an answer by {engine} that fits the labels")
        computed = predict([answer.text])[0]
        label, difference = labels[int(computed.argmax())], float(np.abs(computed - row).max())
        if label != answer.label and not is_tie(row, reference.bound):
            raise ArtifactError(f"{where} is {label!r} by {engine} here but was {answer.label!r} in training")
        if not difference <= reference.bound:  # NaN fails too
            raise ArtifactError(
                f"{where}: a probability by {engine} differs by {difference:.3g} from the one in training; "
                f"at most {reference.bound:g} is allowed"
            )


def is_tie(probabilities: Array, bound: float) -> bool:
    """Whether answers within ``bound`` of these may have another label."""
    best, second = np.sort(probabilities)[::-1][:2]
    return bool(best - second <= 2 * bound)
