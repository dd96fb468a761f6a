"""What is laid out, and what a run of the model costs for itself."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

TOKENS_PER_RUN = 768  # beyond it a layer's widest activations, 9 MB, leave the core's cache: nothing is gained
RUN_TOKENS = 22  # word pieces that cost as much as a run costs for itself (measured on DistilBERT-base's shape)
TYPES = "token_type_ids"  # an input only of graphs whose tokenizer can make pairs

Array = np.ndarray[Any, Any]


class Text(Protocol):
    """A text as a tokenizer has cut it (``tokenizers.Encoding``)."""

    @property
    def ids(self) -> list[int]:
        """Its word pieces."""

    @property
    def type_ids(self) -> list[int]:
        """Of each of them, which sentence of a pair it belongs to."""
