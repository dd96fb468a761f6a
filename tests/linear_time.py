"""Checks that work takes time in proportion to its input, by the ratio of two sizes, on fast and slow machines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

TIMES = 4
# Between linear work (4 times as long) and quadratic work (16 times).
MOST = 8.0
_RUNS = 3
_ROUNDS = 4


def ratio(make: Callable[[int], T], work: Callable[[T], object], *, size: int) -> float:
    """How much longer `work` takes on an input TIMES as large as `size`: the best of several rounds.

    Other work on the machine only adds time, so the fastest of several runs measures the work itself.
    """
    few, many = make(size), make(size * TIMES)
    found = float("inf")
    for _ in range(_ROUNDS):
        found = min(found, _seconds(work, many) / max(_seconds(work, few), 1e-6))
        if found <= MOST:
            break
    return found


def assert_linear(make: Callable[[int], T], work: Callable[[T], object], *, size: int, what: str = "") -> None:
    """Fails where four times the input takes more than eight times as long."""
    assert ratio(make, work, size=size) <= MOST, what


def _seconds(work: Callable[[T], object], argument: T) -> float:
    return min(_once(work, argument) for _ in range(_RUNS))


def _once(work: Callable[[T], object], argument: T) -> float:
    started = time.thread_time()
    work(argument)
    return time.thread_time() - started
