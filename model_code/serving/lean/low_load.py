"""Runs a single text on an idle server on all cores, if a measurement at start-up shows that this is faster."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable

from model_code.serving.classifier import Classifier

TEXT = "Shares rally as the central bank holds interest rates for now"
ROUNDS = 21
# Of the time on one core, at most: a second session doubles the model's memory, and a run occupies all cores.
MAX_TIME_SHARE = 0.85

log = logging.getLogger("rubric.serving")


def fastest(classifier: Classifier, *, threads: int) -> Classifier | None:
    """``classifier`` with ``threads`` for each run, if that takes at most ``MAX_TIME_SHARE`` of the time; else None."""
    if threads < 2:
        return None
    divided = classifier.with_threads(threads)
    if divided is None:
        return None
    encodings = classifier.encode([TEXT])
    one, several = _milliseconds(
        lambda: classifier.predict_encodings(encodings), lambda: divided.predict_encodings(encodings)
    )
    chosen = several <= MAX_TIME_SHARE * one
    log.info(
        "a single text takes %.2f ms on one core and %.2f ms on %d: %s",
        *(one, several, threads),
        "all are used" if chosen else "one is used",
    )
    return divided if chosen else None


def _milliseconds(*ways: Callable[[], object]) -> list[float]:
    """The lower quartile of ``ROUNDS`` runs of each way; they take turns, to share the effect of other work.

    Short bursts of other work delay a run on all cores more often than one on a single core; the quartile ignores them
    but keeps what affects every round.
    """
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, spent in zip(ways, times, strict=True):
            began = time.perf_counter()
            way()
            spent.append((time.perf_counter() - began) * 1000)
    return [statistics.quantiles(spent, n=4)[0] for spent in times]
