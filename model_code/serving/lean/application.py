"""The lean container's ASGI application.

``/invocations`` and ``/ping`` as SageMaker specifies them, ``/execution-parameters``, which tells a transform job
its limits, and ``/metrics``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Sequence, Sized
from dataclasses import dataclass, field

import numpy as np

from contracts.models.measures import Measures
from model_code.serving import cpu_limit, protocol
from model_code.serving.classifier import Classifier
from model_code.serving.lean import connection, low_load
from model_code.serving.lean.access_log import AccessLog, Entry, now
from model_code.serving.lean.batching import Answer, Batcher, DeadlineError, Matrix
from model_code.serving.lean.capacity import Capacity, OverloadedError
from model_code.serving.lean.connection import Receive, Scope, Send
from model_code.serving.lean.metrics import CONTENT_TYPE, Metrics
from model_code.serving.settings import MIB, Settings

log = logging.getLogger("rubric.serving")

TEXTS_AT_ONCE = 256  # texts of one request that are tokenized and queued at a time
SHORT_BODY = 4096  # bytes: parsing and tokenizing more would delay other requests, so a thread does it
SHORT_ANSWER = 64  # texts; longer answers are also left to a thread
BODIES_HELD = 16  # of the largest size, at the same time
BYTES_PER_LINE = 8  # fewer would allow too many lines: the answers to a body of empty lines would be gigabytes
STUCK_SECONDS = 60.0  # no run of the model takes as long: /ping fails, and SageMaker restarts the container
CLIENT_GONE = 499
QUIET_PATHS = {"/ping", "/metrics"}
PATHS = {"/invocations", "/execution-parameters", *QUIET_PATHS}


_Prepared = tuple[Sequence[Sized], list[Measures]]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": protocol.JSON})
    code: str = ""


@dataclass(frozen=True)
class _Loaded:
    classifier: Classifier
    batcher: Batcher

    def prepare(self, texts: Sequence[str]) -> _Prepared:
        encodings = self.classifier.encode(texts)
        return encodings, self.classifier.measure(encodings)


class Application:
    """The application, for one event loop. ``/ping`` is 503 before ``load`` has finished and after ``drain``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: _Loaded | None = None
        self._texts = Capacity(settings.max_waiting_texts)
        self._bodies = Capacity(BODIES_HELD * settings.max_body_bytes)
        self._metrics = Metrics(lambda: self._texts.held)
        self._access_log = AccessLog() if settings.access_log else None
        self._draining = False
        self.in_progress = 0
        self.last_request = 0.0

    def load(self) -> None:
        """Load the model and run one inference; ArtifactError when that fails. From any thread."""
        classifier = Classifier(self._settings.model, threads=1, native=self._settings.native)
        classifier.warm_up()
        lanes = self._settings.threads or cpu_limit.available()
        divided = low_load.fastest(classifier, threads=lanes)
        if divided:
            divided.check_reference()
        batcher = Batcher(
            classifier.predict_encodings,
            predict_alone=divided.predict_encodings if divided else None,
            lanes=lanes,
            max_tokens=self._settings.max_batch_tokens,
            on_run=self._metrics.ran,
        )
        self._loaded = _Loaded(classifier, batcher)
        self._metrics.loaded(model_version=classifier.model_version, engine=classifier.engine)
        classifier.log_ready(log)

    def drain(self) -> None:
        """Let ``/ping`` fail and each answer close its connection; requests that still arrive are answered."""
        self._draining = True

    def close(self) -> None:
        """Write the last lines of the access log and end the threads."""
        if self._loaded:
            self._loaded.batcher.close()
        if self._access_log:
            self._access_log.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        began = self.last_request = time.monotonic()
        self.in_progress += 1
        entry = Entry(now(), scope["method"], scope["path"][:200])
        try:
            reply = await self._reply(scope, receive, entry)
            entry.status, entry.code = reply.status, reply.code
            headers = reply.headers | {"connection": "close"} if self._draining else reply.headers
            await connection.respond(send, reply.status, reply.body, headers)
        except connection.ClientGoneError:
            entry.status = CLIENT_GONE
        finally:
            self.in_progress -= 1
            entry.ms = round((time.monotonic() - began) * 1000, 3)
            path = entry.path if entry.path in PATHS else "other"
            self._metrics.answered(entry, path)
            if self._access_log and (entry.status != 200 or path not in QUIET_PATHS):
                self._access_log.add(entry)

    async def _reply(self, scope: Scope, receive: Receive, entry: Entry) -> Reply:
        try:
            match scope["path"]:
                case "/invocations" if scope["method"] == "POST":
                    return await self._invoke(scope, receive, entry)
                case "/invocations":
                    return _error(405, "method_not_allowed", "use POST")
                case "/ping":
                    return self._ping()
                case "/metrics":
                    return Reply(200, self._metrics.text(), {"content-type": CONTENT_TYPE})
                case "/execution-parameters":
                    return self._execution_parameters()
            return _error(404, "not_found", "use GET /ping or POST /invocations")
        except protocol.RequestError as error:
            return _error(error.status, error.code, error.message)
        except OverloadedError:
            return _error(503, "overloaded", "too many texts are waiting; try again shortly")
        except DeadlineError:
            waited = f"the text has waited for {self._settings.request_seconds:g} s"
            return _error(503, "deadline", f"{waited}, the limit; try again shortly")
        except connection.ClientGoneError:
            raise
        except asyncio.CancelledError:
            if not self._draining:
                raise
            return _error(503, "stopping", "the server is stopping; send the request again")
        except Exception:
            log.exception("request failed")
            return _error(500, "internal_error", "the model server failed; see its log")

    def _ping(self) -> Reply:
        if self._loaded is None:
            return _error(503, "loading", "the model is loading")
        if self._draining:
            return _error(503, "draining", "the server is stopping")
        if self._loaded.batcher.running_seconds() > STUCK_SECONDS:
            return _error(503, "stuck", f"the model has not answered for {STUCK_SECONDS:g} s")
        return Reply(200, b"{}")

    def _execution_parameters(self) -> Reply:
        # Two requests at a time keep the model busy while one is read and answered.
        megabytes = max(1, min(6, self._settings.max_body_bytes // MIB))
        parameters = {"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": megabytes}
        return Reply(200, json.dumps(parameters).encode())

    async def _invoke(self, scope: Scope, receive: Receive, entry: Entry) -> Reply:
        if self._loaded is None:
            return _error(503, "loading", "the model is loading")
        limit = self._settings.max_body_bytes
        declared = connection.header(scope, b"content-length")
        size = int(declared) if declared.isdecimal() else limit
        if size > limit:
            raise protocol.too_large(limit)
        with self._bodies.hold(size):
            body = await connection.read_body(receive, limit=limit, seconds=self._settings.request_seconds)
            if body.count(b"\n") > limit // BYTES_PER_LINE:
                raise protocol.RequestError("too_large", f"more than {limit // BYTES_PER_LINE} lines", status=413)
            content_type = connection.header(scope, b"content-type")
            async with connection.connected(receive):
                return await self._answer(self._loaded, body, content_type, entry)

    async def _answer(self, loaded: _Loaded, body: bytes, content_type: str, entry: Entry) -> Reply:
        is_short = len(body) <= SHORT_BODY
        request = (
            protocol.parse(body, content_type)
            if is_short
            else await asyncio.to_thread(protocol.parse, body, content_type)
        )
        texts = request.texts
        entry.texts = len(texts)
        with self._texts.hold(min(len(texts), TEXTS_AT_ONCE)):
            probabilities, measures = await self._classify(loaded, texts, entry, is_short=is_short)

        def formatted() -> bytes:
            classifier = loaded.classifier
            return protocol.format_answer(
                request, probabilities, measures, labels=classifier.labels, model_version=classifier.model_version
            ).encode()

        answer = formatted() if len(texts) <= SHORT_ANSWER else await asyncio.to_thread(formatted)
        return Reply(200, answer, {"content-type": request.answer_type})

    async def _classify(
        self, loaded: _Loaded, texts: Sequence[str], entry: Entry, *, is_short: bool
    ) -> tuple[Matrix, list[Measures]]:
        """Each part is tokenized while the previous one is computed; only the first has a deadline."""
        prepare, batcher = loaded.prepare, loaded.batcher
        if not texts:
            return loaded.classifier.predict([]), []
        answers: list[Answer] = []
        measures: list[Measures] = []
        upcoming: asyncio.Task[_Prepared] | None = None
        try:
            for start in range(0, len(texts), TEXTS_AT_ONCE):
                if is_short:
                    encodings, measured = prepare(texts)
                else:
                    part = texts[start : start + TEXTS_AT_ONCE]
                    encodings, measured = await (upcoming or asyncio.to_thread(prepare, part))
                    following = texts[start + TEXTS_AT_ONCE : start + 2 * TEXTS_AT_ONCE]
                    upcoming = asyncio.create_task(asyncio.to_thread(prepare, following)) if following else None
                entry.tokens += sum(map(len, encodings))
                measures += measured
                seconds = None if start else self._settings.request_seconds
                answers.append(await batcher.predict(encodings, seconds=seconds))
        finally:
            if upcoming is not None:
                upcoming.cancel()
        entry.batch, entry.wait_ms = answers[0].batch, round(answers[0].waited * 1000, 3)
        return np.concatenate([each.probabilities for each in answers]), measures


def _error(status: int, code: str, message: str) -> Reply:
    headers = {"content-type": protocol.JSON}
    if status == 503:
        headers["retry-after"] = "1"
    return Reply(status, json.dumps(protocol.error_body(code, message)).encode(), headers, code)
