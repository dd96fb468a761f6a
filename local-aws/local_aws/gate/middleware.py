"""The gate as an ASGI application around MiniStack's."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from local_aws.gate import answers, callbacks, credentials, rules, unsigned
from local_aws.gate.request import Request

logger = logging.getLogger("local_aws.gate")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# How much of a refused upload to read before answering: a client that is still sending may miss the answer.
_READ_BYTES = 16 * 1024 * 1024
_SHOWN = 100  # characters of caller-chosen text in the log


class Gate:
    """Pass on requests that the rules accept, and answer the rest."""

    def __init__(self, app: App, *, port: int, env_command: str) -> None:
        self._app = app
        self._rules = rules.Rules(
            port=port, accepts=credentials.accepts, signed=callbacks.is_signed, env_command=env_command
        )

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """ASGI's entry point; the server's own start and stop pass through."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = Request.of(scope)
        refusal = self._rules.refusal(request)
        if refusal is not None and refusal.code == rules.NO_KEY and unsigned.may_be(request):
            body, receive = await unsigned.read(receive)
            # Its token is what it is checked by (local_aws/iam/web_identity.py).
            refusal = None if unsigned.is_web_identity(body) else refusal
        if refusal is not None:
            await _refuse(refusal, request, receive, send)
        elif rules.is_api(request):
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _without_cors(send))


def _without_cors(send: Send) -> Send:
    """Remove MiniStack's headers that let any origin read its answers."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", []) if not pair[0].lower().startswith(b"access-control-")]
            names = {name.lower() for name, _ in kept}
            more = [pair for pair in answers.OUTSIDE_THE_API if pair[0] not in names]
            message = {**message, "headers": [*kept, *more]}
        await send(message)

    return sending


async def _refuse(refusal: rules.Refusal, request: Request, receive: Receive, send: Send) -> None:
    # Log no query: it may contain an access key ID.
    path, origin = request.path[:_SHOWN], (request.header("origin") or "")[:_SHOWN]
    logger.warning("%d %s %r, origin %r: %s", refusal.status, request.method, path, origin, refusal.message)
    headers, body = answers.rendered(refusal, request)
    kind = "websocket.http" if request.is_websocket else "http"
    await _drain(receive, is_websocket=request.is_websocket)
    await send({"type": f"{kind}.response.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": b"" if request.method == "HEAD" else body})


async def _drain(receive: Receive, *, is_websocket: bool) -> None:
    read = 0
    while read < _READ_BYTES:
        message = await receive()
        read += len(message.get("body", b""))
        if is_websocket or message["type"] != "http.request" or not message.get("more_body", False):
            return
