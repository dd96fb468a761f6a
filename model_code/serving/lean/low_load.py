"""A text that comes while nothing else does: computed on all cores together, where that is measured to be quicker."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable

from model_code.serving.classifier import Classifier

TEXT = "Shares rally as the central bank holds interest rates for now"
ROUNDS = 21
# A second session costs the model's memory again, and all cores at once: it has to be worth it.
WORTH = 0.85

log = logging.getLogger("rubric.serving")


def quickest(classifier: Classifier, *, threads: int) -> Classifier | None:
    """A sibling of ``classifier`` that needs, with ``threads``, at most ``WORTH`` of its time for a text; or None."""
    if threads < 2:
        return None
    shared = classifier.shared_out(threads)
    if shared is None:
        return None
    encodings = classifier.encode([TEXT])
    one, several = _milliseconds(
        lambda: classifier.predict_encodings(encodings), lambda: shared.predict_encodings(encodings)
    )
    chosen = several <= WORTH * one
    log.info(
        "a text alone takes %.2f ms on one core and %.2f ms on %d: %s",
        *(one, several, threads),
        "it gets all of them" if chosen else "it gets one",
    )
    return shared if chosen else None


def _milliseconds(*ways: Callable[[], object]) -> list[float]:
    """Each way's lower quartile of ``ROUNDS``, in turns, so that other work on the machine meets all of them.

    Something short that comes between holds up a run on all cores more often; what is always there is in every round.
    """
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, taken in zip(ways, times, strict=True):
            began = time.perf_counter()
            way()
            taken.append((time.perf_counter() - began) * 1000)
    return [statistics.quantiles(taken, n=4)[0] for taken in times]
