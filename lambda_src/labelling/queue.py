"""The queue: which texts a labeller gets, from each source, in random order. No I/O of its own."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Protocol, cast

from contracts.logs import audit
from contracts.logs.audit import Given, Sampled
from contracts.logs.request_log import Item
from contracts.texts import labelling, text_normalization
from lambda_src.labelling import known
from lambda_src.labelling.labeller import Labeller

# Labellers at work at the same time get different texts of the sample: each chooses among this many times as many.
POOL = 3
MOST_OF_A_DAY = 5_000  # texts of a day's sample that one request reads
SCANNED = 20_000  # texts of the log, the newest ones, among which the least certain are looked for
LEAST_CERTAIN = 1_500  # of those, by the highest probability
RANKED = 400  # of those, that can be labelled: ranked by what their label would teach
_CHUNK = 100


class TextsPort(Protocol):
    """The log's texts (dal.Texts)."""

    def texts(self, keys: Sequence[tuple[str, int]]) -> list[Item]: ...

    def shards(self) -> int: ...

    def newest(self, day: str, *, shards: int, most: int) -> list[Item]: ...

    def sample(self, day: str) -> Iterator[Sampled]: ...


@dataclass(frozen=True, kw_only=True)
class Picked:
    """A text for the queue. shared: whether every labeller labels it."""

    item: Item
    sample: str
    shared: bool = False


# For a labeller, at most so many texts of some days.
Source = Callable[[Labeller, list[str], int], list[Picked]]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Makes queues from the last `days` days. shared_share: the share of the sample that every labeller labels.

    sources: where texts come from besides the audit sample, in order; a text is taken from the first that has it.
    """

    texts: TextsPort
    days: int
    shared_share: float
    sources: Sequence[Source] = field(default=())

    def document(self, labeller: Labeller, *, limit: int, today: date) -> dict[str, Any]:
        """The contract's Queue: half of it from the audit sample, but all that the sources have too few for."""
        days = audit.days(until=today, count=self.days)
        sampled = self._sampled(days, labeller, count=limit)
        others: list[Picked] = []
        for source in self.sources:
            taken = {_key(one.item) for one in others}
            others += [one for one in source(labeller, days, limit - len(others)) if _key(one.item) not in taken]
        half = max((limit + 1) // 2, limit - len(others))
        picked = sampled[:half]
        picked += others[: limit - len(picked)]
        picked.sort(key=lambda one: _place(labeller, one.item))
        return _document(picked, since=days[-1])

    def _sampled(self, days: list[str], labeller: Labeller, *, count: int) -> list[Picked]:
        """Texts of the audit sample: those whose random numbers are the lowest, whatever the model answered."""
        pool = POOL * count
        open_ones = (islice(self._open(day, labeller), pool) for day in days)
        lowest = heapq.nsmallest(pool, (one for day in open_ones for one in day), key=lambda one: one["position"])
        chosen = heapq.nsmallest(count, lowest, key=lambda one: _order(labeller, one["of_request"], one["of_position"]))
        found = self.texts.texts([(one["of_request"], one["of_position"]) for one in chosen])
        shared = {
            (one["of_request"], one["of_position"]): audit.is_shared(
                one["of_request"], one["of_position"], share=self.shared_share
            )
            for one in chosen
        }
        return [
            Picked(item=item, sample="audit", shared=shared[item["request_id"], item["position"]])
            for item in found
            if can_be_labelled(item)
        ]

    def _open(self, day: str, labeller: Labeller) -> Iterator[Sampled]:
        """Those of a day that this labeller is still to label."""
        for one in islice(self.texts.sample(day), MOST_OF_A_DAY):
            shared = audit.is_shared(one["of_request"], one["of_position"], share=self.shared_share)
            if labeller.is_asked(one.get("given"), shared=shared):
                yield one


@dataclass(frozen=True, kw_only=True)
class Uncertain:
    """A source: texts, none of the sample, whose label would teach the model most (contracts/texts/labelling.py).

    A text of the sample must be labelled when its random number comes up, not because the model is uncertain; and so
    must one on which the two models of a test differ, in that test's order. not_now: the keys of those.
    """

    texts: TextsPort
    not_now: Callable[[], frozenset[tuple[str, int]]] = frozenset

    def __call__(self, labeller: Labeller, days: list[str], count: int) -> list[Picked]:
        """At most `count` texts, the one to label first at the beginning."""
        open_ones, labelled = list[Item](), list[str]()
        not_now = self.not_now()
        keys = [key for key in self._least_certain(days) if key not in not_now]
        for start in range(0, len(keys), _CHUNK):
            for item in self.texts.texts(keys[start : start + _CHUNK]):
                given = given_of(item)
                if audit.trusted(given) and "text" in item:
                    labelled.append(text_normalization.normalised(item["text"]))
                elif can_be_labelled(item) and not item.get("audit") and labeller.is_asked(given):
                    open_ones.append(item)
            if len(open_ones) >= RANKED:
                break
        texts = [text_normalization.normalised(item["text"]) for item in open_ones]
        uncertainties = [
            known.weighted(labelling.uncertainty(item.get("probabilities", ())), item.get("features", {}))
            for item in open_ones
        ]
        ranked = labelling.rank(texts, uncertainties, count=count, known=labelled)
        return [Picked(item=open_ones[choice.position], sample="uncertain") for choice in ranked]

    def _least_certain(self, days: list[str]) -> list[tuple[str, int]]:
        return [
            (item["request_id"], item["position"])
            for item in heapq.nsmallest(LEAST_CERTAIN, self._answered(days), key=lambda item: item["confidence"])
        ]

    def _answered(self, days: Iterable[str]) -> Iterator[Item]:
        """The newest texts with a confidence, which a foundation model's answers do not have."""
        shards, left = self.texts.shards(), SCANNED
        for day in days:
            if left <= 0:
                return
            items = self.texts.newest(day, shards=shards, most=left)
            left -= len(items)
            yield from (item for item in items if item.get("confidence") is not None)


def can_be_labelled(item: Item) -> bool:
    """Whether the log has all that a label needs: visible text, the model's answer, and the labels to choose from."""
    return bool(text_normalization.normalised(item.get("text", "")) and item.get("label") and item.get("labels"))


def given_of(item: Item) -> dict[str, Given]:
    """The labels that a text outside the audit sample has, by labeller."""
    return cast(dict[str, Given], item.get("given") or {})


def _key(item: Item) -> tuple[str, int]:
    return item["request_id"], int(item["position"])


def _place(labeller: Labeller, item: Item) -> bytes:
    return _order(labeller, item["request_id"], item["position"])


def _order(labeller: Labeller, request_id: str, position: int) -> bytes:
    """A text's place in the labeller's own random order, which stays the same."""
    return hashlib.sha256(f"rubric-queue-1\0{labeller.id}\0{request_id}#{position}".encode()).digest()


def own_chance(labeller: Labeller, request_id: str, position: int, *, drawn: str) -> float:
    """A number in [0, 1) that is as if drawn at random for a labeller and a text. drawn: makes it another draw."""
    written = f"rubric-queue-2\0{drawn}\0{labeller.id}\0{request_id}#{position}"
    return int.from_bytes(hashlib.sha256(written.encode()).digest()[:6]) / 2**48


def _document(picked: Sequence[Picked], *, since: str) -> dict[str, Any]:
    # In alphabetical order: the model's own could give its answer away.
    lists: dict[tuple[str, ...], int] = {}
    texts = []
    for one in picked:
        labels = tuple(sorted(one.item["labels"]))
        texts.append(
            {
                "request_id": one.item["request_id"],
                "position": one.item["position"],
                "text": one.item["text"],
                "sample": one.sample,
                "shared": one.shared,
                "label_list": lists.setdefault(labels, len(lists)),
            }
        )
    return {"since": since, "texts": texts, "label_lists": [list(labels) for labels in lists]}
