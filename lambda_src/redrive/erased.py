"""Which items of a message to write: neither those that were erased while they waited nor those that have expired."""

from __future__ import annotations

import hashlib
import time
from typing import Protocol

from contracts.texts import text_normalization
from lambda_src.common import erased
from lambda_src.common.dynamodb import Item

_LONGEST_TIME = 20  # digits


class ErasedPort(Protocol):
    """Looks up erasures (common.erased.Erased)."""

    def among(self, ids: set[str]) -> dict[str, str]: ...


def kept(items: list[Item], known: ErasedPort) -> list[Item]:
    """The items, DynamoDB JSON, that may be written. Raises what `known` raises."""
    ids = {one for item in items for one in _ids(item)}
    erasures = known.among(ids) if ids else {}
    return [item for item in items if not _is_erased(item, erasures) and not _has_expired(item)]


def _ids(item: Item) -> list[str]:
    """The ids under which the item may have been erased."""
    held = {name: item.get(name, {}).get("S") for name in ("key_id", "request_id", "text", "text_sha256")}
    made = (("key_id", erased.of_key), ("request_id", erased.of_request), ("text_sha256", erased.of_text))
    ids = [make(value) for name, make in made if (value := held[name])]
    if text := held["text"]:
        ids.append(erased.of_text(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()))
        ids.append(erased.of_example(text_normalization.text_id(text_normalization.normalised(text))))
    # A longer id does not fit into the table's key, so nothing was erased by it.
    return [one for one in ids if len(one.encode("utf-8", "surrogatepass")) <= erased.LONGEST_ID]


def _is_erased(item: Item, erasures: dict[str, str]) -> bool:
    time = str(item.get("time", {}).get("S", ""))
    return any(one in erasures and time <= erasures[one] for one in _ids(item))


def _has_expired(item: Item) -> bool:
    """Whether its time in the log has passed meanwhile."""
    ends = str(item.get("expires_at", {}).get("N", ""))
    # The log never sets a longer time; whether the item is valid at all, the table decides.
    return len(ends) <= _LONGEST_TIME and ends.isdecimal() and int(ends) <= time.time()
