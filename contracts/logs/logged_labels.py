"""How the request log holds labels and probabilities: the labels once, and each text's probabilities packed. No I/O.

With hundreds of labels, their names and probabilities are a hundred times the rest of an item, and DynamoDB charges a
write for each kilobyte ("Read and write capacity" in its developer guide). So the names are an item of their own, under
an id made of themselves, and a text's item has that id and one string for the probabilities.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any

# Request ids of an HTTP API never contain `#`.
_PREFIX = "#labels#"
# How much longer than the texts the labels are kept: they are written once a day, before the day's other texts.
EXTRA_SECONDS = 2 * 86_400

_UNITS = 1_000_000  # in a probability: it is kept to six decimals


def labels_id(labels: Sequence[str]) -> str:
    """The id of the item that holds these labels in this order."""
    written = json.dumps(list(labels), separators=(",", ":")).encode()
    return f"{_PREFIX}{hashlib.sha256(written).hexdigest()[:24]}"


def labels_item(labels: Sequence[str], *, expires_at: int) -> dict[str, Any]:
    """The item that holds the labels (Python values). expires_at: of the texts, seconds since 1970."""
    key = {"request_id": labels_id(labels), "position": 0}
    return {**key, "labels": list(labels), "expires_at": expires_at + EXTRA_SECONDS}


def pack(probabilities: Sequence[float]) -> str:
    """Probabilities to six decimals: as millionths in LEB128 (7 bits a byte, the lowest first), in base64."""
    packed = bytearray()
    for probability in probabilities:
        left = round(probability * _UNITS)
        while left > 0x7F:
            packed.append(left & 0x7F | 0x80)
            left >>= 7
        packed.append(left)
    return base64.b64encode(packed).decode("ascii")


def unpack(packed: str) -> list[float]:
    """What `pack` was given, to six decimals. Raises ValueError for another string."""
    try:
        raw = base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise ValueError("packed probabilities are not base64") from error
    probabilities, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte & 0x80:
            continue
        if value > _UNITS:
            raise ValueError("a packed probability is above 1")
        probabilities.append(value / _UNITS)
        value = shift = 0
    if shift:
        raise ValueError("the last packed probability has no end")
    return probabilities
