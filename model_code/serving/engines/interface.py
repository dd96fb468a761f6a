"""The interface of an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Engine(Protocol):
    """A loaded model. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """In logs and metrics, with the kernel that computes its products if there are several: ``int8-avx2``."""

    @property
    def form(self) -> str:
        """In reference answers and reports: the same for all kernels, whose answers differ by rounding alone."""

    def logits(self, texts: Sequence[Any]) -> np.ndarray[Any, Any]:
        """Shape (texts, labels), of at least one text."""

    def with_threads(self, threads: int) -> Engine | None:
        """The same model with each run divided among ``threads``; None if the engine cannot divide a run."""
