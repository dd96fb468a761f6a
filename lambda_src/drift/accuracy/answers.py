"""A bounded sample of recent answers."""

from __future__ import annotations

import base64
from array import array
from collections import deque
from collections.abc import Sequence

TEXTS = 1000
_NUMBERS = 200_000  # probabilities that are kept at most: with many labels, fewer texts
_STEPS = 65_535  # of a kept probability


class Answers:
    """The probabilities of one text of each of the last requests, which need not be independent inside a request."""

    def __init__(self, labels: int) -> None:
        self.labels = labels
        self._kept: deque[array[int]] = deque(maxlen=max(min(TEXTS, _NUMBERS // max(labels, 1)), 1))
        self._requests = 0

    def add(self, request: Sequence[Sequence[float]]) -> None:
        """A request's probabilities, each in the order of the reference's labels; texts without any are left out."""
        known = [each for each in request if len(each) == self.labels]
        if known:
            chosen = known[self._requests % len(known)]
            self._kept.append(array("H", [round(min(max(each, 0.0), 1.0) * _STEPS) for each in chosen]))
            self._requests += 1

    def probabilities(self) -> list[list[float]]:
        """Oldest first; each sums to 1."""
        return [[each / total for each in kept] for kept in self._kept if (total := sum(kept))]

    def document(self) -> dict[str, object]:
        """What `of` takes, for JSON."""
        kept = base64.b64encode(b"".join(each.tobytes() for each in self._kept)).decode()
        return {"labels": self.labels, "requests": self._requests, "kept": kept}

    @classmethod
    def of(cls, document: dict[str, object]) -> Answers:
        """Of what `document` returned."""
        labels, requests, kept = document["labels"], document["requests"], document["kept"]
        if not isinstance(labels, int) or not isinstance(requests, int) or not isinstance(kept, str):
            raise ValueError("the stored answers are not such")
        answers = cls(labels)
        numbers = array("H", base64.b64decode(kept))
        answers._kept.extend(numbers[start : start + labels] for start in range(0, len(numbers), labels))
        answers._requests = requests
        return answers
