"""The audit sample: the share of all answered texts that is chosen by chance, for people to label. No I/O.

Whether a text belongs to it is decided when it is logged, by a number that is made of the request's id and the text's
position. API Gateway assigns the id ("http-api-logging-variables" in its developer guide), before the model has seen
the text: neither the caller, the model's answer nor the labeller has a say, and anybody can compute the number again.

The request log's table has an item for each text of the sample besides the text's own. The items of one day are a
partition in the order of their numbers. Labelled in this order, the first n of a day are a random sample too, however
many more there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, NotRequired, TypedDict

from contracts.logs.request_log import Item

# Request ids of an HTTP API never contain `#`.
_PREFIX = "#audit#"
# Numbers have 15 digits: DynamoDB keeps 38, JSON's readers 15.
_NUMBERS = 10**15
# DynamoDB writes at most 1,000 units a second to one partition ("Designing partition keys"), and one holds a day.
MOST_WRITES_A_SECOND = 1_000


class Given(TypedDict):
    """What one labeller said of a text.

    first: the first label, given before the model's answer was shown; label: the newest one; times: how many there
    were; first_time, time: of the first and of the newest, UTC with milliseconds. trusted: whether the newest came with
    a trusted key. Without the field a label waits, as one that came without a trusted key.
    """

    first: str
    label: str
    times: int
    time: str
    first_time: NotRequired[str]
    trusted: NotRequired[bool]


class Deciding(NamedTuple):
    """The label that says what is right: the first one of the labeller who was first. time: when it was given."""

    labeller: str
    label: str
    time: str


class Sampled(TypedDict, total=False):
    """A text of the sample. request_id: the day's partition; position: the number; expires_at: that of the text.

    of_request, of_position: the text's own key in the table; label, model_version: the model's answer.
    given: by labeller.
    """

    request_id: str
    position: int
    of_request: str
    of_position: int
    label: str
    model_version: str
    expires_at: int
    given: dict[str, Given]


def partition(day: str) -> str:
    """The partition of a day, such as `2026-11-20` (UTC)."""
    return f"{_PREFIX}{day}"


def days(*, until: date, count: int) -> list[str]:
    """The last `count` days, the newest first."""
    return [(until - timedelta(days=back)).isoformat() for back in range(count)]


def number(request_id: str, position: int) -> int:
    """A text's number, from 0 to 10**15 - 1, as if drawn at random."""
    return _number("audit", request_id, position)


def is_sampled(request_id: str, position: int, *, share: float) -> bool:
    """Whether a text belongs to a sample of this share (0 to 1) of all texts."""
    return number(request_id, position) < share * _NUMBERS


def is_shared(request_id: str, position: int, *, share: float) -> bool:
    """Whether a text of the sample is one of those that every labeller labels: drawn anew, as a share of the sample."""
    return _number("shared", request_id, position) < share * _NUMBERS


def key_of(item: Item) -> dict[str, str | int]:
    """The key of the sample's item for a text of the log."""
    return {
        "request_id": partition(item["time"][:10]),
        "position": number(item["request_id"], item["position"]),
    }


def sampled(items: Sequence[Item]) -> list[Sampled]:
    """The sample's items for those of a request's texts that belong to it."""
    return [
        {
            "request_id": partition(item["time"][:10]),
            "position": number(item["request_id"], item["position"]),
            "of_request": item["request_id"],
            "of_position": item["position"],
            "label": item["label"],
            "model_version": item["model_version"],
            "expires_at": item["expires_at"],
        }
        for item in items
        if item.get("audit")
    ]


def trusted(given: Mapping[str, Given] | None) -> dict[str, Given]:
    """The labels that count: those of trusted keys. Whatever is decided by labels is decided by these alone."""
    return {labeller: one for labeller, one in (given or {}).items() if one.get("trusted")}


def waits(given: Mapping[str, Given] | None) -> bool:
    """Whether a text has labels, but none that counts."""
    return bool(given) and not trusted(given)


def first_time(one: Given) -> str:
    """When a labeller labelled a text for the first time; of an item without the field, the newest time."""
    return one.get("first_time", one["time"])


def deciding(given: Mapping[str, Given] | None) -> Deciding | None:
    """The label of a text that decides; None while no trusted key has labelled it."""
    counted = trusted(given)
    if not counted:
        return None
    labeller = min(counted, key=lambda name: (first_time(counted[name]), name))
    return Deciding(labeller, counted[labeller]["first"], first_time(counted[labeller]))


def _number(purpose: str, request_id: str, position: int) -> int:
    digest = hashlib.sha256(f"rubric-{purpose}-1\0{request_id}#{position}".encode()).digest()
    return int.from_bytes(digest[:16]) % _NUMBERS
