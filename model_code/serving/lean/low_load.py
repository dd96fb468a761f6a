"""One text on an idle server: it runs on all cores if a measurement at start-up shows that this is faster."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable

from model_code.serving.classifier import Classifier

TEXT = "Shares rally as the central bank holds interest rates for now"
ROUNDS = 21
# At most this share of the time on one core: a second session takes the model's memory again, a run takes all cores.
WORTHWHILE = 0.85

log = logging.getLogger("rubric.serving")


def quickest(classifier: Classifier, *, threads: int) -> Classifier | None:
    """``classifier`` with ``threads`` for each run, if that takes at most ``WORTHWHILE`` of the time; else None."""
    if threads < 2:
        return None
    divided = classifier.with_threads(threads)
    if divided is None:
        return None
    encodings = classifier.encode([TEXT])
    one, several = _milliseconds(
        lambda: classifier.predict_encodings(encodings), lambda: divided.predict_encodings(encodings)
    )
    chosen = several <= WORTHWHILE * one
    log.info(
        "a text alone takes %.2f ms on one core and %.2f ms on %d: %s",
        *(one, several, threads),
        "it gets all of them" if chosen else "it gets one",
    )
    return divided if chosen else None


def _milliseconds(*ways: Callable[[], object]) -> list[float]:
    """The lower quartile of ``ROUNDS`` runs of each way, taken in turns so that other work on the machine meets all.

    Short bursts of other work delay a run on all cores more often than one on a single core; the quartile leaves them
    out, and keeps what is there in every round.
    """
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, taken in zip(ways, times, strict=True):
            began = time.perf_counter()
            way()
            taken.append((time.perf_counter() - began) * 1000)
    return [statistics.quantiles(taken, n=4)[0] for taken in times]
