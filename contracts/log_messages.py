"""Messages of request-log items that wait to be written, in the dead-letter queue and in that of parked ones.

A body is `{"table": ..., "items": [DynamoDB JSON, ...]}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

# What SQS does not take in a body, or by an older text of its reference takes with U+FFFD in its place ("SendMessage"
# in its API reference). JSON itself escapes control characters only.
_NOT_TAKEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# DynamoDB takes 32 levels ("Constraints in Amazon DynamoDB"), of which each is two here.
_LEVELS = 100
_DEEP = "it is nested too deeply"


def body(items: Sequence[Any], *, table: Any) -> str:
    """A body that SQS takes and `read` gives back; of some of a message's items it is not longer than that message."""
    document = {"table": table, "items": list(items)}
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return _NOT_TAKEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def read(body: str) -> dict[str, Any]:
    """The document, with a list of `items`, whatever these are. ValueError, in a sentence, for any other body."""
    try:
        document = json.loads(body)
    except RecursionError:
        raise ValueError(_DEEP) from None
    if _is_deep(document):  # what can be read so may not be written again
        raise ValueError(_DEEP)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ValueError("it has no list of items")
    return document


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(_LEVELS):
        inside = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [each for parts in inside for each in parts]
        if not level:
            return False
    return True
