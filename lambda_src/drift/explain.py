"""What an alarm is about: terms that became more or less frequent, texts that are typical of it, labels that grew.

An explanation describes, it decides nothing: the alarm is `statistics`'. No I/O.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from contracts.models.baseline import PREDICTED_LABEL, Baseline
from contracts.texts.words import words
from lambda_src.drift.statistics.monitor import Bin, StreamState, interval

WINDOW = 1000  # texts
NEW_TERMS = 2000  # words that the reference does not have and that are counted
EXAMPLES = 200  # texts that are kept
LONGEST = 500  # characters of a kept text
LONGEST_TERM = 40
ALPHA = 0.05  # for all terms together


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """A word. reference, live: the share of texts that have it; least: the change in share that chance leaves."""

    term: str
    reference: float
    live: float
    least: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A kept text and where it is logged, so that an erased one can be dropped."""

    request_id: str
    position: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """more, less: of the terms beyond chance, those that moved most. typical: texts that have most of the former."""

    texts: int
    more: list[Term]
    less: list[Term]
    typical: list[Text]
    grown: list[Bin]


class LiveTerms:
    """How many of the last WINDOW to two times WINDOW texts have each term, and the last texts themselves.

    Of words that the reference does not have, the most frequent NEW_TERMS of a window are counted; where there are
    more, counts may be too low by at most words / NEW_TERMS (Misra and Gries 1982), never too high.
    """

    def __init__(self, reference: Baseline) -> None:
        self._known = reference["terms"]
        self.texts = [0, 0]  # of the last whole window, of this one
        self._terms: list[Counter[str]] = [Counter(), Counter()]
        self._new: Counter[str] = Counter()
        self.kept: deque[Text] = deque(maxlen=EXAMPLES)

    def add(self, text: Text) -> None:
        """A text that was classified, normalised; near duplicates are to be left out as the monitor leaves them out."""
        if self.texts[1] == WINDOW:
            self.texts = [WINDOW, 0]
            self._terms = [self._terms[1] + self._new, Counter()]
            self._new = Counter()
        self.texts[1] += 1
        for term in sorted(set(words(text.text))):
            if len(term) <= LONGEST_TERM:
                self._count(term)
        self.kept.append(Text(request_id=text.request_id, position=text.position, text=text.text[:LONGEST]))

    def _count(self, term: str) -> None:
        if term in self._known:
            self._terms[1][term] += 1
        elif term in self._new or len(self._new) < NEW_TERMS:
            self._new[term] += 1
        else:
            self._new = Counter({each: count - 1 for each, count in self._new.items() if count > 1})

    def counts(self) -> Counter[str]:
        """Texts by term."""
        return self._terms[0] + self._terms[1] + self._new

    def erase(self, places: Iterable[tuple[str, int]]) -> None:
        """Drops kept texts by request id and position."""
        gone = set(places)
        self.kept = deque((each for each in self.kept if (each.request_id, each.position) not in gone), EXAMPLES)

    def document(self) -> dict[str, Any]:
        """What `of` takes, for JSON. It holds texts."""
        return {
            "texts": self.texts,
            "terms": [dict(each) for each in self._terms],
            "new": dict(self._new),
            "kept": [[each.request_id, each.position, each.text] for each in self.kept],
        }

    @classmethod
    def of(cls, document: Mapping[str, Any], reference: Baseline) -> LiveTerms:
        """Of what `document` returned."""
        terms = cls(reference)
        terms.texts, terms._new = list(document["texts"]), Counter(document["new"])
        terms._terms = [Counter(each) for each in document["terms"]]
        terms.kept.extend(Text(request_id=key, position=at, text=text) for key, at, text in document["kept"])
        return terms


def explain(reference: Baseline, live: LiveTerms, streams: Sequence[StreamState], *, most: int = 10) -> Explanation:
    """At most `most` of each kind."""
    texts, counts = sum(live.texts), live.counts()
    moved = _moved(reference, counts, texts)
    more = sorted((each for each in moved if each.least > 0), key=lambda each: (-each.least, each.term))
    less = sorted((each for each in moved if each.least < 0), key=lambda each: (each.least, each.term))
    labels = next((state.bins for state in streams if state.name == PREDICTED_LABEL), [])
    grown = sorted((each for each in labels if (each.late or 0.0) > each.high), key=_growth, reverse=True)
    return Explanation(
        texts=texts, more=more[:most], less=less[:most], typical=_typical(live, more, most=most), grown=grown[:most]
    )


def _growth(label: Bin) -> float:
    return (label.late or 0.0) - label.high


def _moved(reference: Baseline, counts: Mapping[str, int], texts: int) -> list[Term]:
    """Terms whose intervals in reference and live texts do not meet, with the distance between these.

    Each of the two intervals is wrong with probability at most ALPHA / (2 * terms), so that any of them is with ALPHA.
    """
    before = reference["term_texts"]
    names = sorted(reference["terms"].keys() | counts.keys())
    if not before or not texts or not names:
        return []
    errors = NormalDist().inv_cdf(1 - ALPHA / (4 * len(names)))
    # The reference lists its most frequent terms only: another one may be as frequent as the rarest that is listed.
    unlisted = min(reference["terms"].values(), default=0) if reference["terms"] else 0
    found = []
    for name in names:
        was = reference["terms"].get(name)
        old_low, old_high = interval(was or 0, before, errors=errors)
        if was is None:
            old_high = max(old_high, interval(unlisted, before, errors=errors)[1])
        low, high = interval(counts.get(name, 0), texts, errors=errors)
        least = low - old_high if low > old_high else high - old_low if high < old_low else 0.0
        if least:
            found.append(Term(term=name, reference=(was or 0) / before, live=counts.get(name, 0) / texts, least=least))
    return found


def _typical(live: LiveTerms, more: Sequence[Term], *, most: int) -> list[Text]:
    """Of the kept texts, those whose terms grew most in sum; the newest first among equals."""
    weights = {each.term: each.least for each in more}
    scored = [(sum(weights.get(term, 0.0) for term in set(words(each.text))), at) for at, each in enumerate(live.kept)]
    return [live.kept[at] for score, at in sorted(scored, reverse=True)[:most] if score > 0]
