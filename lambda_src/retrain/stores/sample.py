"""The labelled texts of the audit sample, with the answers that were given to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, cast

from contracts.logs import audit
from contracts.logs.audit import Deciding, Sampled
from contracts.texts import text_normalization
from lambda_src.common import dynamodb
from lambda_src.common.logged_texts import LoggedTexts
from lambda_src.retrain.rule.gain import Audited

MOST = 2_000  # texts of a model, the newest labels: half a minute of work, and a bound of about two points
_READ = 20_000  # of a day's sample, labelled or not


@dataclass(frozen=True, kw_only=True)
class LabelledText:
    """A text of the sample with the label that decides. day: of the request; labelled_at: UTC.

    audited: None where the log does not keep the text, or the text is gone.
    """

    day: str
    model_version: str
    labelled_at: str
    right: bool
    audited: Audited | None


class _Found(NamedTuple):
    day: str
    item: Sampled
    decides: Deciding


class Labels(NamedTuple):
    """texts: by the time of their labels. waiting: how many other texts have labels that do not count."""

    texts: list[LabelledText]
    waiting: int


class Sample:
    """The audit sample in the request log's table. Raises botocore's errors."""

    def __init__(self, client: Any, *, table: str, logger: Any) -> None:
        self._dynamodb = client
        self._table = table
        self._texts = LoggedTexts(client, table=table, logger=logger)

    def labelled(self, *, today: date, days: int, only: str = "") -> Labels:
        """Of each model the newest. only: this model's."""
        found, waiting = list[_Found](), 0
        for day in audit.days(until=today, count=days):
            for one in self._day(day):
                if only and one["model_version"] != only:
                    continue
                decides = audit.deciding(one["given"])
                if decides is None:
                    waiting += 1
                else:
                    found.append(_Found(day, one, decides))
        newest: dict[str, list[_Found]] = {}
        for each in sorted(found, key=lambda each: each.decides.time, reverse=True):
            of_model = newest.setdefault(each.item["model_version"], [])
            if len(of_model) < MOST:
                of_model.append(each)
        return Labels(self._with_texts([each for of_model in newest.values() for each in of_model]), waiting)

    def _with_texts(self, found: Sequence[_Found]) -> list[LabelledText]:
        keys = [(each.item["of_request"], each.item["of_position"]) for each in found]
        items = {(item["request_id"], item["position"]): item for item in self._texts.texts(keys)}
        made = []
        for (day, one, decides), key in zip(found, keys, strict=True):
            label, item = decides.label, items.get(key)
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
                    labelled_at=decides.time,
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
