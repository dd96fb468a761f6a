"""Logged texts in the form of the contract. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.logs.request_log import Item

# Always present; the others only if the request got that far and the operator keeps them.
_ALWAYS = ("request_id", "position", "time", "status", "latency_ms", "key_id")
_ANSWER = ("label", "probabilities", "labels", "confidence", "threshold", "uncertain", "model_version", "variant")
_SOMETIMES = ("text", *_ANSWER)
_FEEDBACK = ("feedback_label", "feedback_time")


def logged_text(item: Item) -> dict[str, Any]:
    """The contract's LoggedText."""
    values: Mapping[str, Any] = item
    shown = {name: values[name] for name in _ALWAYS}
    shown |= {name: values[name] for name in (*_SOMETIMES, *_FEEDBACK) if values.get(name) is not None}
    if (confidence := confidence_of(item)) is not None:
        shown["confidence"] = confidence
    return shown


def confidence_of(item: Item) -> float | None:
    """The highest probability of a logged text; None if the model reported none (or did not answer)."""
    confidence = item.get("confidence")
    if confidence is None and item.get("probabilities"):
        confidence = max(item["probabilities"])
    return None if confidence is None else float(confidence)


def logged_request(items: list[Item]) -> dict[str, Any]:
    """The contract's LoggedRequest: a request with its texts."""
    return {"request_id": items[0]["request_id"], "texts": [logged_text(item) for item in items]}


def feedback(item: Item) -> dict[str, Any]:
    """The contract's Feedback: a text's correct label, as stored."""
    return {
        "request_id": item["request_id"],
        "position": item["position"],
        "label": item["feedback_label"],
        "predicted_label": item["label"],
        "correct": item["feedback_label"] == item["label"],
        "replaced": item.get("feedback_replaced"),
        "feedback_time": item["feedback_time"],
        "model_version": item["model_version"],
    }
