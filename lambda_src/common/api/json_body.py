"""A request's JSON body, parsed strictly before it is validated against the contract. No I/O."""

from __future__ import annotations

import json
from typing import Any

from lambda_src.common.api.http import Event, body, header
from lambda_src.common.api.validation_messages import printable
from lambda_src.common.problems import Problem

MAX_BODY_BYTES = 1024 * 1024
# More than any request needs of the characters outside its texts, such as `[`, `,` and digits (white space aside). Each
# can become a Python object, which costs a hundred times as much as a character of a text.
MAX_OUTSIDE_TEXTS = 8 * 1024
_MOST_DIGITS = 20  # of a body's length


def read(event: Event, *, example: str, too_large: str) -> Any:
    """The JSON document in an event's body; raises Problem 400, 413, 415 or 422.

    example: a valid body, for the message to a caller who sent none. too_large: advice for a body that is too large.
    """
    _require_json(header(event, "content-type"))
    raw = body(event)
    if len(raw) > MAX_BODY_BYTES:
        detail = f"The body has {len(raw):,} bytes; at most {MAX_BODY_BYTES:,} are allowed. {too_large}"
        raise Problem("body-too-large", detail)
    if _was_replaced(event, raw):
        raise Problem("malformed-body", "The body is not valid UTF-8.")
    return decode(raw, example=example)


def _was_replaced(event: Event, raw: bytes) -> bool:
    """Whether the gateway put U+FFFD in the place of bytes that are not UTF-8, by the length that the caller sent.

    Payload format 2.0 has a body in base64 "if the content type of the request is binary"; AWS does not say what it
    does with other bytes under a content type that is text ("Create AWS Lambda proxy integrations for HTTP APIs").
    """
    length = header(event, "content-length")
    known = length.isascii() and length.isdecimal() and len(length) <= _MOST_DIGITS
    return b"\xef\xbf\xbd" in raw and known and int(length) != len(raw)


def _require_json(content_type: str) -> None:
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() != "application/json":
        fault = f"is `{printable(content_type)}`" if content_type else "is missing"
        raise Problem("unsupported-media-type", f"The content type {fault}; send `content-type: application/json`.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
            raise Problem("unsupported-media-type", f"The charset is `{printable(value.strip())}`; send UTF-8.")


class _RejectedError(ValueError):
    """JSON that parsers interpret differently."""


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _RejectedError(f"the key {json.dumps(_first_repeated(pairs))[:100]} appears twice")
    return document


def _first_repeated(pairs: list[tuple[str, Any]]) -> str:
    """The first key that repeats an earlier one."""
    seen = set[str]()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    raise ValueError("no key appears twice")


def _no_constant(name: str) -> Any:
    raise _RejectedError(f"{name} is not a JSON value")


def decode(raw: bytes, *, example: str) -> Any:
    """The JSON document `raw`; raises Problem 400 or 422. A byte order mark is allowed; NaN and repeated keys not."""
    if not raw.strip():
        raise Problem("malformed-body", f"The body is empty; send JSON such as {example}.")
    if _outside_texts(raw) > MAX_OUTSIDE_TEXTS:
        detail = f"The body has over {MAX_OUTSIDE_TEXTS:,} characters outside its texts, more than any request needs."
        raise Problem("invalid-input", f"{detail} Send JSON such as {example}.")
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise Problem("malformed-body", f"The body is not valid JSON: {where}.") from error
    except UnicodeDecodeError as error:
        raise Problem("malformed-body", f"The body is not valid UTF-8 at byte {error.start}.") from error
    except RecursionError as error:
        raise Problem("malformed-body", "The body is nested too deeply.") from error
    except _RejectedError as error:
        raise Problem("malformed-body", f"The body is not valid JSON: {error}.") from error
    except ValueError as error:  # a number with more digits than Python converts
        raise Problem("malformed-body", "The body has a number that is too long to read.") from error


def _outside_texts(raw: bytes) -> int:
    """How many quotation marks, and characters outside them that are not white space, as far as `raw` is JSON."""
    unescaped = raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw
    marks = unescaped.count(b'"')
    if marks > MAX_OUTSIDE_TEXTS:
        return marks
    outside = b"".join(unescaped.split(b'"')[::2])
    return marks + len(outside.translate(None, b" \t\r\n"))


def is_unicode(text: str) -> bool:
    """False for a text with an unpaired surrogate, which JSON can express and UTF-8 cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
