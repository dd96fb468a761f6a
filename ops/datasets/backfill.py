"""Examples and feedback of before there was a ledger, as the events that the functions would have written.

The ids are theirs, so what is in the ledger already, or was taken before, is not taken twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from contracts.logs import request_log
from contracts.texts import text_normalization
from ops.datasets.ledger_table import event_of

EXAMPLE_ATTRIBUTES = ("example_id", "text_id", "text", "label", "key_id", "time")
FEEDBACK_ATTRIBUTES = (
    *("request_id", "position", "key_id", "text", "label", "model_version", "feedback_label", "feedback_time"),
)


def of_examples(items: Iterator[Mapping[str, Any]], *, trusted: set[str], keep_days: int) -> Iterator[Event]:
    """The events of stored examples. trusted: ids of keys that are trusted now."""
    for stored in items:
        item: dict[str, Any] = dict(event_of(dict(stored)))
        if {"text", "label", "key_id", "time"} <= item.keys():
            yield ledger.label_event(
                item.get("text_id") or ledger.row_of(item["text"]),
                source="example",
                key_id=item["key_id"],
                trusted=item["key_id"] in trusted,
                label=item["label"],
                at=item["time"],
                keep_days=keep_days,
                same=(item["example_id"], item["time"]),
                text=item["text"],
            )


def of_feedback(items: Iterator[Mapping[str, Any]], *, trusted: set[str], keep_days: int) -> Iterator[Event]:
    """The events of feedback in the request log; without a text the row is the request's."""
    for stored in items:
        item: dict[str, Any] = dict(event_of({name: value for name, value in stored.items() if "NULL" not in value}))
        if "feedback_label" not in item or not request_log.is_request_id(item["request_id"]):
            continue
        request_id, position, text = item["request_id"], item["position"], item.get("text")
        yield ledger.label_event(
            ledger.row_of(text) if text is not None else ledger.row_without_text(request_id, position),
            source="feedback",
            key_id=item["key_id"],
            trusted=item["key_id"] in trusted,
            label=text_normalization.normalised(item["feedback_label"]),
            at=item["feedback_time"],
            keep_days=keep_days,
            same=(request_id, str(position), item["feedback_label"], item["feedback_time"]),
            text=text,
            request_id=request_id,
            position=position,
            model_version=item.get("model_version"),
            model_label=item.get("label"),
        )
