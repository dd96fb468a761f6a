"""Feedback: the correct label of a text that was classified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import fastjsonschema

from contracts.datasets import ledger as rows
from contracts.logs.request_log import Item
from contracts.texts import text_normalization
from lambda_src.common import ledger
from lambda_src.common.api import contract, json_body, validation_messages
from lambda_src.common.api.http import Event
from lambda_src.common.erased import ErasedTexts
from lambda_src.common.problems import Problem
from lambda_src.common.times import written
from lambda_src.request_log_api import views
from lambda_src.request_log_api.dal import RequestLog
from lambda_src.request_log_api.slices import Reader

_EXAMPLE = '{"request_id": "JKJaXmPLvHcESHA=", "label": "its label"}'
_ROUNDS = 3
_LABELS_NAMED = 50  # in a message; a request in the log has them all


@dataclass(frozen=True)
class FeedbackRequest:
    """The contract's FeedbackRequest."""

    request_id: str
    position: int
    label: str


def parse(event: Event) -> FeedbackRequest:
    """The request in an event; raises Problem 400, 413, 415 or 422."""
    document = json_body.read(event, example=_EXAMPLE, too_large="Send one piece of feedback per request.")
    try:
        contract.validator("FeedbackRequest")(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Problem("invalid-input", validation_messages.explain(error)) from error
    request = FeedbackRequest(document["request_id"], int(document.get("position", 0)), document["label"])
    for name in ("request_id", "label"):
        if not json_body.is_unicode(document[name]):
            raise Problem("invalid-input", f"`{name}` contains an unpaired surrogate, which is not valid Unicode.")
    return request


def unknown() -> Problem:
    """404, the same for a request that never existed and for another caller's."""
    detail = "This key has no such request, or the log no longer keeps it. Check `request_id` and `position`."
    return Problem("request-unknown", detail)


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """Stores correct labels with the texts of the log, and in the ledger, which keeps them `keep_days` days."""

    log: RequestLog
    erased: ErasedTexts
    keep_days: int
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def give(self, reader: Reader, request: FeedbackRequest, *, trusted: bool) -> dict[str, Any]:
        """The stored state, as the contract's Feedback. Raises Problem 404, 409 or 422."""
        for _ in range(_ROUNDS):
            item = self.log.text(request.request_id, request.position)
            if item is None or not reader.may_see(str(item["key_id"])):
                raise unknown()
            _check_label(item, request.label)
            if item.get("feedback_label") == request.label:
                return views.feedback(item)
            # Later than the label that it replaces, whatever this host's clock says.
            at = max(written(self.now()), _after(item.get("feedback_time", "")))
            event = self._event(item, request, at=at, key_id=reader.key_id, trusted=trusted)
            stored = self.log.add_feedback(item, label=request.label, time=at, event=event)
            if stored is not None:
                return views.feedback(stored)
            # Another label was stored in between: read it again, because the answer names the replaced label.
        detail = "The label of this text keeps changing. Try again in a second."
        raise Problem("storage-unavailable", detail, headers={"retry-after": "1"})

    def _event(self, item: Item, request: FeedbackRequest, *, at: str, key_id: str, trusted: bool) -> rows.Event | None:
        """The label for the ledger, which gets nothing of a text that was erased."""
        row_id = rows.row_without_text(request.request_id, request.position)
        if "text" in item:
            row_id = rows.row_of(item["text"])
            if self.erased.among({item["text"]: row_id}):
                return None
        return ledger.label_event(
            row_id,
            source=rows.FEEDBACK,
            key_id=key_id,
            trusted=trusted,
            label=text_normalization.normalised(request.label),
            at=at,
            keep_days=self.keep_days,
            same=(request.request_id, str(request.position), request.label, at),
            text=item.get("text"),
            request_id=request.request_id,
            position=request.position,
            model_version=item.get("model_version"),
            model_label=item.get("label"),
        )


def _after(time: str) -> str:
    """A millisecond later than a time of the log; "" for none."""
    return written(datetime.fromisoformat(time) + timedelta(milliseconds=1)) if time else ""


def _check_label(item: Item, label: str) -> None:
    labels = item.get("labels")
    if labels is None and "labels_id" in item:
        # They are written before the texts, or wait with them to be redriven.
        detail = "The log does not have the labels of this request yet. Try again in a minute."
        raise Problem("storage-unavailable", detail, headers={"retry-after": "60"})
    if not labels:
        raise Problem("invalid-input", "This request failed, so it has no label to give feedback on.")
    if label not in labels:
        known = ", ".join(f"`{validation_messages.printable(str(one))}`" for one in labels[:_LABELS_NAMED])
        others = f" and {len(labels) - _LABELS_NAMED} others" if len(labels) > _LABELS_NAMED else ""
        detail = f"`label` must be one of the labels that the model knew for this request: {known}{others}."
        raise Problem("invalid-input", detail, headers={"x-model-version": str(item["model_version"])})
