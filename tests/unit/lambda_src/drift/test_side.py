"""One side's evidence: its expectation under the null hypothesis, computed exactly, and how tight its bound is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from lambda_src.drift.statistics import side as sides
from lambda_src.drift.statistics import starts
from lambda_src.drift.statistics.side import Cells, Side

SIZE, LENGTH, TOLERANCE = 5, 7, 0.05
_NEEDED = math.log(20)
Path = tuple[float, ...]


def _evidence(hits: int, path: Path, *, size: int = SIZE, tolerance: float = TOLERANCE) -> Iterator[float]:
    """The evidence after each request, each a block of its own."""
    cells = Cells.of(hits, size, tolerance=tolerance, needed=_NEEDED)
    if cells is None:
        yield from (0.0 for _ in path)
        return
    side = Side(cells)
    for number, share in enumerate(path):
        side.bet({share: 1}, weight=starts.weight(number))
        yield math.exp(side.evidence(bet=starts.bet_before(number + 1)))


def _stopped(values: Iterator[float]) -> float:
    """Where it first reaches 2, as one who looks all the time would take it; else where it ends."""
    last = 0.0
    for last in values:
        if last >= 2:
            break
    return last


@pytest.fixture(scope="module")
def stopped() -> dict[tuple[int, Path], float]:
    paths = list(product((0.0, 1.0), repeat=LENGTH))
    return {(hits, path): _stopped(_evidence(hits, path)) for hits in range(SIZE + 1) for path in paths}


def _expectation(values: dict[tuple[int, Path], float], p: float, q: Callable[[Path], float]) -> float:
    """Under p for the reference, and q of what came before for each request."""
    total = 0.0
    for (hits, path), value in values.items():
        chance = math.comb(SIZE, hits) * p**hits * (1 - p) ** (SIZE - hits)
        for number, share in enumerate(path):
            now = q(path[:number])
            chance *= now if share else 1 - now
        total += chance * value
    return total


@pytest.mark.parametrize("p", [0.0, 0.02, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.94])
def test_no_one_gains_in_expectation(stopped: dict[tuple[int, Path], float], p: float) -> None:
    highest = p + TOLERANCE
    assert _expectation(stopped, p, lambda _: highest) <= 1
    assert _expectation(stopped, p, lambda _: p) <= 1
    # The share moves within the tolerance, by what came before.
    assert _expectation(stopped, p, lambda path: highest if sum(path) % 2 else max(p - TOLERANCE, 0.0)) <= 1


@pytest.mark.parametrize(("hits", "size", "live"), [(10, 40, 0.5), (375, 1500, 0.4), (0, 300, 0.1), (240, 300, 0.95)])
def test_the_bound_is_near_the_infimum(hits: int, size: int, live: float) -> None:
    cells = Cells.of(hits, size, tolerance=0.02, needed=math.log(1e5))
    assert cells
    side, blocks = Side(cells), []
    for number in range(14):
        many = round(16 * live * (number + 1)) - round(16 * live * number)
        blocks.append({1.0: many, 0.0: 15 - many, 0.5: 1} if many < 16 else {1.0: 16})
        side.bet(blocks[-1], weight=starts.weight(number))
        bound = side.evidence(bet=starts.bet_before(number + 1))
        infimum = min(_exactly(cells, blocks, p) for p in _grid(cells))
        assert bound <= infimum + 1e-9
        # Tangents at the ends of a cell of one standard error lose the second derivative / 8 at most.
        assert infimum - bound < 0.3 + (1 + 16 * (number + 1) / size) / 8 or bound > math.log(1e5)
    assert bound > 2 or live < 0.2


def _grid(cells: Cells) -> list[float]:
    steps = 80
    inner = [cells.p[0] + (cells.p[-1] - cells.p[0]) * at / steps for at in range(steps)]
    return [*(cells.p[0] * at / steps for at in range(1, steps)), *(each for each in inner if each > 0)]


def _exactly(cells: Cells, blocks: list[dict[float, int]], p: float) -> float:
    """log R(p) S(p), as the docstring of `side` has them, start by start."""
    reference = sides._Reference(cells.hits, cells.size)
    cell = int(math.asin(math.sqrt(p)) / reference.step)
    q = p + cells.q[0] - cells.p[0]
    border = min((each for each in cells.q if each >= q), default=math.inf)
    worth = 1 - starts.bet_before(len(blocks))
    for t in cells.alternatives:
        running = 0.0
        for number, shares in enumerate(blocks):
            running += starts.weight(number)
            if t >= border:
                for share, count in shares.items():
                    running *= ((1 - share) * (1 - t) / (1 - q) + share * t / q) ** count
        worth += running / len(cells.alternatives)
    return reference.tangent(cell, p)[0] + math.log(worth)


def test_an_event_that_cannot_exceed_the_reference_has_no_side() -> None:
    assert Cells.of(99, 100, tolerance=0.02, needed=_NEEDED) is None
    assert Cells.of(0, 0, tolerance=0.02, needed=_NEEDED) is None


def test_requests_add_up_in_any_grouping() -> None:
    cells = Cells.of(30, 100, tolerance=0.02, needed=_NEEDED)
    assert cells
    side, other = Side(cells), Side(cells)
    side.bet({0.25: 1, 0.5: 2, 1.0: 1}, weight=0.5)
    other.bet({0.5: 2, 1.0: 1, 0.25: 1}, weight=0.5)
    assert list(side.logs) == pytest.approx(list(other.logs))
    tangents: Any = [cells.left, cells.right]
    assert all(math.isfinite(value) for ends in tangents for pair in ends for value in pair)
