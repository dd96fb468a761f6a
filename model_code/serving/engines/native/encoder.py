"""The compiled kernels as a class: texts in, logits out."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, chain
from typing import Any

import numpy as np

from model_code.serving.engines.native import structures
from model_code.serving.engines.native.weights import Layer, Linear, Weights, WeightsError

ALIGNED = 64
PIECES_PER_RUN = 512  # with more, activations no longer fit into the core's cache

Array = np.ndarray[Any, Any]


class _Workspace:
    """Aligned memory for runs of up to ``pieces`` word pieces."""

    def __init__(self, memory: Array, pieces: int) -> None:
        self._memory = memory
        self.pieces = pieces
        self.address = int(memory.ctypes.data) + -int(memory.ctypes.data) % ALIGNED


class NativeEncoder:
    """An encoder with its classification head. Safe to call from several threads; each has its own workspace."""

    def __init__(self, weights: Weights, library: ctypes.CDLL) -> None:
        """WeightsError when the kernels refuse the weights, or memory runs out."""
        weights.check()
        self._weights = _without_packed(weights)
        self._library = library
        self._labels = len(weights.class_bias)
        self._handle = library.encoder_new(ctypes.byref(structures.model(weights)))
        if not self._handle:
            raise WeightsError("the kernels do not support these weights, or there is not enough memory for them")
        # Not when the process ends: a thread may still be computing.
        weakref.finalize(self, library.encoder_free, self._handle).atexit = False
        self._local = threading.local()

    def logits(self, texts: Sequence[Sequence[int]]) -> Array:
        """float32 (texts, labels), from word pieces; ValueError for a text with none, too many or unknown ones."""
        logits = np.empty((len(texts), self._labels), dtype=np.float32)
        first = pieces = 0
        for text, ids in enumerate(texts):
            if text > first and pieces + len(ids) > PIECES_PER_RUN:
                self._run(texts[first:text], logits[first:text])
                first, pieces = text, 0
            pieces += len(ids)
        if len(texts) > first:
            self._run(texts[first:], logits[first:])
        return logits

    def _run(self, texts: Sequence[Sequence[int]], out: Array) -> None:
        lengths = [len(ids) for ids in texts]
        starts = np.array(list(accumulate(lengths, initial=0)), dtype=np.int32)
        ids = np.fromiter(chain.from_iterable(texts), dtype=np.int32, count=starts[-1])
        if min(lengths) < 1 or max(lengths) > len(self._weights.positions):
            raise ValueError(f"a text must have 1 to {len(self._weights.positions)} word pieces")
        if ids.min() < 0 or ids.max() >= len(self._weights.words):
            raise ValueError(f"a word piece is not among the model's {len(self._weights.words)}")
        workspace = self._workspace(int(starts[-1]))
        addresses = (ids.ctypes.data, starts.ctypes.data, len(texts), workspace, out.ctypes.data)
        self._library.encoder_run(self._handle, *addresses)

    def _workspace(self, pieces: int) -> int:
        """The address of this thread's workspace."""
        workspace: _Workspace | None = getattr(self._local, "workspace", None)
        if workspace is None or workspace.pieces < pieces:
            capacity = max(pieces, PIECES_PER_RUN)
            memory = np.empty(self._library.encoder_workspace(self._handle, capacity) + ALIGNED, dtype=np.uint8)
            self._local.workspace = workspace = _Workspace(memory, capacity)
        return workspace.address


def _without_packed(weights: Weights) -> Weights:
    """The weights without those of the linear layers, which the kernels have copied; they read the rest in place."""

    def emptied(linear: Linear) -> Linear:
        return replace(linear, weights=np.empty((0, 0), dtype=np.int8))

    def layer(original: Layer) -> Layer:
        return replace(
            original,
            attention_in=emptied(original.attention_in),
            attention_out=emptied(original.attention_out),
            up=emptied(original.up),
            down=emptied(original.down),
        )

    return replace(weights, layers=tuple(map(layer, weights.layers)), head=emptied(weights.head))
