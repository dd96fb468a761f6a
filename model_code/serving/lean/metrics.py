"""The server's counters, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from model_code.serving.lean.access_log import Entry
from model_code.serving.lean.batching import Run

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """One server's counters; ``waiting`` gives the number of texts accepted and not answered yet."""

    def __init__(self, waiting: Callable[[], float]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self._registry = CollectorRegistry()
        self._requests = Counter("rubric_requests", "Requests answered.", ["path", "status"], registry=registry)
        self._request_seconds = Histogram(
            "rubric_request_seconds", "Time to the answer of an invocation.", buckets=_SECONDS, registry=registry
        )
        self._wait_seconds = Histogram(
            "rubric_wait_seconds", "Time until the model began an invocation.", buckets=_SECONDS, registry=registry
        )
        self._texts = Counter("rubric_texts", "Texts classified.", registry=registry)
        self._tokens = Counter("rubric_tokens", "Word pieces classified.", registry=registry)
        self._run_texts = Histogram(
            "rubric_run_texts", "Texts in a run of the model.", buckets=_TEXTS, registry=registry
        )
        self._run_seconds = Histogram(
            "rubric_run_seconds", "Time of a run of the model.", buckets=_SECONDS, registry=registry
        )
        Gauge("rubric_waiting_texts", "Texts accepted, not answered yet.", registry=registry).set_function(waiting)
        self._model = Gauge(
            "rubric_model", "1 for the model that is loaded.", ["model_version", "engine"], registry=registry
        )
        ProcessCollector(registry=registry)

    def loaded(self, *, model_version: str, engine: str) -> None:
        """Record the loaded model and its engine with the kernel."""
        self._model.labels(model_version, engine).set(1)

    def answered(self, entry: Entry, path: str) -> None:
        """Count a request; ``path``: one of a few values."""
        self._requests.labels(path, str(entry.status)).inc()
        if entry.batch:
            self._request_seconds.observe(entry.ms / 1000)
            self._wait_seconds.observe(entry.wait_ms / 1000)

    def ran(self, run: Run) -> None:
        """Count a run of the model."""
        self._texts.inc(run.texts)
        self._tokens.inc(run.tokens)
        self._run_texts.observe(run.texts)
        self._run_seconds.observe(run.seconds)

    def text(self) -> bytes:
        """All counters, as a scrape reads them."""
        return generate_latest(self._registry)
