"""The labelled texts of the audit sample, with the answers that were given to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from contracts.logs import audit
from contracts.logs.audit import Sampled
from contracts.texts import text_normalization
from lambda_src.common import dynamodb
from lambda_src.common.logged_texts import LoggedTexts
from lambda_src.retrain.rule.gain import Audited

MOST = 2_000  # texts of a model, the newest labels: half a minute of work, and a bound of about two points
_READ = 20_000  # of a day's sample, labelled or not


@dataclass(frozen=True, kw_only=True)
class LabelledText:
    """A text of the sample with its first label. day: of the request; labelled_at: UTC.

    audited: None where the log does not keep the text, or the text is gone.
    """

    day: str
    model_version: str
    labelled_at: str
    right: bool
    audited: Audited | None


class Sample:
    """The audit sample in the request log's table. Raises botocore's errors."""

    def __init__(self, client: Any, *, table: str, logger: Any) -> None:
        self._dynamodb = client
        self._table = table
        self._texts = LoggedTexts(client, table=table, logger=logger)

    def labelled(self, *, today: date, days: int, only: str = "") -> list[LabelledText]:
        """By the time of their labels; of each model the newest. only: this model's."""
        found: list[tuple[str, Sampled]] = []
        for day in audit.days(until=today, count=days):
            found += [(day, one) for one in self._day(day) if not only or one["model_version"] == only]
        newest: dict[str, list[tuple[str, Sampled]]] = {}
        for day, one in sorted(found, key=lambda each: labelled_at(each[1]), reverse=True):
            of_model = newest.setdefault(one["model_version"], [])
            if len(of_model) < MOST:
                of_model.append((day, one))
        return self._with_texts([each for of_model in newest.values() for each in of_model])

    def _with_texts(self, found: Sequence[tuple[str, Sampled]]) -> list[LabelledText]:
        keys = [(one["of_request"], one["of_position"]) for _, one in found]
        items = {(item["request_id"], item["position"]): item for item in self._texts.texts(keys)}
        made = []
        for (day, one), key in zip(found, keys, strict=True):
            label, item = _first(one), items.get(key)
            text = text_normalization.normalised(item.get("text", "")) if item else ""
            probabilities = (
                dict(zip(item.get("labels", []), item.get("probabilities", []), strict=False)) if item else {}
            )
            # A text of a model without probabilities: it is as sure as it can be.
            known = Audited(
                text=text, label=label, answer=one["label"], probabilities=probabilities or {one["label"]: 1.0}
            )
            made.append(
                LabelledText(
                    day=day,
                    model_version=one["model_version"],
                    labelled_at=labelled_at(one),
                    right=label == one["label"],
                    audited=known if text else None,
                )
            )
        return sorted(made, key=lambda each: each.labelled_at)

    def _day(self, day: str) -> Iterator[Sampled]:
        """The labelled ones of a day."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "request_id = :day",
            "FilterExpression": "attribute_exists(given)",
            "ExpressionAttributeValues": dynamodb.item({":day": audit.partition(day)}),
            "ConsistentRead": True,
        }
        left = _READ
        while left > 0:
            answer = self._dynamodb.query(**query)
            left -= int(answer["ScannedCount"])
            for stored in answer["Items"]:
                one = cast(Sampled, dynamodb.plain(stored))
                if one.get("given") and one.get("model_version"):
                    yield one
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def labelled_at(one: Sampled) -> str:
    """When a text got its first labeller's label."""
    return min(given["time"] for given in one["given"].values())


def _first(one: Sampled) -> str:
    """The first labeller's first label: it was given before the model's answer was shown."""
    return min(one["given"].values(), key=lambda given: given["time"])["first"]
