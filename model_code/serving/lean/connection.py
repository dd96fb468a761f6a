"""Helpers for ASGI: reading whole bodies, sending answers, and noticing clients that disconnect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from model_code.serving import protocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class ClientGoneError(Exception):
    """The client closed the connection before it had its answer."""


def header(scope: Scope, name: bytes) -> str:
    """The first header with that (lower-case) name, or ""."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def read_body(receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The whole body. RequestError 413 above ``limit`` bytes, 408 when it takes longer; ClientGoneError."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise protocol.too_large(limit)
        return body
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise protocol.too_large(limit)
                if not message.get("more_body"):
                    return b"".join(parts)
                message = await receive()
    except TimeoutError as error:
        raise protocol.RequestError(
            "request_timeout", f"the body did not arrive within {seconds:g} s", status=408
        ) from error


@asynccontextmanager
async def connected(receive: Receive) -> AsyncIterator[None]:
    """Cancel the block, with ClientGoneError, when the client disconnects. For use after reading the body."""
    task = asyncio.current_task()
    assert task is not None
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    watcher = asyncio.get_running_loop().create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if gone and not task.uncancel():
            raise ClientGoneError from None
        raise
    finally:
        watcher.cancel()


async def respond(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Send a whole answer."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    pairs.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
