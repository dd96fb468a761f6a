"""Requests drawn from a population. Texts are drawn with replacement, and each draw is a text of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from benchmarks.drift.population import PLAIN, Population

Array: TypeAlias = np.ndarray[Any, Any]
Chance: TypeAlias = np.random.Generator
# Of a block: positions in the population, shape (streams, requests, texts), -1 beyond a request's last text.
Block: TypeAlias = Array
Draw: TypeAlias = Callable[[Chance, int, int], Block]

MOST = 64  # texts of a request


@dataclass(frozen=True)
class Mixture:
    """Texts drawn with these weights, which are zero outside the population's part."""

    total: Array

    @classmethod
    def of(cls, weights: Array) -> Mixture:
        """Of weights of any sum."""
        return cls(np.cumsum(weights / weights.sum()))

    def draw(self, chance: Chance, shape: tuple[int, ...]) -> Array:
        """Positions of texts."""
        found = np.searchsorted(self.total, chance.random(shape), side="right")
        return np.asarray(np.minimum(found, np.searchsorted(self.total, self.total[-1])))


def classes(population: Population, share: float, *, of: int) -> Array:
    """Weights with which the class `of` is predicted for this share of the texts, the others in proportion."""
    plain = population.kind == PLAIN
    hit = plain & (population.predicted == of)
    other = plain & (population.predicted != of)
    return np.asarray(hit * (share / hit.sum()) + other * ((1 - share) / other.sum()))


def mixed(first: Array, second: Array, share: float) -> Array:
    """This share of the second weights, the rest of the first."""
    return np.asarray((1 - share) * first / first.sum() + share * second / second.sum())


def single(mixture: Mixture) -> Draw:
    """Requests of one text."""
    return lambda chance, streams, requests: mixture.draw(chance, (streams, requests, 1))


def various(mixture: Mixture) -> Draw:
    """Requests of 1 to MOST texts."""

    def draw(chance: Chance, streams: int, requests: int) -> Block:
        return _cut(mixture.draw(chance, (streams, requests, MOST)), chance)

    return draw


def topical(population: Population, weights: Array, *, share: float) -> Draw:
    """Requests of 1 to MOST texts; in this share of them, all texts have the true label of the first."""
    labels = range(len(population.labels))
    mixture = Mixture.of(weights)
    by_label = [Mixture.of(weights * (population.truth == label)) for label in labels]

    def draw(chance: Chance, streams: int, requests: int) -> Block:
        block = mixture.draw(chance, (streams, requests, MOST))
        topic = population.truth[block[:, :, 0]]
        same = chance.random((streams, requests)) < share
        for label in labels:
            here = same & (topic == label)
            block[here, 1:] = by_label[label].draw(chance, (int(here.sum()), MOST - 1))
        return _cut(block, chance)

    return draw


def in_a_row(population: Population, weights: Array) -> Draw:
    """Requests of 1 to MOST texts of whole stories, one after the other, in random order."""
    used = np.flatnonzero(weights > 0)
    numbers = population.story[used]
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    stories = np.split(used[order], starts[1:])
    left: dict[int, list[Array]] = {}

    def draw(chance: Chance, streams: int, requests: int) -> Block:
        block = np.full((streams, requests, MOST), -1)
        sizes = chance.integers(1, MOST + 1, size=(streams, requests))
        for stream in range(streams):
            told = left.setdefault(stream, [])
            have = sum(map(len, told))
            while have < sizes[stream].sum():
                told.append(stories[chance.integers(len(stories))])
                have += len(told[-1])
            texts = np.concatenate(told)
            ends = np.cumsum(sizes[stream])
            for request, part in enumerate(np.split(texts[: ends[-1]], ends[:-1])):
                block[stream, request, : len(part)] = part
            left[stream] = [texts[ends[-1] :]]
        return block

    return draw


def _cut(block: Block, chance: Chance) -> Block:
    sizes = chance.integers(1, MOST + 1, size=block.shape[:2])
    return np.where(np.arange(MOST) < sizes[:, :, None], block, -1)
