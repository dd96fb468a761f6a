"""The engine of our own kernels, for machines that can run them and artifacts with weights for them."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from model_code.serving.engines.native import library, weights
from model_code.serving.engines.native.encoder import NativeEncoder
from model_code.serving.layout.runs import Text

log = logging.getLogger("rubric.serving")


class NativeEngine:
    """An encoder on its kernels. Safe to call from several threads."""

    # The name in artifacts and reports of the form that encoder.npz holds: AMX was its first kernel.
    form: ClassVar = "int8-amx"

    def __init__(self, encoder: NativeEncoder, *, kernel: str) -> None:
        self._encoder = encoder
        self.name = f"int8-{kernel}"

    @classmethod
    def load(cls, path: Path, *, kernels: ctypes.CDLL | None = None) -> NativeEngine | None:
        """The weights at ``path`` on ``kernels`` (None: the fastest for this processor); None if either is missing.

        WeightsError when the file is broken.
        """
        compiled = kernels or library.fast()
        if compiled is None:
            return None
        encoder_weights = weights.read(path)
        if encoder_weights is None:
            log.warning("%s has a newer format than this version can read; ONNX Runtime runs the model", path.name)
            return None
        return cls(NativeEncoder(encoder_weights, compiled), kernel=library.kernel(compiled))

    def with_threads(self, threads: int) -> None:
        """None: a run of the kernels uses one core."""

    def logits(self, texts: Sequence[Text]) -> np.ndarray[Any, Any]:
        """Shape (texts, labels), of at least one text; no row depends on the other texts."""
        return self._encoder.logits([text.ids for text in texts])
