"""The endpoint's answer, checked before any of it is passed on. No I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.api import listing
from contracts.models.measures import Measures
from lambda_src.classify import measures

# Probabilities may be rounded on the way; a row whose sum is further from 1 is not a distribution.
_SUM_TOLERANCE = 0.01


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What an answer says of the probabilities.

    top_k: how many labels it lists, the most probable first; None: all, in the model's order. threshold: below this
    highest probability it is uncertain; None: it does not say.
    """

    top_k: int | None = None
    threshold: float | None = None

    def or_else(self, default: Listing) -> Listing:
        """This one, with the default's values where it has none."""
        return Listing(
            top_k=default.top_k if self.top_k is None else self.top_k,
            threshold=default.threshold if self.threshold is None else self.threshold,
        )


ALL = Listing()


class BadAnswerError(ValueError):
    """The endpoint's answer is not one prediction per text; for our log, never for the caller."""


@dataclass(frozen=True)
class Prediction:
    """One text's result: `probabilities` are in the order of `labels` and sum to 1; None if the model has none.

    measures: of the text, for the request log; None if the model measures nothing.
    """

    label: str
    probabilities: tuple[float, ...] | None
    labels: tuple[str, ...]
    model_version: str
    measures: Measures | None = None

    @property
    def confidence(self) -> float | None:
        """The highest probability, or None."""
        return None if self.probabilities is None else max(self.probabilities)

    def is_uncertain(self, threshold: float | None) -> bool | None:
        """Whether its highest probability is below the threshold; None without the one or the other."""
        return listing.is_uncertain(self.confidence, threshold)

    def document(self, of: Listing = ALL) -> dict[str, Any]:
        """As in the contract (components/schemas/Prediction)."""
        stated = {} if self.probabilities is None else {"probabilities": [list(self.probabilities)]}
        whole = {
            "predicted_label": self.label,
            **stated,
            "labels": list(self.labels),
            "model_version": self.model_version,
        }
        return listing.listed(whole, top_k=of.top_k, threshold=of.threshold)


def predictions(document: Any, *, count: int, with_probabilities: bool = True) -> list[Prediction]:
    """The `count` predictions in the answer to a list of texts; raises BadAnswerError."""
    items = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise BadAnswerError("no list of predictions")
    if len(items) != count:
        raise BadAnswerError(f"{len(items)} predictions for {count} texts")
    return [_prediction(item, with_probabilities=with_probabilities) for item in items]


def _prediction(item: Any, *, with_probabilities: bool) -> Prediction:
    if not isinstance(item, dict):
        raise BadAnswerError("a prediction is not an object")
    labels = item.get("labels")
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(label, str) for label in labels):
        raise BadAnswerError("labels are not a list of at least two names")
    row = _row(item.get("probabilities"), labels) if with_probabilities else None
    label, version = item.get("predicted_label"), item.get("model_version")
    if label not in labels:
        raise BadAnswerError("the predicted label is not one of the labels")
    if not isinstance(version, str) or not version:
        raise BadAnswerError("no model version")
    return Prediction(
        label=str(label),
        probabilities=row,
        labels=tuple(labels),
        model_version=version,
        measures=measures.read(item.get("measures")),
    )


def _row(rows: Any, labels: list[str]) -> tuple[float, ...]:
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], list) or len(rows[0]) != len(labels):
        raise BadAnswerError("probabilities are not one row with a number for each label")
    row = rows[0]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1 for value in row):
        raise BadAnswerError("a probability is not between 0 and 1")
    if not math.isclose(math.fsum(row), 1.0, abs_tol=_SUM_TOLERANCE):
        raise BadAnswerError("the probabilities do not sum to 1")
    return tuple(float(value) for value in row)


def answer_document(
    results: list[Prediction],
    *,
    single: bool,
    backend: str,
    request_id: str,
    latency_ms: float,
    of: Listing = ALL,
    variants: Sequence[str] = (),
) -> dict[str, Any]:
    """The API's answer (SingleAnswer or ListAnswer). of: what it lists. variants: of each text, in an A/B test."""
    shared: dict[str, Any] = {"backend": backend, "request_id": request_id, "latency_ms": latency_ms}
    if results[0].is_uncertain(of.threshold) is not None:
        shared["threshold"] = of.threshold
    documents = [result.document(of) for result in results]
    for document, variant in zip(documents, variants, strict=False):
        document["variant"] = variant
    if single:
        return {**documents[0], **shared}
    return {
        "predictions": documents,
        "model_version": results[0].model_version,
        **shared,
    }
