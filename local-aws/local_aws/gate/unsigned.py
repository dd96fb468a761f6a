"""The one call that comes without an access key: AssumeRoleWithWebIdentity, which brings a token.

STS API reference: it "does not require the use of AWS security credentials". SDKs send it as a form to `/`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from local_aws.gate.request import Request
from local_aws.gate.rules import from_a_page

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
# STS API reference: a token has at most 20,000 characters.
_MOST_BYTES = 64 * 1024
_FORM = "application/x-www-form-urlencoded"


def may_be(request: Request) -> bool:
    """Whether a refused request could be the call: a form to `/`, from no web page, and with no key that is wrong."""
    return (
        request.method == "POST"
        and request.path == "/"
        and not request.query
        and not request.is_websocket
        and not request.access_key_ids()
        and not from_a_page(request)
        and (request.header("content-type") or "").partition(";")[0].strip().lower() == _FORM
    )


async def read(receive: Receive) -> tuple[bytes, Receive]:
    """Read a body, up to what the call can have. Returns it, and what gives it to the next reader again."""
    messages, body = [], b""
    while True:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False) or len(body) > _MOST_BYTES:
            break

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return body, again


def is_web_identity(body: bytes) -> bool:
    """Whether a form is the call, and names no other."""
    if len(body) > _MOST_BYTES:
        return False
    return parse_qs(body.decode("utf-8", "replace")).get("Action") == ["AssumeRoleWithWebIdentity"]
