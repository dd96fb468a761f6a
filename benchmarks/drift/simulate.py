"""Streams of requests through the evidence, many at once, each with a reference drawn anew."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from benchmarks.drift.population import Population
from benchmarks.drift.traffic import Draw, Mixture
from benchmarks.drift.vectorised import Many
from contracts.models import baseline
from lambda_src.drift.statistics.monitor import ALPHA, TOLERANCE
from lambda_src.drift.statistics.side import Side
from lambda_src.drift.statistics.stream import Stream

Array: TypeAlias = np.ndarray[Any, Any]
AT_ONCE = 25  # streams


@dataclass(frozen=True)
class Alarms:
    """Of each stream, the requests and texts up to the first alarm of any measure; infinity if there is none."""

    requests: Array
    texts: Array

    def share(self) -> float:
        """Of the streams with an alarm."""
        return float(np.isfinite(self.requests).mean())


def run(
    population: Population,
    undrifted: Array,
    draws: Callable[[], list[tuple[int, Draw]]],
    *,
    reference: int,
    streams: int,
    texts: int,
    seed: int,
    stop: bool = True,
) -> Alarms:
    """Traffic in phases: (requests, how they are drawn), the last one until `texts` texts were seen.

    undrifted: weights of the reference's texts. stop: when every stream has had an alarm.
    """
    chance = np.random.default_rng(seed)
    found = [
        _some(population, undrifted, draws(), chance, reference, min(AT_ONCE, streams - done), texts, stop=stop)
        for done in range(0, streams, AT_ONCE)
    ]
    return Alarms(np.concatenate([each.requests for each in found]), np.concatenate([each.texts for each in found]))


def _some(
    population: Population,
    undrifted: Array,
    phases: list[tuple[int, Draw]],
    chance: np.random.Generator,
    reference: int,
    streams: int,
    texts: int,
    *,
    stop: bool,
) -> Alarms:
    drawn = Mixture.of(undrifted).draw(chance, (streams, reference))
    many = {name: _many(population, name, drawn) for name in baseline.STREAMS}
    block = next(iter(many.values())).block
    seen = np.zeros(streams, dtype=np.int64)
    requests, at = np.full(streams, np.inf), np.full(streams, np.inf)
    blocks = 0
    while seen.min() < texts:
        position, (_, draw) = blocks * block, phases[-1]
        for length, phase in phases[:-1]:
            if position < length:
                draw = phase
                break
            position -= length
        places = draw(chance, streams, block)
        seen += (places >= 0).sum(axis=(1, 2))
        blocks += 1
        for name, each in many.items():
            each.bet(_shares(population, name, places))
            new = (each.alarms == blocks - 1) & np.isinf(requests)
            requests[new], at[new] = blocks * block, seen[new]
        if stop and np.isfinite(requests).all():
            break
    return Alarms(requests, at)


class _Tables(Stream):
    """A stream of which only the tables are used: those of equal counts are made once."""

    @staticmethod
    @cache
    def _side(hits: int, size: int, *, tolerance: float, needed: float) -> Side | None:
        return Stream._side(hits, size, tolerance=tolerance, needed=needed)


def _many(population: Population, name: str, drawn: Array) -> Many:
    size = population.sizes[name]
    counts = [np.bincount(each, minlength=size).tolist() for each in population.bins[name][drawn]]
    ordered = name != baseline.PREDICTED_LABEL
    threshold = math.log(len(baseline.STREAMS) / ALPHA)
    return Many([_Tables(each, ordered=ordered, tolerance=TOLERANCE, threshold=threshold) for each in counts])


def _shares(population: Population, name: str, places: Array) -> Array:
    """Of the texts with each event, shape (streams, events, requests)."""
    bins = np.where(places >= 0, population.bins[name][places], -1)
    size, texts = population.sizes[name], (places >= 0).sum(axis=2)
    if name == baseline.PREDICTED_LABEL:
        hits = [(bins == number).sum(axis=2) for number in range(size)]
    else:
        hits = [(bins >= number).sum(axis=2) for number in range(1, size)]
    return np.asarray(np.stack(hits, axis=1) / texts[:, None, :])
