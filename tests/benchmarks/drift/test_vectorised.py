"""The benchmark's evidence is that of the shipped code, for references of many sizes and requests of mixed texts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.drift.vectorised import Many
from lambda_src.drift.statistics.stream import Stream

SIZES = (15, 200, 1_500, 9_000)
BEFORE, AFTER = (0.3, 0.3, 0.2, 0.15, 0.05), (0.5, 0.2, 0.15, 0.1, 0.05)
BLOCKS = 36


def _streams(chance: np.random.Generator, *, ordered: bool) -> list[list[Stream]]:
    """Twice the same ones."""
    counts = [chance.multinomial(size, BEFORE).tolist() for size in SIZES]
    return [
        [Stream(each, ordered=ordered, tolerance=0.02, threshold=math.log(5000)) for each in counts] for _ in range(2)
    ]


@pytest.mark.parametrize("ordered", [False, True])
def test_both_have_the_same_evidence_and_alarms(ordered: bool) -> None:
    chance = np.random.default_rng(1)
    shipped, copies = _streams(chance, ordered=ordered)
    many, block = Many(copies), copies[0].block
    for number in range(BLOCKS):
        shares = np.zeros((len(SIZES), len(copies[0].hits), block))
        for place, stream in enumerate(shipped):
            for request in range(block):
                bins = chance.choice(5, size=chance.integers(1, 4), p=BEFORE if number < 8 else AFTER)
                stream.add(bins.tolist(), request=number * block + request + 1)
                counts = np.bincount(bins, minlength=5)
                hits = counts[::-1].cumsum()[::-1][1:] if ordered else counts
                shares[place, :, request] = hits / len(bins)
        many.bet(shares)
        assert many.evidence() == pytest.approx([stream.evidence() for stream in shipped], abs=1e-9)
    alarms = [-1 if stream.alarm is None else stream.alarm // block - 1 for stream in shipped]
    assert many.alarms.tolist() == alarms
    assert max(alarms) > 8
