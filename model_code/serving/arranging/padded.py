"""A row for each text, as long as the longest: what every graph can take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from model_code.serving.arranging import runs


class Padded:
    """Texts side by side, the shorter ones filled up with padding, which is computed too."""

    REQUIRED: ClassVar = frozenset({"input_ids", "attention_mask"})

    def __init__(self, inputs: frozenset[str], *, pad_id: int) -> None:
        self._inputs = inputs
        self._pad_id = pad_id

    def divide(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions by run; texts of like length share one."""
        return runs.divide(lengths, cost=lambda texts, _, longest: texts * longest)

    def arrange(self, encodings: Sequence[runs.Text]) -> tuple[dict[str, np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
        """Inputs of shape (texts, longest), and the texts' positions in the answer: their own."""
        shape = (len(encodings), max(len(encoding.ids) for encoding in encodings))
        feeds = {
            "input_ids": np.full(shape, self._pad_id, dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, encoding in enumerate(encodings):
            length = len(encoding.ids)
            feeds["input_ids"][row, :length] = encoding.ids
            feeds["attention_mask"][row, :length] = 1
            feeds["token_type_ids"][row, :length] = encoding.type_ids
        return {name: feeds[name] for name in self._inputs}, np.arange(len(encodings))
