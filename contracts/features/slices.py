"""The slices of the request log by features: which part of which slice a text belongs to. No I/O.

A slice has few parts, whatever is known of a text: a report lists them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts.features import computed

PUBLISHER: Final = "publisher"
CALLER_TEXTS: Final = f"caller.{computed.TEXTS}"
CALLER_WRONG: Final = f"caller.{computed.WRONG_SHARE}"
TEXT_LABELLERS: Final = f"text.{computed.LABELLERS}"
SLICES: Final = (PUBLISHER, CALLER_TEXTS, CALLER_WRONG, TEXT_LABELLERS)

UNKNOWN: Final = "unknown"
_COUNTS = ((1, "none"), (10, "1 to 9"), (100, "10 to 99"), (1000, "100 to 999"))
_MANY = "1,000 or more"
_SHARES = ((0.05, "below 5 %"), (0.2, "5 to 20 %"))
_MOST = "20 % or more"


def parts_of(features: Mapping[str, Any], *, publisher: str) -> dict[str, str]:
    """The part of each slice that a text with these logged features belongs to. publisher: "" if none was named."""
    return {
        PUBLISHER: publisher or UNKNOWN,
        CALLER_TEXTS: _part(features.get(CALLER_TEXTS), _COUNTS, _MANY),
        CALLER_WRONG: _part(features.get(CALLER_WRONG), _SHARES, _MOST),
        TEXT_LABELLERS: _part(features.get(TEXT_LABELLERS), _COUNTS, _MANY),
    }


def _part(value: Any, below: tuple[tuple[float, str], ...], most: str) -> str:
    if not isinstance(value, int | float):
        return UNKNOWN
    return next((name for limit, name in below if value < limit), most)
