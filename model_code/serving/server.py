"""The lean inference container: ``/ping`` and ``/invocations`` as SageMaker asks for them, as an ASGI application.

Start: ``python -m model_code.serving.server``. Settings by environment: SAGEMAKER_BASE_DIR (/opt/ml; the model is in
its ``model`` folder), SAGEMAKER_BIND_TO_PORT (8080), RUBRIC_BIND_HOST (0.0.0.0), RUBRIC_MAX_WAITING_TEXTS (2048),
RUBRIC_MAX_BATCH_TEXTS (128), RUBRIC_MAX_BODY_BYTES (6 MiB).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from model_code.artifact import ArtifactError
from model_code.serving import protocol
from model_code.serving.batching import Batcher, QueueFullError
from model_code.serving.classifier import Classifier

log = logging.getLogger("rubric.serving")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
GRACE_SECONDS = 25  # SageMaker kills a container 30 s after SIGTERM


@dataclass(frozen=True)
class Settings:
    """Where the model is, where to listen and the bounds on work taken in."""

    model: Path
    host: str
    port: int
    max_waiting: int
    max_batch: int
    max_body: int

    @classmethod
    def from_environment(cls) -> Settings:
        """The variables named in this module's docstring; ValueError for one that is not a number."""
        env = os.environ
        return cls(
            model=Path(env.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model",
            host=env.get("RUBRIC_BIND_HOST", "0.0.0.0"),
            port=int(env.get("SAGEMAKER_BIND_TO_PORT", "8080")),
            max_waiting=int(env.get("RUBRIC_MAX_WAITING_TEXTS", "2048")),
            max_batch=int(env.get("RUBRIC_MAX_BATCH_TEXTS", "128")),
            max_body=int(env.get("RUBRIC_MAX_BODY_BYTES", str(6 * 1024 * 1024))),
        )


@dataclass(frozen=True)
class Loaded:
    """A warm classifier behind its batcher."""

    classifier: Classifier
    batcher: Batcher


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


class Application:
    """The ASGI application. Until ``load`` has finished, every answer is 503."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: Loaded | None = None

    def load(self) -> None:
        """Load the model and answer one inference; ArtifactError when it cannot."""
        classifier = Classifier(self._settings.model)
        classifier.warm_up()
        batcher = Batcher(
            classifier.predict, max_batch=self._settings.max_batch, max_waiting=self._settings.max_waiting
        )
        self._loaded = Loaded(classifier, batcher)
        log.info("model %s is ready", classifier.model_version)

    def close(self) -> None:
        """Let the model's thread end."""
        if self._loaded:
            self._loaded.batcher.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        headers: dict[str, str] = {}
        try:
            status, body, kind = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except protocol.RequestError as error:
            status, body, kind = error.status, json.dumps(error.body()), protocol.JSON
        except QueueFullError:
            status, body, kind = _error(503, "overloaded", "too many texts are waiting; try again shortly")
        except Exception:
            log.exception("request failed")
            status, body, kind = _error(500, "internal_error", "the model server failed; see its log")
        if status == 503:
            headers["retry-after"] = "1"
        await _respond(send, status, body, kind, headers)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, str, str]:
        path, method = scope["path"], scope["method"]
        if path == "/ping":
            return (200, "{}", protocol.JSON) if self._loaded else _error(503, "loading", "the model is loading")
        if path != "/invocations":
            return _error(404, "not_found", "use GET /ping or POST /invocations")
        if method != "POST":
            return _error(405, "method_not_allowed", "use POST")
        if self._loaded is None:
            return _error(503, "loading", "the model is loading")
        content_type = next(
            (value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"), ""
        )
        request = protocol.parse(await self._body(receive), content_type)
        texts = request.texts
        classifier = self._loaded.classifier
        probabilities = await self._loaded.batcher.predict(texts) if texts else classifier.predict([])
        body = protocol.format_answer(
            request, probabilities, labels=classifier.labels, model_version=classifier.model_version
        )
        return 200, body, request.answer_type

    async def _body(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._settings.max_body:
                raise protocol.RequestError(
                    "too_large", f"the body is larger than {self._settings.max_body} bytes", status=413
                )
            if not message.get("more_body"):
                return b"".join(parts)


def _error(status: int, code: str, message: str) -> tuple[int, str, str]:
    return status, json.dumps(protocol.error_body(code, message)), protocol.JSON


async def _respond(send: Send, status: int, body: str, kind: str, headers: dict[str, str]) -> None:
    data = body.encode()
    pairs = {"content-type": kind, "content-length": str(len(data)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in pairs.items()],
        }
    )
    await send({"type": "http.response.body", "body": data})


async def serve(settings: Settings) -> int:
    """Listen at once, load the model meanwhile, stop on SIGTERM after finishing what was taken in; the exit status."""
    application = Application(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            host=settings.host,
            port=settings.port,
            lifespan="off",
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
    )
    # uvicorn restores these handlers when it has drained and raises the signal again: it must not kill us then.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: setattr(server, "should_exit", True))
    failed = False

    async def load() -> None:
        nonlocal failed
        try:
            await asyncio.to_thread(application.load)
        except ArtifactError as error:
            log.error("the model cannot be served: %s", error)
            failed = True
            server.should_exit = True

    loading = asyncio.create_task(load())
    await server.serve()
    await loading
    application.close()
    return 1 if failed else 0


def main() -> int:
    """Run until SIGTERM; 1 when the model cannot be loaded."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    return asyncio.run(serve(Settings.from_environment()))


if __name__ == "__main__":
    sys.exit(main())
