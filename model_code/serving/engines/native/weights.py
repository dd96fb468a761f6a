"""An encoder's weights in int8, and the artifact's file that holds them (``encoder.npz``).

Training writes the file, the serving containers read it. A linear layer has a scale for each output, the word vectors
one for each word. ``Weights.check`` says which sizes are allowed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
ACTIVATIONS = ("relu", "tanh")  # of the layer before the classes, by its number in kernels/encoder.h
_IN_FILE = {"positions": "places"}  # the names that format 1 gives to fields of another name
INNERS, HEAD = 64, 16  # sizes must be multiples of these

Array = np.ndarray[Any, Any]


class WeightsError(Exception):
    """The file is not one of ours, or its parts do not fit together; the message says what is wrong."""


@dataclass(frozen=True)
class Linear:
    """``weights`` int8 (outputs, inners), ``scales`` and ``bias`` float32 (outputs)."""

    weights: Array
    scales: Array
    bias: Array

    @classmethod
    def quantised(cls, weights: Array, bias: Array) -> Linear:
        """From float weights (outputs, inners): the greatest absolute weight of each output becomes 127."""
        rounded, scales = quantised(weights)
        return cls(rounded, scales, np.ascontiguousarray(bias, dtype=np.float32))


@dataclass(frozen=True)
class Layer:
    """``attention_in`` has the outputs of queries, keys and values; norms are (2, width): gain and shift."""

    attention_in: Linear
    attention_out: Linear
    up: Linear
    down: Linear
    after_attention: Array
    after_feed_forward: Array


@dataclass(frozen=True)
class Weights:
    """A whole encoder with its classification head.

    ``words`` int8 (vocabulary, width), ``word_scales`` (vocabulary), ``positions`` (positions, width) with the token
    type's vector added, ``classes`` (labels, width), ``class_bias`` (labels); ``activation``: between head and classes.
    """

    heads: int
    activation: str
    epsilon: float
    words: Array
    word_scales: Array
    positions: Array
    embedding: Array
    layers: tuple[Layer, ...]
    head: Linear
    classes: Array
    class_bias: Array

    def check(self) -> None:
        """WeightsError for sizes, types or settings that the kernels do not support, or values that are not finite."""
        if type(self.heads) is not int or type(self.epsilon) is not float or not 0 < self.epsilon < math.inf:
            raise WeightsError("heads must be a whole number, and epsilon a finite number above 0")
        vocabulary, width = self.words.shape if self.words.ndim == 2 else (0, 0)
        labels = len(self.class_bias)
        wide = len(self.layers[0].up.bias) if self.layers else 0
        head_size = width // self.heads if self.heads > 0 else 0
        if not self.layers or not vocabulary or not labels or self.activation not in ACTIVATIONS:
            raise WeightsError("layers, words, labels or a known activation are missing")
        if head_size * self.heads != width or not head_size or head_size % HEAD:
            raise WeightsError(
                f"a width of {width} in {self.heads} heads: the width of a head must be a multiple of {HEAD}"
            )
        if width % INNERS or wide % INNERS:
            raise WeightsError(f"widths of {width} and {wide}: both must be multiples of {INNERS}")
        _expect("words", self.words, (vocabulary, width), np.int8)
        _expect("word_scales", self.word_scales, (vocabulary,))
        _expect(_IN_FILE["positions"], self.positions, (len(self.positions), width))
        _expect("embedding", self.embedding, (2, width))
        _expect("classes", self.classes, (labels, width))
        _expect("class_bias", self.class_bias, (labels,))
        _expect_linear("head", self.head, width, width)
        for number, layer in enumerate(self.layers):
            name = f"layers.{number}"
            _expect_linear(f"{name}.attention_in", layer.attention_in, 3 * width, width)
            _expect_linear(f"{name}.attention_out", layer.attention_out, width, width)
            _expect_linear(f"{name}.up", layer.up, wide, width)
            _expect_linear(f"{name}.down", layer.down, width, wide)
            _expect(f"{name}.after_attention", layer.after_attention, (2, width))
            _expect(f"{name}.after_feed_forward", layer.after_feed_forward, (2, width))


def quantised(rows: Array) -> tuple[Array, Array]:
    """Int8 rows and the scale of each."""
    scales = np.maximum(np.abs(rows).max(axis=1) / 127, 1e-20).astype(np.float32)
    return np.rint(rows / scales[:, None]).clip(-127, 127).astype(np.int8), scales


def save(weights: Weights, path: Path) -> None:
    """Write the file."""
    with path.open("wb") as file:
        np.savez(file, format=np.int32(FORMAT), layer_count=np.int32(len(weights.layers)), **_flat(weights))


def read(path: Path) -> Weights | None:
    """The file's weights, checked; None for a newer format. WeightsError for any broken file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if int(file["format"]) != FORMAT:
                return None
            layers = tuple(_part(Layer, file, f"layers.{number}.") for number in range(int(file["layer_count"])))
            weights: Weights = _part(Weights, file, "", layers=layers)
        weights.check()
    except WeightsError:
        raise
    # For a broken archive or header, zipfile and numpy raise nearly anything, from TokenError to MemoryError.
    except Exception as error:
        raise WeightsError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    return weights


def _flat(part: Any, prefix: str = "") -> dict[str, Any]:
    """Each array and setting by its path: ``layers.0.up.weights``."""
    if isinstance(part, tuple):
        named = {str(number): each for number, each in enumerate(part)}
    elif is_dataclass(part):
        named = {_IN_FILE.get(each.name, each.name): getattr(part, each.name) for each in fields(part)}
    else:
        return {prefix: part}
    return {
        name: value
        for key, each in named.items()
        for name, value in _flat(each, f"{prefix}.{key}" if prefix else key).items()
    }


def _part(kind: type[Any], file: Any, prefix: str, **ready: Any) -> Any:
    """A dataclass of this module from the file's entries whose names begin with ``prefix``."""
    known: dict[str, Any] = dict(ready)
    for each in fields(kind):
        name = prefix + _IN_FILE.get(each.name, each.name)
        if each.name in known:
            continue
        if each.type == "Linear":
            known[each.name] = _part(Linear, file, f"{name}.")
        elif each.type == "Array":
            known[each.name] = np.ascontiguousarray(file[name])
        else:
            known[each.name] = file[name].item()
    return kind(**known)


def _expect_linear(name: str, linear: Linear, outputs: int, inners: int) -> None:
    _expect(f"{name}.weights", linear.weights, (outputs, inners), np.int8)
    _expect(f"{name}.scales", linear.scales, (outputs,))
    _expect(f"{name}.bias", linear.bias, (outputs,))


def _expect(name: str, array: Array, shape: tuple[int, ...], kind: Any = np.float32) -> None:
    if array.shape != shape or array.dtype != kind or not array.flags.c_contiguous:
        raise WeightsError(f"{name} is {array.dtype} of {array.shape} but should be {np.dtype(kind)} of {shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise WeightsError(f"{name} has values that are not finite")
