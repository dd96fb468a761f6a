"""A label for a text: stored with the text and as an event in the ledger; the answer says what the model had said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, cast

from contracts.datasets import ledger as rows
from contracts.datasets.ledger import Event
from contracts.logs import audit
from contracts.logs.audit import Given, Sampled
from contracts.logs.request_log import Item
from contracts.texts import text_normalization
from lambda_src.common import ledger
from lambda_src.common.api import validation_messages
from lambda_src.common.problems import Problem
from lambda_src.common.times import written
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.request_body import LabelRequest

_ROUNDS = 3  # after which another writer has come in between each time
MOST_LABELLERS = 20  # of one text, with trusted keys, and as many with others: these must not keep those out


class TextsPort(Protocol):
    """The log's texts (dal.Texts)."""

    def text(self, request_id: str, position: int) -> Item | None: ...

    def sampled(self, item: Item) -> Sampled | None: ...

    def give(
        self,
        item: Item,
        sampled: Sampled | None,
        *,
        labeller: str,
        before: Given | None,
        now: Given,
        event: Event | None,
    ) -> bool: ...


class ErasedPort(Protocol):
    """What was erased (erased.ErasedTexts)."""

    def among(self, texts: Mapping[str, str]) -> frozenset[str]: ...


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Stores labels. keep_days: how long an event is kept."""

    texts: TextsPort
    erased: ErasedPort
    keep_days: int
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def give(self, request: LabelRequest, labeller: Labeller) -> dict[str, Any]:
        """The contract's GivenLabel. Raises Problem 404, 409, 422 or 503."""
        for _ in range(_ROUNDS):
            item = _checked(self.texts.text(request.request_id, request.position), request.label)
            sampled = self.texts.sampled(item) if item.get("audit") else None
            if item.get("audit") and sampled is None:
                # It waits to be redriven: stored with the text alone, the label would be missing from the sample.
                detail = "The log does not have all of this text yet. Try again in a minute."
                raise Problem("storage-unavailable", detail, headers={"retry-after": "60"})
            given = _given(item, sampled)
            before = given.get(labeller.id)
            sample = "audit" if sampled else request.sample or None
            if before is not None and before["label"] == request.label and not _counts_now(before, labeller):
                return _document(item, before, sample=sample, replaced=None)
            alike = [one for one in given.values() if bool(one.get("trusted")) == labeller.trusted]
            if before is None and len(alike) >= MOST_LABELLERS:
                raise Problem(
                    "invalid-input", f"{MOST_LABELLERS} labellers have labelled this text; label another one."
                )
            now = self._after(before, request.label, trusted=labeller.trusted)
            event = self._event(item, labeller, now, sample=sample)
            if self.texts.give(item, sampled, labeller=labeller.id, before=before, now=now, event=event):
                return _document(item, now, sample=sample, replaced=_replaced(before, request.label))
        raise Problem(
            "storage-unavailable", "The label of this text keeps changing. Try again.", headers={"retry-after": "1"}
        )

    def _after(self, before: Given | None, label: str, *, trusted: bool) -> Given:
        """What the labeller says now: later than what it replaces, whatever this host's clock says."""
        time = written(self.clock())
        if before is None:
            return {"first": label, "label": label, "times": 1, "time": time, "first_time": time, "trusted": trusted}
        later = written(datetime.fromisoformat(before["time"]) + timedelta(milliseconds=1))
        return {
            "first": before["first"],
            "label": label,
            "times": before["times"] + 1,
            "time": max(time, later),
            "first_time": audit.first_time(before),
            "trusted": trusted,
        }

    def _event(self, item: Item, labeller: Labeller, now: Given, *, sample: str | None) -> Event | None:
        """The label for the ledger, which gets nothing of a text that was erased."""
        row = rows.row_of(item["text"])
        if self.erased.among({item["text"]: row}):
            return None
        return ledger.label_event(
            row,
            source=rows.LABELLING,
            key_id=labeller.key_id,
            trusted=labeller.trusted,
            label=text_normalization.normalised(now["label"]),
            at=now["time"],
            keep_days=self.keep_days,
            # With the number of the labeller's labels: a repeated call is the same event, a change of mind another.
            same=(labeller.id, item["request_id"], str(item["position"]), str(now["times"])),
            text=item["text"],
            labeller=labeller.name or None,
            request_id=item["request_id"],
            position=item["position"],
            model_version=item["model_version"],
            model_label=item["label"],
            sample=sample,
        )


def _checked(item: Item | None, label: str) -> Item:
    """The text, if it can have this label. Raises Problem 404, 409, 422 or 503."""
    if item is None:
        detail = "The log has no such text, or no longer keeps it. Check `request_id` and `position`."
        raise Problem("request-unknown", detail)
    if "text" not in item:
        raise Problem("labelling-off", "The log does not keep this text, so it cannot be labelled.")
    if not item.get("label"):
        raise Problem("invalid-input", "This request failed: there is no answer that a label could be compared with.")
    labels = item.get("labels")
    if labels is None:
        detail = "The log does not have the labels of this request yet. Try again in a minute."
        raise Problem("storage-unavailable", detail, headers={"retry-after": "60"})
    if label not in labels:
        known = ", ".join(f"`{validation_messages.printable(str(one))}`" for one in labels[:50])
        detail = f"`label` must be one of the labels that the model knew for this request: {known}."
        raise Problem("invalid-input", detail, headers={"x-model-version": str(item["model_version"])})
    return item


def _counts_now(before: Given, labeller: Labeller) -> bool:
    """Whether the same label again changes something: it counts from now on."""
    return labeller.trusted and not before.get("trusted")


def _replaced(before: Given | None, label: str) -> str | None:
    return before["label"] if before and before["label"] != label else None


def _given(item: Item, sampled: Sampled | None) -> dict[str, Given]:
    return cast(dict[str, Given], (sampled or item).get("given") or {})


def _document(item: Item, now: Given, *, sample: str | None, replaced: str | None) -> dict[str, Any]:
    return {
        "request_id": item["request_id"],
        "position": item["position"],
        "label": now["label"],
        "first": now["first"],
        "replaced": replaced,
        "sample": sample,
        "time": now["time"],
        "predicted_label": item["label"],
        "confidence": item.get("confidence"),
        "agrees": now["label"] == item["label"],
        "model_version": item["model_version"],
        "trusted": bool(now.get("trusted")),
    }
