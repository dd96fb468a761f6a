"""Which model answers a text while a live A/B test runs. No I/O.

The function `ab_test` writes one item into the request log's table; the classify function reads it every few seconds.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal, TypedDict

# The item's key in the request log's table, whose ids of requests never begin with `#`.
ITEM_ID: Final = "#ab"
POSITION: Final = 0

Variant = Literal["champion", "challenger"]
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"

_PARTS = 10**12


class LiveTest(TypedDict):
    """The item. share: of the units that the challenger answers; unit: `text` or `key`.

    ends_at, expires_at: seconds since 1970; from ends_at on the champion answers alone, whoever still reads the item.
    endpoint: the challenger's; version: its model version. salt: makes each test's split another one.
    """

    request_id: str
    position: int
    test_id: str
    share: float
    unit: Literal["text", "key"]
    endpoint: str
    version: str
    salt: str
    ends_at: int
    expires_at: int


def unit_of(text: str, key_id: str, *, unit: str) -> str:
    """What the split is sticky by: the text, however it is spelt, or the caller's key."""
    if unit == "key":
        return key_id
    from contracts.texts import text_normalization  # the classify function starts without it

    return text_normalization.text_id(text_normalization.normalised(text))


def place(unit: str, *, salt: str) -> float:
    """A unit's place in [0, 1), the same each time: it is the challenger's if it is below the share."""
    digest = hashlib.sha256(f"rubric-ab-1\0{salt}\0{unit}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) % _PARTS / _PARTS


def unit_id(unit: str, *, salt: str) -> str:
    """16 hexadecimal digits that stand for a unit in the request log: another test has others for it."""
    return hashlib.sha256(f"rubric-ab-unit-1\0{salt}\0{unit}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def variant_of(unit: str, *, salt: str, share: float) -> Variant:
    """Which model answers a unit. A larger share moves units to the challenger, and none away from it."""
    return CHALLENGER if place(unit, salt=salt) < share else CHAMPION
