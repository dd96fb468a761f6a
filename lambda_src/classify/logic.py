"""One classify request, from its event to its response."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from contracts.logs.request_log import Item
from lambda_src.classify import log_items, request_body, response
from lambda_src.classify.backends.answer import SAGEMAKER, Backend, ModelAnswer, ModelAsleep, bad_answer
from lambda_src.classify.features import Features, Reading
from lambda_src.classify.live_tests import Assignment
from lambda_src.classify.log_writer import Written
from lambda_src.classify.request_body import ClassifyRequest
from lambda_src.classify.response import ALL, Listing, Prediction
from lambda_src.common.api import http
from lambda_src.common.api.auth import require_key
from lambda_src.common.api.http import Event, Response
from lambda_src.common.problems import Problem


class LogPort(Protocol):
    """Writes the request log (log_writer.LogWriter)."""

    def write(self, items: list[Item], *, labels: Sequence[Item] = ()) -> Written: ...


class TestsPort(Protocol):
    """Divides texts between two models while a live A/B test runs (live_tests.LiveTests)."""

    def assign(self, texts: tuple[str, ...], *, key_id: str) -> Assignment | None: ...


class SplitPort(Protocol):
    """Asks both models (backends.split.Split)."""

    def classify(
        self, texts: tuple[str, ...], assignment: Assignment, *, champion: Backend, caller: str
    ) -> ModelAnswer: ...


@dataclass
class Outcome:
    """The outcome of a request, for its metrics. bad_answer: the endpoint's answer was not usable. asleep:
    the model sleeps, whether or not Bedrock answered. assignment: what a
    live A/B test chose; variants: which variant then answered each text; challenger_ms: how long the challenger took.
    reading: what became of the read of features.
    """

    texts: int = 0
    listing: Listing = ALL
    model_latency_ms: float | None = None
    results: list[Prediction] = field(default_factory=list)
    backend: str = ""
    failed: bool = False
    bad_answer: bool = False
    asleep: bool = False
    written: Written = field(default_factory=Written)
    assignment: Assignment | None = None
    variants: tuple[str, ...] = ()
    challenger_ms: float | None = None
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """Answers requests; `milliseconds` is a monotonic clock.

    backend_of: the backend for a caller, by the id of the caller's key. listing: for requests that do not say.
    tests: None where no live A/B test can start; split: makes what answers during one. features: None where there is no
    feature store.
    """

    backend_of: Callable[[str], Backend]
    log: LogPort
    keep_days: int
    shards: int
    keep_text: str = "store"
    audit_share: float = 0.0
    listing: Listing = ALL
    tests: TestsPort | None = None
    split: Callable[[], SplitPort] | None = None
    features: Features | None = None
    logger: Any
    milliseconds: Callable[[], float] = lambda: time.perf_counter() * 1000

    def answer(self, event: Event, outcome: Outcome) -> Response:
        """The response to an HTTP API event; fills `outcome`. Raises Problem, after logging a request that failed."""
        started = self.milliseconds()
        received = datetime.now(UTC)
        key_id = require_key(event, scope="classify")
        request = request_body.parse(event)
        outcome.texts, outcome.listing = len(request.texts), request.listing.or_else(self.listing)
        status, variant, cached = 200, "", None
        pending = self.features and self.features.start(request.texts, caller=key_id, publisher=request.publisher)
        try:
            answer = self._ask(request, outcome, caller=key_id)
            variant, cached, outcome.backend = answer.variant, answer.cached, answer.backend
            outcome.results = self._check(answer, count=len(request.texts))
            outcome.variants, outcome.challenger_ms = answer.variants, answer.challenger_ms
            outcome.asleep = answer.asleep
        except Problem as problem:
            outcome.asleep = isinstance(problem, ModelAsleep)
            status, outcome.failed = problem.status, problem.status != 422 and not outcome.asleep
            # The endpoint raises before `backend` is set; the fallback's answers say nothing about a rollout.
            outcome.bad_answer = problem.slug == "bad-model-answer" and outcome.backend in ("", SAGEMAKER)
            raise
        except Exception:
            status, outcome.failed = 500, True
            raise
        finally:
            latency_ms = round(self.milliseconds() - started, 1)
            known = self.features.take(pending, outcome.reading) if self.features and pending else None
            if status != 422:  # a refused text is not kept, like any other invalid input
                facts = log_items.RequestFacts(
                    request_id=http.request_id(event),
                    key_id=key_id,
                    received=received,
                    latency_ms=latency_ms,
                    status=status,
                    variant=variant,
                    backend=outcome.backend,
                    keep_days=self.keep_days,
                    shards=self.shards,
                    keep_text=self.keep_text,
                    threshold=outcome.listing.threshold,
                    audit_share=self.audit_share,
                    variants=outcome.variants,
                    assignment=outcome.assignment,
                    publisher=request.publisher,
                    features=known or (),
                )
                items = log_items.build(facts, texts=request.texts, results=outcome.results or None)
                labels = log_items.labels_items(outcome.results, expires_at=items[0]["expires_at"])
                outcome.written = self.log.write([*items, *log_items.sample_items(items)], labels=labels)
        return self._respond(event, request, outcome, latency_ms=latency_ms, cached=cached)

    def _ask(self, request: ClassifyRequest, outcome: Outcome, *, caller: str) -> ModelAnswer:
        started = self.milliseconds()
        answer = None
        try:
            answer = self._answer_of_a_model(request.texts, outcome, caller=caller)
            return answer
        finally:
            if answer is None or not answer.cached:  # an answer from the cache says nothing about the model's latency
                outcome.model_latency_ms = round(self.milliseconds() - started, 1)

    def _answer_of_a_model(self, texts: tuple[str, ...], outcome: Outcome, *, caller: str) -> ModelAnswer:
        champion = self.backend_of(caller)
        if self.tests is not None:
            outcome.assignment = self.tests.assign(texts, key_id=caller)
        if outcome.assignment is None or self.split is None:
            return champion.classify(texts)
        return self.split().classify(texts, outcome.assignment, champion=champion, caller=caller)

    def _check(self, answer: ModelAnswer, *, count: int) -> list[Prediction]:
        try:
            # A foundation model only chooses a label: it has no probabilities to report.
            trained = answer.backend == SAGEMAKER
            return response.predictions(answer.document, count=count, with_probabilities=trained)
        except response.BadAnswerError as error:
            reason, variant, backend = str(error), answer.variant, answer.backend
            self.logger.error("the model's answer is not usable", reason=reason, variant=variant, backend=backend)
            raise bad_answer() from error

    def _respond(
        self, event: Event, request: ClassifyRequest, outcome: Outcome, *, latency_ms: float, cached: bool | None
    ) -> Response:
        results, backend, own_id = outcome.results, outcome.backend, http.request_id(event)
        document = response.answer_document(
            results,
            single=request.single,
            backend=backend,
            request_id=own_id,
            latency_ms=latency_ms,
            of=outcome.listing,
            variants=outcome.variants,
        )
        headers = {"x-model-version": results[0].model_version, "x-backend": backend}
        if outcome.variants:
            headers["x-variant"] = ", ".join(sorted(set(outcome.variants)))
        if cached is not None:
            headers["x-cache"] = "hit" if cached else "miss"
        return http.json_response(event, status=200, document=document, headers=headers)
