"""Messages that wait for the redrive: valid items, items that can never be written, and invalid messages."""

from __future__ import annotations

from typing import Any

GONE = "gone"  # the request that is erased


def item(request: str, position: int, **more: Any) -> dict[str, Any]:
    """An item as the classify function queues it."""
    return {
        "request_id": {"S": request},
        "position": {"N": str(position)},
        "text": {"S": f"text {request}"},
        "label": {"S": "\uffff"},  # which SQS takes only as an escape
        "time": {"S": "2026-09-21T13:00:00.000Z"},
        "key_id": {"S": "abcdefgh23"},
        "expires_at": {"N": "4000000000"},
        **more,
    }


_NEVER = {"latency_ms": {"N": "1" * 39}}  # more digits than DynamoDB takes
MESSAGES: tuple[list[Any] | str, ...] = (
    [item("a", 0), item(GONE, 0)],
    [item("b", 0), item("never", 0, **_NEVER), item(GONE, 1, **_NEVER)],
    "no json",
    [item("c", 0), "no item", item("d", 0)],
    [item(GONE, 2), item("a", 1)],
)


def items_of_all() -> list[dict[str, Any]]:
    """All messages."""
    return [each for items in MESSAGES if not isinstance(items, str) for each in items if isinstance(each, dict)]
