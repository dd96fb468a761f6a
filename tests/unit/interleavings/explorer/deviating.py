"""Repeats a run with one or two deviations each time; returns the failures, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from tests.unit.interleavings.explorer.bench import Bench


class Run(Protocol):
    """One run on a bench; `run` returns the errors."""

    bench: Bench

    def run(self) -> list[str]: ...


Make = Callable[[Mapping[int, str]], Run]


def once(make: Make, *events: str, every: int = 1, first: bool = False) -> tuple[list[str], int]:
    """Each `every`th run with a single deviation: the faults and the number of runs. first: stop at the first fault."""
    plain = make({})
    found, runs = plain.run(), 1
    for number, kind in list(plain.bench.possible(*events))[::every]:
        if first and found:
            break
        name, call = plain.bench.calls[number]
        found += [f"{kind} at {number} ({name}, {call.operation}): {fault}" for fault in make({number: kind}).run()]
        runs += 1
    return found, runs


def twice(make: Make, *, pairs_every: int, first: bool = False) -> tuple[list[str], int]:
    """Each run with one deviation, and each `pairs_every`th with two (0: none with two). Returns what `once` does."""
    found: list[str] = []
    runs = 0
    for deviations in _deviations(make, pairs_every):
        if first and found:
            break
        found += [f"{deviations}: {fault}" for fault in make(deviations).run()]
        runs += 1
    return found, runs


def _deviations(make: Make, pairs_every: int) -> Iterator[dict[int, str]]:
    yield {}
    plain, count = make({}), 0
    plain.run()
    for number, kind in list(plain.bench.possible()):
        yield {number: kind}
        if not pairs_every:
            continue
        one = make({number: kind})
        one.run()
        for later, another in list(one.bench.possible(since=number + 1)):
            count += 1
            if count % pairs_every == 0:
                yield {number: kind, later: another}
