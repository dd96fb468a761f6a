"""One classify request from its event to its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from lambda_src.classify import answers, log_items, parsing
from lambda_src.classify.answers import Prediction
from lambda_src.classify.endpoint import EndpointAnswer, bad_answer
from lambda_src.classify.parsing import ClassifyRequest
from lambda_src.classify.request_log import Written
from lambda_src.common import http
from lambda_src.common.auth import require_key
from lambda_src.common.http import Event, Response
from lambda_src.common.problems import Problem


class EndpointPort(Protocol):
    """What classifies (endpoint.Endpoint)."""

    def classify(self, texts: tuple[str, ...]) -> EndpointAnswer: ...


class LogPort(Protocol):
    """What keeps the request log (request_log.RequestLog)."""

    def write(self, items: list[dict[str, Any]]) -> Written: ...


@dataclass
class Outcome:
    """What became of a request, for its metrics."""

    texts: int = 0
    model_latency_ms: float | None = None
    results: list[Prediction] = field(default_factory=list)
    failed: bool = False
    written: Written = field(default_factory=Written)


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """Answers requests; `milliseconds` is a clock that only runs forward."""

    endpoint: EndpointPort
    log: LogPort
    keep_days: int
    keep_text: str = "store"
    logger: Any
    milliseconds: Callable[[], float] = lambda: time.perf_counter() * 1000

    def answer(self, event: Event, outcome: Outcome) -> Response:
        """The answer to an HTTP API event; fills `outcome`. Raises Problem; what the model failed is logged first."""
        started = self.milliseconds()
        received = datetime.now(UTC)
        key_id = require_key(event, scope="classify")
        request = parsing.parse(event)
        outcome.texts = len(request.texts)
        status, variant = 200, ""
        try:
            found = self._ask(request, outcome)
            variant = found.variant
            outcome.results = self._check(found, count=len(request.texts))
        except Problem as problem:
            status, outcome.failed = problem.status, problem.status != 422
            raise
        except Exception:
            status, outcome.failed = 500, True
            raise
        finally:
            latency_ms = round(self.milliseconds() - started, 1)
            if status != 422:  # a refused text is not kept, like any other invalid input
                facts = log_items.RequestFacts(
                    request_id=http.request_id(event),
                    key_id=key_id,
                    received=received,
                    latency_ms=latency_ms,
                    status=status,
                    variant=variant,
                    keep_days=self.keep_days,
                    keep_text=self.keep_text,
                )
                items = log_items.build(facts, texts=request.texts, results=outcome.results or None)
                outcome.written = self.log.write(items)
        return self._respond(event, request, outcome.results, latency_ms=latency_ms)

    def _ask(self, request: ClassifyRequest, outcome: Outcome) -> EndpointAnswer:
        asked = self.milliseconds()
        try:
            return self.endpoint.classify(request.texts)
        finally:
            outcome.model_latency_ms = round(self.milliseconds() - asked, 1)

    def _check(self, found: EndpointAnswer, *, count: int) -> list[Prediction]:
        try:
            return answers.predictions(found.document, count=count)
        except answers.BadAnswerError as error:
            self.logger.error("the endpoint's answer is not usable", reason=str(error), variant=found.variant)
            raise bad_answer() from error

    def _respond(
        self, event: Event, request: ClassifyRequest, results: list[Prediction], *, latency_ms: float
    ) -> Response:
        document = answers.answer_document(
            results, single=request.single, request_id=http.request_id(event), latency_ms=latency_ms
        )
        headers = {"x-model-version": results[0].model_version}
        return http.json_response(event, status=200, document=document, headers=headers)
