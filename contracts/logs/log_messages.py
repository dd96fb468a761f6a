"""Messages with request-log items, in the dead-letter queue and in the queue of parked messages.

A body is `{"table": ..., "items": [DynamoDB JSON, ...]}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

# Characters that SQS refuses in a body, or replaces by U+FFFD according to an older version of its reference
# ("SendMessage" in its API reference). JSON itself escapes control characters only.
_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# DynamoDB allows 32 levels ("Constraints in Amazon DynamoDB"); each is two levels here.
_LEVELS = 100
_DEEP = "it is nested too deeply"


def body(items: Sequence[Any], *, table: Any) -> str:
    """A body that SQS accepts and `read` parses; for some of a message's items it is not longer than that message."""
    document = {"table": table, "items": list(items)}
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return _REFUSED.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def read(body: str) -> dict[str, Any]:
    """The document, with a list of `items`, which are not checked. ValueError, in a sentence, for any other body."""
    try:
        document = json.loads(body)
    except RecursionError:
        raise ValueError(_DEEP) from None
    if _is_deep(document):  # Python could parse it but might not be able to write it again
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
