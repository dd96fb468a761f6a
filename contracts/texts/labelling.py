"""Which texts a person should label next: the one ranking that `rubric suggest` and labelling use.

A text comes first if the model is uncertain about it, if it is unlike the texts chosen before it, and, to a lesser
degree, if it is like many others, so that its label teaches something about them. Each choice maximises

    uncertainty * typicality ** TYPICALITY * (1 - similarity to the most similar text chosen before)

uncertainty: 1 minus the difference of the two highest probabilities ("margin sampling", Scheffer et al. 2001).
typicality: the mean similarity to all texts ("information density", Settles and Craven 2008), relative to the highest.
similarity: the cosine of the texts' distinct sequences of LETTERS characters, which serve every script, weighted by
rarity (inverse document frequency).
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.texts import text_normalization

LETTERS = 3
LONGEST = 1000  # characters of a text that are compared
TYPICALITY = 0.5


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A text to label. position: its place among the texts; priority, uncertainty, typicality, novelty: from 0 to 1."""

    position: int
    priority: float
    uncertainty: float
    typicality: float
    novelty: float


def uncertainty(probabilities: Sequence[float]) -> float:
    """1 minus the difference of the two highest probabilities: 0 if the model is sure, 1 if two labels are equal."""
    if len(probabilities) < 2:
        return 0.0
    first, second = heapq.nlargest(2, probabilities)
    return min(max(1.0 - (first - second), 0.0), 1.0)


def rank(
    texts: Sequence[str], uncertainties: Sequence[float], *, count: int, known: Iterable[str] = ()
) -> list[Choice]:
    """At most ``count`` of the normalised ``texts``, the one to label first at the beginning.

    uncertainties: of each text, from 0 to 1; texts with 0 are not chosen. known: texts whose label is known or already
    asked for, which count as chosen before. The same arguments give the same result, and texts in another order the
    same choice, but for texts that tie. Takes time linear in the texts' letters, and little for each choice.
    """
    if len(texts) != len(uncertainties):
        raise ValueError(f"{len(uncertainties)} uncertainties for {len(texts)} texts; the numbers must be equal")
    vectors = _Vectors(texts)
    typical = vectors.typicality()
    chosen = _Chosen()
    for text in known:
        chosen.add(vectors.of(text))
    value = [each * typical[index] ** TYPICALITY for index, each in enumerate(uncertainties)]
    # A text's novelty only falls as others are chosen: one that is still first after its own has been counted anew is
    # first indeed ("lazy greedy", Minoux 1978). The number says after how many choices the novelty was counted.
    queue = [(-each, index, -1) for index, each in enumerate(value) if each > 0]
    heapq.heapify(queue)
    ranked: list[Choice] = []
    while queue and len(ranked) < count:
        priority, index, counted = heapq.heappop(queue)
        if counted < len(ranked):
            novelty = 1.0 - chosen.similarity(vectors.of(texts[index]))
            if novelty > 0:
                heapq.heappush(queue, (-value[index] * novelty, index, len(ranked)))
            continue
        chosen.add(vectors.of(texts[index]))
        ranked.append(
            Choice(
                position=index,
                priority=-priority,
                uncertainty=uncertainties[index],
                typicality=typical[index],
                novelty=min(-priority / value[index], 1.0),
            )
        )
    return ranked


class _Vectors:
    """Texts as unit vectors of their distinct letter sequences, weighted by rarity."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._in = Counter(each for text in texts for each in _sequences(text))

    def of(self, text: str) -> dict[str, float]:
        weights = {each: math.log((1 + len(self._texts)) / (1 + self._in[each])) + 1 for each in _sequences(text)}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {each: weight / length for each, weight in weights.items()}

    def typicality(self) -> list[float]:
        """Each text's mean similarity to all: its product with the sum of their vectors, the highest as 1."""
        total: dict[str, float] = defaultdict(float)
        for text in self._texts:
            for each, weight in self.of(text).items():
                total[each] += weight
        means = [sum(weight * total[each] for each, weight in self.of(text).items()) for text in self._texts]
        highest = max(means, default=0.0) or 1.0
        return [mean / highest for mean in means]


class _Chosen:
    """The chosen texts, by letter sequence."""

    def __init__(self) -> None:
        self._having: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._count = 0

    def add(self, vector: dict[str, float]) -> None:
        for each, weight in vector.items():
            self._having[each].append((self._count, weight))
        self._count += 1

    def similarity(self, vector: dict[str, float]) -> float:
        """To the most similar of them; 0 if there is none."""
        similar: dict[int, float] = defaultdict(float)
        for each, weight in vector.items():
            for index, other in self._having.get(each, ()):
                similar[index] += weight * other
        highest = max(similar.values(), default=0.0)
        return 1.0 if highest > 1 - 1e-9 else highest


def _sequences(text: str) -> set[str]:
    padded = f" {text_normalization.key(text[:LONGEST])} "
    return {padded[at : at + LETTERS] for at in range(max(len(padded) - LETTERS + 1, 1))}
