"""What a layout arranges, and what a run of the model costs."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

TOKENS_PER_RUN = 768  # with more, a layer's widest activations (9 MB) leave the core's cache, which gains nothing
RUN_TOKENS = 22  # a run's fixed cost, in word pieces (measured on DistilBERT-base's shape)
TYPES = "token_type_ids"  # an input of those graphs alone whose tokenizer can make pairs

Array = np.ndarray[Any, Any]


class Text(Protocol):
    """A tokenized text (``tokenizers.Encoding``)."""

    @property
    def ids(self) -> list[int]:
        """Its word pieces."""

    @property
    def type_ids(self) -> list[int]:
        """For each word piece, which sentence of a pair it belongs to."""
