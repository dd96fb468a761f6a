"""Which items of a message are still to be written: not those that were erased while they waited, nor those too old."""

from __future__ import annotations

import hashlib
import time
from typing import Protocol

from contracts import text_normalization
from lambda_src.common import erased
from lambda_src.common.dynamodb import Item

_LONGEST_TIME = 20  # digits


class ErasedPort(Protocol):
    """What knows what was erased (common.erased.Erased)."""

    def among(self, ids: set[str]) -> dict[str, str]: ...


def kept(items: list[Item], known: ErasedPort) -> list[Item]:
    """The items, DynamoDB JSON, that may be written. Raises what `known` raises."""
    ids = {one for item in items for one in _ids(item)}
    found = known.among(ids) if ids else {}
    return [item for item in items if not _is_erased(item, found) and not _is_over(item)]


def _ids(item: Item) -> list[str]:
    """What the item may have been erased by."""
    held = {name: item.get(name, {}).get("S") for name in ("key_id", "request_id", "text", "text_sha256")}
    made = (("key_id", erased.of_key), ("request_id", erased.of_request), ("text_sha256", erased.of_text))
    ids = [make(value) for name, make in made if (value := held[name])]
    if text := held["text"]:
        ids.append(erased.of_text(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()))
        ids.append(erased.of_example(text_normalization.text_id(text_normalization.normalised(text))))
    # The table's key takes no more, so that a longer id was never erased by.
    return [one for one in ids if len(one.encode("utf-8", "surrogatepass")) <= erased.LONGEST_ID]


def _is_erased(item: Item, found: dict[str, str]) -> bool:
    when = str(item.get("time", {}).get("S", ""))
    return any(one in found and when <= found[one] for one in _ids(item))


def _is_over(item: Item) -> bool:
    """Whether its time in the log has passed meanwhile."""
    ends = str(item.get("expires_at", {}).get("N", ""))
    # What is longer is no time that this log has set; the table says what it is.
    return len(ends) <= _LONGEST_TIME and ends.isdecimal() and int(ends) <= time.time()
