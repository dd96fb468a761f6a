"""Logged texts as the contract shows them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.request_log import Item

# Always there; the others only where the request got that far and the operator keeps them.
_ALWAYS = ("request_id", "position", "time", "status", "latency_ms", "key_id")
_SOMETIMES = ("text", "label", "probabilities", "labels", "confidence", "model_version", "variant")
_FEEDBACK = ("feedback_label", "feedback_time")


def logged_text(item: Item) -> dict[str, Any]:
    """The contract's LoggedText."""
    held: Mapping[str, Any] = item
    shown = {name: held[name] for name in _ALWAYS}
    shown |= {name: held[name] for name in (*_SOMETIMES, *_FEEDBACK) if held.get(name) is not None}
    if (confidence := confidence_of(item)) is not None:
        shown["confidence"] = confidence
    return shown


def confidence_of(item: Item) -> float | None:
    """The highest probability of a logged text; None where the model stated none (or there was no answer)."""
    stated = item.get("confidence")
    if stated is None and item.get("probabilities"):
        stated = max(item["probabilities"])
    return None if stated is None else float(stated)


def logged_request(items: list[Item]) -> dict[str, Any]:
    """The contract's LoggedRequest: a request with its texts."""
    return {"request_id": items[0]["request_id"], "texts": [logged_text(item) for item in items]}


def feedback(item: Item) -> dict[str, Any]:
    """The contract's Feedback: what is stored of a text's right label."""
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
