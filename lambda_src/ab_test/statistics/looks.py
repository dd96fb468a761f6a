"""Labels in the order in which they are looked at, and what they say of the two models."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Literal

from contracts.ab_tests import record
from contracts.ab_tests.record import Disagreement, Look
from lambda_src.ab_test.statistics.bets import Counts

Right = Literal["champion", "challenger", "neither"]


def right_of(disagreement: Disagreement) -> Right:
    """Which of the two models gave the text's label."""
    if disagreement["label"] == disagreement["champion"]:
        return "champion"
    return "challenger" if disagreement["label"] == disagreement["challenger"] else "neither"


def counted(counts: Counts, right: Right | Literal["gone"]) -> Counts:
    """The counts with one text more."""
    return counts._replace(**{right: getattr(counts, right) + 1})


def in_order(disagreements: Sequence[Disagreement], looks: Sequence[Look]) -> list[Disagreement]:
    """Those with a label: first the ones of earlier looks, in their order, then the others by the label's time.

    A label that arrives late so never changes a look that is in the record.
    """
    labelled = {key(each): each for each in disagreements if each["label"]}
    earlier = [labelled.pop(key) for key in map(key, looks) if key in labelled]
    return earlier + sorted(labelled.values(), key=lambda each: (each["labelled_at"], each["place"]))


def key(of: Disagreement | Look) -> tuple[str, int]:
    """Which text it is about."""
    return of["request_id"], of["position"]


class Walk:
    """All compared texts, in their order, up to the first disagreement that waits for a label.

    The texts up to there are chosen by no one, whoever labels which texts first: agreements may be counted as well. One
    that people pass over holds the others up only for a while. Until it is labelled, it counts as one that is gone.
    """

    def __init__(self, disagreements: Sequence[Disagreement], *, compared: int) -> None:
        self._waiting = sorted(disagreements, key=lambda each: each["place"])
        places = [each["place"] for each in self._waiting]
        if len(set(places)) < len(places) or (places and not 0 <= places[0] <= places[-1] < compared):
            raise ValueError(f"the places of disagreements must be different, and from 0 to {compared - 1}")
        self._compared, self._at, self._passed = compared, 0, 0
        self._gone = {each["place"] for each in disagreements if each.get("gone") and not each["label"]}
        self._labelled: list[int] = []  # the places of those that were looked at, in order
        self.counts = Counts()

    def label(self, disagreement: Disagreement | None) -> list[Counts]:
        """The counts after each step that a further label makes possible; None: before the first label."""
        steps = []
        if disagreement is not None:
            insort(self._labelled, disagreement["place"])
            if disagreement["place"] < self._passed:  # no longer counted as one that is gone
                self.counts = counted(self.counts, right_of(disagreement))._replace(gone=self.counts.gone - 1)
                steps.append(self.counts)
        while self._at < len(self._waiting) and (right := self._right(self._waiting[self._at])):
            steps.append(self._to(self._waiting[self._at]["place"]))
            self.counts = counted(self.counts, right)
            self._at, self._passed = self._at + 1, self._passed + 1
            steps.append(self.counts)
        end = self._waiting[self._at]["place"] if self._at < len(self._waiting) else self._compared
        return [*steps, self._to(end)]

    def _right(self, disagreement: Disagreement) -> Right | Literal["gone", ""]:
        """How it counts; "" for one that holds up those after it."""
        place, after = disagreement["place"], bisect_right(self._labelled, disagreement["place"])
        if after and self._labelled[after - 1] == place:
            return right_of(disagreement)
        waited = len(self._labelled) - after >= record.WAITED_FOR
        return "gone" if waited or place in self._gone else ""

    def _to(self, place: int) -> Counts:
        """Counts the agreements before a place."""
        self.counts = self.counts._replace(neither=self.counts.neither + place - self._passed)
        self._passed = place
        return self.counts


def look_at(disagreement: Disagreement, *, better: float, worse: float, not_worse: float) -> Look:
    """A look, for the record."""
    return record.Look(
        at=disagreement["labelled_at"],
        request_id=disagreement["request_id"],
        position=disagreement["position"],
        right=right_of(disagreement),
        log10_better=round(better, 6),
        log10_worse=round(worse, 6),
        log10_not_worse=round(not_worse, 6),
    )
