"""What the labels of the audit sample say: progress, accuracy, agreement, conflicts. No I/O of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.logs import audit
from contracts.logs.audit import Given, Sampled
from contracts.logs.request_log import Item
from lambda_src.common.intervals import wilson
from lambda_src.labelling import estimates
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.queue import TextsPort

MOST_TEXTS = 20_000  # of the sample, that one request reads
MOST_CONFLICTS = 50


@dataclass
class _Version:
    """The labelled texts of one model version, and those that come before them but have no label."""

    texts: int = 0
    correct: float = 0.0
    passed_over: int = 0

    def document(self, model_version: str) -> dict[str, Any]:
        low, high = wilson(self.correct, self.texts)
        all_texts = self.texts + self.passed_over
        return {
            "model_version": model_version,
            "texts": self.texts,
            "correct": round(self.correct, 4),
            "accuracy": round(self.correct / self.texts, 4),
            "interval": [round(low, 4), round(high, 4)],
            "passed_over": self.passed_over,
            "bounds": [
                round(self.correct / all_texts, 4),
                round((self.correct + self.passed_over) / all_texts, 4),
            ],
        }


@dataclass
class _Seen:
    """labelled: texts with a label of anybody, whether or not it counts."""

    texts: int = 0
    labelled: list[Sampled] = field(default_factory=list)
    versions: dict[str, _Version] = field(default_factory=lambda: defaultdict(_Version))
    complete: bool = True


def document(texts: TextsPort, labeller: Labeller, *, days: int, today: date) -> dict[str, Any]:
    """The contract's LabelStats, for the audit sample of the last `days` days."""
    covered = audit.days(until=today, count=days)
    seen = _Seen()
    for day in covered:
        _add_day(seen, texts.sample(day))
    given = [one["given"] for one in seen.labelled]
    counted = [labels for labels in map(audit.trusted, given) if labels]
    found = estimates.agreement([{name: label["first"] for name, label in labels.items()} for labels in counted])
    versions = {name: version for name, version in seen.versions.items() if version.texts}
    return {
        "since": covered[-1],
        "complete": seen.complete,
        "texts": seen.texts,
        "labelled": len(counted),
        "waiting": len(given) - len(counted),
        "yours": sum(labeller.id in labels for labels in given),
        "labellers": len({name for labels in given for name in labels}),
        "accuracy": [
            versions[name].document(name) for name in sorted(versions, key=lambda name: (-versions[name].texts, name))
        ],
        "agreement": {
            "texts": found.texts,
            "observed": found.observed,
            "statistic": found.statistic,
            "value": found.value,
            "interval": None if found.interval is None else list(found.interval),
        },
        "conflicts": _conflicts(texts, seen.labelled, labeller),
    }


def _add_day(seen: _Seen, sample: Iterable[Sampled]) -> None:
    """Counts a day's texts, which come in the order of their numbers."""
    waiting: dict[str, int] = defaultdict(int)
    for one in sample:
        if seen.texts == MOST_TEXTS:
            seen.complete = False
            return
        seen.texts += 1
        version = one["model_version"]
        if one.get("given"):
            seen.labelled.append(one)
        counted = audit.trusted(one.get("given"))
        if not counted:
            waiting[version] += 1
            continue
        for name, count in waiting.items():
            seen.versions[name].passed_over += count
        waiting.clear()
        seen.versions[version].texts += 1
        seen.versions[version].correct += _correct(one["label"], counted)


def _correct(predicted: str, given: dict[str, Given]) -> float:
    """The share of the labellers whose first label, which they gave blind, is the model's."""
    return sum(label["first"] == predicted for label in given.values()) / len(given)


def _conflicts(texts: TextsPort, labelled: Sequence[Sampled], labeller: Labeller) -> list[dict[str, Any]]:
    """Texts with different labels as they are now, the newest first: only those that the labeller has labelled.

    Where a label counts, those that do not are no conflict, as in the ledger.
    """
    found = [
        one
        for one in labelled
        if len({label["label"] for label in (audit.trusted(one["given"]) or one["given"]).values()}) > 1
        and (labeller.everything or labeller.id in one["given"])
    ]
    found.sort(key=lambda one: max(label["time"] for label in one["given"].values()), reverse=True)
    shown = found[:MOST_CONFLICTS]
    kept = texts.texts([(one["of_request"], one["of_position"]) for one in shown])
    words = {(item["request_id"], item["position"]): _text_of(item) for item in kept}
    return [
        {
            "request_id": one["of_request"],
            "position": one["of_position"],
            **words.get((one["of_request"], one["of_position"]), {}),
            "labels": [{"labeller": name, "label": label["label"]} for name, label in sorted(one["given"].items())],
        }
        for one in shown
    ]


def _text_of(item: Item) -> dict[str, str]:
    return {"text": item["text"]} if "text" in item else {}
