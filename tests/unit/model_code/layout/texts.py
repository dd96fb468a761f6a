"""Texts of given lengths, and the two layouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from model_code.serving.layout import runs
from model_code.serving.layout.packed import Packed
from model_code.serving.layout.padded import Padded

PAD = 9


@dataclass
class Text:
    """An encoding of so many word pieces, numbered from ``begin``."""

    length: int
    begin: int = 100
    ids: list[int] = field(init=False)
    type_ids: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = list(range(self.begin, self.begin + self.length))
        self.type_ids = [7] * self.length


def texts(lengths: Sequence[int]) -> list[Text]:
    return [Text(length, begin=100 * (number + 1)) for number, length in enumerate(lengths)]


def padded(*more: str) -> Padded:
    return Padded(Padded.REQUIRED | set(more), pad_id=PAD)


def cost(run: Sequence[int]) -> float:
    tokens = max(run) * len(run)
    return np.inf if tokens > runs.TOKENS_PER_RUN and len(run) > 1 else tokens + runs.RUN_TOKENS


def packing(*more: str) -> Packed:
    return Packed(Packed.REQUIRED | set(more), pad_id=PAD)
