"""The promise as it is used: tiny references drawn anew, requests of dependent texts, looks after every block."""

from __future__ import annotations

import math
import random

import pytest

from lambda_src.drift.statistics.side import Side
from lambda_src.drift.statistics.stream import Stream

ALPHA, TOLERANCE = 0.05, 0.02
RUNS, REQUESTS = 100, 320
SHARES = (0.4, 0.3, 0.2, 0.1)


def _alarms(*, size: int, ordered: bool, seed: int, enough: int = RUNS) -> int:
    """False alarms among RUNS streams that are as far from the reference as the tolerance lets them be."""
    chance = random.Random(seed)
    live = (SHARES[0] + TOLERANCE, SHARES[1], SHARES[2], SHARES[3] - TOLERANCE)
    alarms = 0
    for _ in range(RUNS):
        drawn = chance.choices(range(4), SHARES, k=size)
        counts = [drawn.count(number) for number in range(4)]
        stream = Stream(counts, ordered=ordered, tolerance=TOLERANCE, threshold=math.log(1 / ALPHA))
        for request in range(REQUESTS):
            texts = chance.randint(1, 6)
            topic = chance.choices(range(4), live)[0]
            together = chance.random() < 0.7
            bins = [topic] * texts if together else chance.choices(range(4), live, k=texts)
            stream.add(bins, request=request)
            if stream.alarm is not None:
                alarms += 1
                break
        if alarms == enough:
            break
    return alarms


# With alpha 0.05, more than 13 of 100 happen by chance once in a thousand times.
MOST = 13


@pytest.mark.parametrize(("size", "ordered"), [(15, False), (150, False), (150, True)])
def test_false_alarms_are_within_alpha(size: int, ordered: bool) -> None:
    assert _alarms(size=size, ordered=ordered, seed=size) <= MOST


def test_a_reference_taken_as_exact_breaks_the_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_the_share_alone(side: Side, *, bet: float) -> float:
        return side._stream(bet)[0][0]

    monkeypatch.setattr(Side, "evidence", at_the_share_alone)
    monkeypatch.setattr(Side, "limit", lambda side: math.inf)
    alarms = _alarms(size=150, ordered=False, seed=150, enough=MOST + 1)
    assert alarms > MOST


def test_texts_of_a_request_taken_one_by_one_break_the_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Stream.add

    def one_by_one(stream: Stream, bins: list[int], *, request: int) -> None:
        for each in bins:
            add(stream, [each], request=request)

    monkeypatch.setattr(Stream, "add", one_by_one)
    alarms = _alarms(size=150, ordered=False, seed=150, enough=MOST + 1)
    assert alarms > MOST
