"""What the new rows would add to the accuracy, estimated on the texts on which the accuracy is estimated.

Nothing can be trained here, so a stand-in answers: the served model's own probabilities, moved by what naive Bayes
learns from the new rows, log P(text | label) with the old and the new rows minus the same with the old rows alone. Each
audited text is answered once by the model and once by the stand-in, which for this text knows neither the text nor a
near duplicate of it. The paired difference is the gain. A training does more with the rows than a sum of counts,
so on real headlines the estimate is below the true gain (docs/retraining.md). Time is linear in the words.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.texts import words
from lambda_src.retrain.rule.bound import lowest_gain

# How far naive Bayes moves the logarithms: measured on real headlines (docs/retraining.md). With more, it would promise
# what a training does not keep where old rows contradict new ones.
_SHARE = 0.3
_SMOOTHING = 0.5
_SMALLEST = 1e-6  # a probability
# Near duplicates: this share of the words of two texts together is in both.
_ALIKE = 0.5
_RAREST, _MOST_ALIKE = 5, 40  # words by which they are looked for, and texts with one that are compared


# By word: by the label's number, how often.
Counts = dict[str, dict[int, int]]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A new row: normalised text and label."""

    text: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Audited:
    """A text of the audit sample. answer: the model's; label: the first that a person gave, blind.

    probabilities: the model's, by label.
    """

    text: str
    label: str
    answer: str
    probabilities: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Of `texts` audited texts: right now; mended and broken by the stand-in. low: the bound with `alpha`."""

    texts: int
    right: int
    mended: int
    broken: int
    estimate: float
    low: float
    alpha: float


class OldWords:
    """Counts of the old rows by word and label, of those words alone that are asked about; linear in the rows."""

    def __init__(self, rows: Iterable[tuple[str, str]], *, labels: Sequence[str], asked: Collection[str]) -> None:
        """rows: texts and labels; of labels that the model does not have, none counts."""
        self.labels = list(labels)
        self.numbers = {label: number for number, label in enumerate(labels)}
        self.counts: Counts = {}
        self.totals = [0] * len(labels)
        distinct: set[str] = set()
        for text, label in rows:
            number = self.numbers.get(label)
            if number is not None:
                found = words.words(text)
                distinct.update(found)
                _add(self.counts, self.totals, (word for word in found if word in asked), number)
                self.totals[number] += sum(word not in asked for word in found)
        self.distinct = len(distinct)


def asked_words(audited: Iterable[Audited]) -> set[str]:
    """The words of which the stand-in needs counts."""
    return {word for each in audited for word in words.words(each.text)}


def gain(audited: Sequence[Audited], new: Sequence[Labelled], old: OldWords, *, alpha: float) -> Gain:
    """The gain. new: the rows that a training would add, those of the audited texts among them."""
    stand_in = _StandIn(new, old)
    right = mended = broken = 0
    for each in audited:
        was = each.answer == each.label
        will = stand_in.answer(each) == each.label
        right += was
        mended += will and not was
        broken += was and not will
    texts = len(audited)
    low = lowest_gain(mended=mended, broken=broken, same=texts - mended - broken, alpha=alpha)
    return Gain(
        texts=texts,
        right=right,
        mended=mended,
        broken=broken,
        estimate=(mended - broken) / texts if texts else 0.0,
        # No training can gain more than all present errors.
        low=min(low, (texts - right) / texts if texts else 0.0),
        alpha=alpha,
    )


class _StandIn:
    def __init__(self, new: Sequence[Labelled], old: OldWords) -> None:
        self._old = old
        known = (row for row in new if row.label in old.numbers)
        self._rows = [(words.words(row.text), old.numbers[row.label]) for row in known]
        self._counts: Counts = {}
        self._totals = [0] * len(old.labels)
        for found, number in self._rows:
            _add(self._counts, self._totals, found, number)
        self._alike = _Alike([found for found, _ in self._rows])
        self._distinct = max(1, old.distinct + sum(word not in old.counts for word in self._counts))

    def answer(self, audited: Audited) -> str:
        """The label that it gives, as if the text and its near duplicates were not among the new rows."""
        found = words.words(audited.text)
        counts, totals = self._without(found)
        spread = _SMOOTHING * self._distinct
        moved = [
            len(found) * (math.log(before + spread) - math.log(before + more + spread))
            for before, more in zip(self._old.totals, totals, strict=True)
        ]
        for word in found:
            before = self._old.counts.get(word, {})
            for number, more in counts.get(word, {}).items():
                was = before.get(number, 0)
                moved[number] += math.log(was + more + _SMOOTHING) - math.log(was + _SMOOTHING)
        scores = [
            math.log(max(audited.probabilities.get(label, 0.0), _SMALLEST)) + _SHARE * each
            for label, each in zip(self._old.labels, moved, strict=True)
        ]
        return self._old.labels[max(range(len(scores)), key=scores.__getitem__)]

    def _without(self, found: Sequence[str]) -> tuple[Counts, list[int]]:
        """Counts of these words in the new rows, and the totals, without the rows that are alike."""
        totals = list(self._totals)
        counts = {word: dict(self._counts[word]) for word in set(found) if word in self._counts}
        for row in self._alike.of(found):
            others, number = self._rows[row]
            totals[number] -= len(others)
            for word in others:
                if word in counts:
                    counts[word][number] -= 1
        return counts, totals


def _add(counts: Counts, totals: list[int], found: Iterable[str], number: int) -> None:
    for word in found:
        of_word = counts.setdefault(word, {})
        of_word[number] = of_word.get(number, 0) + 1
        totals[number] += 1


class _Alike:
    """Finds near duplicates by their rarest words."""

    def __init__(self, rows: Sequence[list[str]]) -> None:
        self._sets = [frozenset(row) for row in rows]
        self._rows_with = Counter(word for row in self._sets for word in row)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(self._sets):
            for word in self._rarest(row):
                self._by_word[word].append(number)

    def of(self, found: Iterable[str]) -> set[int]:
        """The numbers of the rows that are near duplicates of a text of these words."""
        text = frozenset(found)
        near = set()
        for word in self._rarest(text):
            for number in self._by_word.get(word, ())[:_MOST_ALIKE]:
                both = len(text & self._sets[number])
                if both >= _ALIKE * (len(text) + len(self._sets[number]) - both):
                    near.add(number)
        return near

    def _rarest(self, row: Iterable[str]) -> list[str]:
        known = (word for word in row if self._rows_with[word])
        return sorted(known, key=lambda word: (self._rows_with[word], word))[:_RAREST]
