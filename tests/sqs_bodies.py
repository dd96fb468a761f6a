"""The message bodies that SQS accepts ("SendMessage" in its API reference)."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

# Characters of each kind that SQS refuses; a body must not contain any of them unescaped.
NOT_TAKEN = ("\x00", "\x08", "\x0b", "\x0c", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff")
TAKEN = ("\t", "\n", "\r", " ", "\x7f", "\x9f", "\ud7ff", "\ue000", "\ufffd", "\U00010000", "\U0010ffff")


def is_taken(character: str) -> bool:
    """Whether a body may contain it."""
    code = ord(character)
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def refuse(body: str) -> None:
    """Raises ClientError as SQS does for a body that it does not take."""
    if not body or not all(map(is_taken, body)):
        error: Any = {"Error": {"Code": "InvalidMessageContents", "Message": ""}}
        raise ClientError({**error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "SendMessage")
