"""The choice of the engine for an artifact on this machine."""

from __future__ import annotations

import ctypes

from contracts.models.artifact import Artifact
from model_code.serving.engines.interface import Engine
from model_code.serving.engines.linear import BlendEngine, LinearEngine
from model_code.serving.engines.native.engine import NativeEngine


def load(
    artifact: Artifact,
    *,
    linear: LinearEngine | None,
    pad_id: int,
    threads: int,
    native: bool = True,
    kernels: ctypes.CDLL | None = None,
) -> Engine:
    """The artifact's encoder by our own kernels if ``native``, the processor and the artifact allow them, else by ONNX
    Runtime; together with its ``linear`` model, if it has one, or that alone.

    ``pad_id``: the word piece for padding. ``threads``: of each run by ONNX Runtime; our kernels use one.
    ``kernels``: the library to use instead of the fastest for this processor. Raises what the engine raises for a
    broken file.
    """
    if not artifact.has_encoder and linear is not None:
        return linear
    encoder = _encoder(artifact, pad_id=pad_id, threads=threads, native=native, kernels=kernels)
    return encoder if linear is None else BlendEngine(encoder, linear)


def _encoder(artifact: Artifact, *, pad_id: int, threads: int, native: bool, kernels: ctypes.CDLL | None) -> Engine:
    if native and artifact.encoder_path:
        native_engine = NativeEngine.load(artifact.encoder_path, kernels=kernels)
        if native_engine is not None:
            return native_engine
    # Imported only when needed: the library takes 40 MB of memory.
    from model_code.serving.engines.onnx.engine import OnnxEngine

    return OnnxEngine(artifact.model_path, threads=threads, pad_id=pad_id)
