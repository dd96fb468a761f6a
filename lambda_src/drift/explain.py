"""What an alarm is about: terms that became more or less frequent, texts that are typical of it, labels that grew.

An explanation describes, it decides nothing: the alarm is `statistics`'. No I/O.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from contracts.models.baseline import PREDICTED_LABEL, Baseline
from contracts.texts.words import words
from lambda_src.drift.statistics.monitor import Bin, StreamState, interval

EXAMPLES = 200  # of the newest texts, among which typical ones are looked for
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
    """A text and where it is logged, so that it can be erased from a report."""

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


def explain(
    reference: Baseline, newest: Sequence[Text], streams: Sequence[StreamState], *, most: int = 10
) -> Explanation:
    """At most `most` of each kind. newest: normalised texts, oldest first, of near duplicates one."""
    counts = Counter(term for each in newest for term in set(words(each.text)) if len(term) <= LONGEST_TERM)
    moved = _moved(reference, counts, len(newest))
    more = sorted((each for each in moved if each.least > 0), key=lambda each: (-each.least, each.term))
    less = sorted((each for each in moved if each.least < 0), key=lambda each: (each.least, each.term))
    labels = next((state.bins for state in streams if state.name == PREDICTED_LABEL), [])
    grown = sorted((each for each in labels if (each.late or 0.0) > each.high), key=_growth, reverse=True)
    return Explanation(
        texts=len(newest),
        more=more[:most],
        less=less[:most],
        typical=_typical(newest[-EXAMPLES:], more, most=most),
        grown=grown[:most],
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


def _typical(newest: Sequence[Text], more: Sequence[Term], *, most: int) -> list[Text]:
    """Those whose terms grew most in sum, whole, so that an erasure knows them; the newest first among equals."""
    weights = {each.term: each.least for each in more}
    scored = [(sum(weights.get(term, 0.0) for term in set(words(each.text))), at) for at, each in enumerate(newest)]
    return [newest[at] for score, at in sorted(scored, reverse=True)[:most] if score > 0]
