"""The request log's items: one for each text of a request. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from contracts.ab_tests.live import CHALLENGER
from contracts.logs import audit, logged_labels, request_log
from contracts.logs.request_log import Item
from contracts.models.measures import Measures
from lambda_src.classify.live_tests import Assignment
from lambda_src.classify.response import Prediction
from lambda_src.common.times import written


@dataclass(frozen=True, kw_only=True)
class RequestFacts:
    """What the items of one request share; `status` is the response's HTTP status.

    keep_text: store, hash or drop, from `data.request_log_text`; with any other value no text is kept.
    shards: over how many shards each index spreads its writes. threshold: below which an answer is uncertain.
    audit_share: the share of the answered texts that the audit sample takes. variants: of a live A/B test, which
    variant answered each text, else empty; assignment: what the test had chosen.
    publisher: its id, if the request named one. features: of each text, what was known when it was answered; empty
    where nothing was read in time.
    """

    request_id: str
    key_id: str
    received: datetime
    latency_ms: float
    status: int
    variant: str
    keep_days: int
    shards: int
    backend: str = ""
    keep_text: str = "store"
    threshold: float | None = None
    audit_share: float = 0.0
    variants: tuple[str, ...] = ()
    assignment: Assignment | None = None
    publisher: str = ""
    features: Sequence[Mapping[str, Any]] = ()


def build(facts: RequestFacts, *, texts: Sequence[str], results: Sequence[Prediction] | None) -> list[Item]:
    """A DynamoDB item (Python values) for each text; results: None for a request that failed."""
    received = facts.received.astimezone(UTC)
    time = written(received)
    shared: Item = {
        "request_id": facts.request_id,
        "time": time,
        "key_id": facts.key_id,
        "status": facts.status,
        "latency_ms": facts.latency_ms,
        "expires_at": int((received + timedelta(days=facts.keep_days)).timestamp()),
    }
    if facts.backend:
        shared["backend"] = facts.backend
    if facts.publisher:
        shared["publisher"] = facts.publisher
    if facts.variant:
        shared["variant"] = facts.variant
    ids = {labels: logged_labels.labels_id(labels) for labels in {result.labels for result in results or ()}}
    items: list[Item] = []
    for position, text in enumerate(texts):
        result = None if results is None else results[position]
        uncertain = None if result is None else result.is_uncertain(facts.threshold)
        index_attributes = request_log.index_attributes(
            request_id=facts.request_id,
            position=position,
            time=time,
            key_id=facts.key_id,
            shards=facts.shards,
            uncertain=bool(uncertain),
            challenged=bool(result and facts.variants) and facts.variants[position] == CHALLENGER,
        )
        kept_text = text_attributes(text, keep=facts.keep_text)
        item: Item = {**shared, "position": position, **index_attributes, **kept_text}
        item |= _of_a_test(facts, position)
        if facts.features and facts.features[position]:
            item["features"] = dict(facts.features[position])
        if result is not None:
            item |= _result_attributes(result, labels_id=ids[result.labels])
            if audit.is_sampled(facts.request_id, position, share=facts.audit_share):
                item["audit"] = True
        if uncertain is not None and facts.threshold is not None:
            item |= {"threshold": facts.threshold, "uncertain": uncertain}
        items.append(item)
    return items


def _of_a_test(facts: RequestFacts, position: int) -> Item:
    """What a live A/B test says of a text; of a request that failed only what it had chosen."""
    item: Item = {"variant": facts.variants[position]} if facts.variants else {}
    if facts.assignment is not None:
        item |= {"ab_test": facts.assignment.test["test_id"], "assigned": facts.assignment.variants[position]}
        if facts.keep_text != "drop":  # the unit may be the text's hash
            item["unit"] = facts.assignment.units[position]
    return item


def labels_items(results: Sequence[Prediction], *, expires_at: int) -> list[Item]:
    """The items that hold the labels of the results: one for all texts of one model. expires_at: of the texts."""
    known = dict.fromkeys(result.labels for result in results)
    return [cast(Item, logged_labels.labels_item(labels, expires_at=expires_at)) for labels in known]


def sample_items(items: Sequence[Item]) -> list[Item]:
    """The items of the audit sample for those of a request's texts that belong to it."""
    return [cast(Item, each) for each in audit.sampled(items)]


def text_attributes(text: str, *, keep: str) -> Item:
    """What is kept of the text: `text`, `text_sha256` (hex, of the UTF-8 bytes), or nothing."""
    if keep == "store":
        return {"text": text}
    return {"text_sha256": hashlib.sha256(text.encode()).hexdigest()} if keep == "hash" else {}


def _result_attributes(result: Prediction, *, labels_id: str) -> Item:
    item: Item = {"label": result.label, "labels_id": labels_id, "model_version": result.model_version}
    if result.probabilities is not None:
        item["packed_probabilities"] = logged_labels.pack(result.probabilities)
    if result.confidence is not None:
        item["confidence"] = result.confidence
    return item | _measures(result.measures)


def _measures(found: Measures | None) -> Item:
    """As they are, but for shares of nothing."""
    return cast(Item, {name: value for name, value in (found or {}).items() if value is not None})
