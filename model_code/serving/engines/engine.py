"""The interface of an engine, and the choice of the engine for an artifact on this machine."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from contracts.artifact import Artifact
from model_code.serving.engines.native.engine import NativeEngine
from model_code.serving.layout.runs import Text


class Engine(Protocol):
    """A loaded model. Safe to call from several threads."""

    name: ClassVar[str]  # in logs, metrics and reference answers

    def logits(self, texts: Sequence[Text]) -> np.ndarray[Any, Any]:
        """Shape (texts, labels), of at least one text."""

    def with_threads(self, threads: int) -> Engine | None:
        """The same model with each run divided among ``threads``; None if the engine cannot divide a run."""


def load(
    artifact: Artifact, *, pad_id: int, threads: int, native: bool = True, kernels: ctypes.CDLL | None = None
) -> Engine:
    """Our own kernels if ``native``, the processor and the artifact allow them, else ONNX Runtime.

    ``pad_id``: the word piece for padding. ``threads``: of each run by ONNX Runtime; our kernels use one.
    ``kernels``: the library to use instead of the one for AMX. Raises what the engine raises for a broken file.
    """
    if native and artifact.encoder_path:
        native_engine = NativeEngine.load(artifact.encoder_path, kernels=kernels)
        if native_engine is not None:
            return native_engine
    # Imported only when needed: the library takes 40 MB of memory.
    from model_code.serving.engines.onnx.engine import OnnxEngine

    return OnnxEngine(artifact.model_path, threads=threads, pad_id=pad_id)
