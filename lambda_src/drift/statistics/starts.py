"""The weights of the times at which a shift may start, fixed beforehand.

Time is counted in blocks of requests. A twentieth is never bet, two fifths are bet from the first block on, and the
rest goes to stages of 1, 2, 4, 8 ... blocks: a stage's share falls slowly, and within it each block gets the same.
"""

from __future__ import annotations

RESERVE = 0.05
FIRST = 0.4
_STAGES = 1.0 - RESERVE - FIRST
_FLAT = 5  # the larger, the slower the stages' shares fall


def weight(block: int) -> float:
    """What is bet from block `block` on; the first is 0. All of them together are 1 - RESERVE."""
    return _in_stage(_stage(block)) + (FIRST if block == 0 else 0.0)


def bet_before(block: int) -> float:
    """The sum of the weights of all blocks before `block`."""
    if block == 0:
        return 0.0
    stage = _stage(block)
    over = _STAGES * (1.0 - _FLAT / (stage + _FLAT))
    return FIRST + over + (block + 1 - (1 << stage)) * _in_stage(stage)


def _stage(block: int) -> int:
    return (block + 1).bit_length() - 1


def _in_stage(stage: int) -> float:
    return _STAGES * _FLAT / ((stage + _FLAT) * (stage + _FLAT + 1)) / (1 << stage)
