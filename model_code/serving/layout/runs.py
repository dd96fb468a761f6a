"""The texts that a layout arranges, and the cost of a run of the model."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

TOKENS_PER_RUN = 768  # with more, a layer's widest activations (9 MB) no longer fit into the core's cache
RUN_TOKENS = 22  # a run's fixed cost, in word pieces (measured on DistilBERT-base's shape)
TYPES = "token_type_ids"  # an input only of graphs whose tokenizer can encode pairs

Array = np.ndarray[Any, Any]


class Text(Protocol):
    """A tokenized text (``tokenizers.Encoding``)."""

    @property
    def ids(self) -> list[int]:
        """Its word pieces."""

    @property
    def type_ids(self) -> list[int]:
        """For each word piece, which sentence of a pair it belongs to."""
