"""The structures of ``kernels/encoder.h``, filled from an encoder's weights."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from model_code.serving.engines.native import weights

_Pointer, _Int = ctypes.c_void_p, ctypes.c_int32


class Linear(ctypes.Structure):
    """``Linear``."""

    _fields_ = (
        ("weights", _Pointer),
        ("scales", _Pointer),
        ("bias", _Pointer),
        ("inners", _Int),
        ("outputs", _Int),
    )


class Norm(ctypes.Structure):
    """``Norm``."""

    _fields_ = (("gain", _Pointer), ("shift", _Pointer))


class Layer(ctypes.Structure):
    """``Layer``."""

    _fields_ = (
        ("attention_in", Linear),
        ("attention_out", Linear),
        ("up", Linear),
        ("down", Linear),
        ("after_attention", Norm),
        ("after_feed_forward", Norm),
    )


class Model(ctypes.Structure):
    """``Model``."""

    _fields_ = (
        ("width", _Int),
        ("heads", _Int),
        ("layers", _Int),
        ("labels", _Int),
        ("activation", _Int),
        ("epsilon", ctypes.c_float),
        ("words", _Pointer),
        ("word_scales", _Pointer),
        ("positions", _Pointer),
        ("embedding", Norm),
        ("layer", ctypes.POINTER(Layer)),
        ("head", Linear),
        ("classes", _Pointer),
        ("class_bias", _Pointer),
    )


def model(source: weights.Weights) -> Model:
    """The structure for ``source``, whose arrays it points to: they must outlive it."""
    layers = (Layer * len(source.layers))(*(_layer(each) for each in source.layers))
    return Model(
        width=source.words.shape[1],
        heads=source.heads,
        layers=len(source.layers),
        labels=len(source.class_bias),
        activation=weights.ACTIVATIONS.index(source.activation),
        epsilon=source.epsilon,
        words=source.words.ctypes.data,
        word_scales=source.word_scales.ctypes.data,
        positions=source.positions.ctypes.data,
        embedding=_norm(source.embedding),
        layer=layers,
        head=_linear(source.head),
        classes=source.classes.ctypes.data,
        class_bias=source.class_bias.ctypes.data,
    )


def _linear(source: weights.Linear) -> Linear:
    outputs, inners = source.weights.shape
    arrays = (source.weights.ctypes.data, source.scales.ctypes.data, source.bias.ctypes.data)
    return Linear(*arrays, inners, outputs)


def _norm(source: np.ndarray[Any, Any]) -> Norm:
    return Norm(source[0].ctypes.data, source[1].ctypes.data)


def _layer(source: weights.Layer) -> Layer:
    linears = (source.attention_in, source.attention_out, source.up, source.down)
    return Layer(*map(_linear, linears), _norm(source.after_attention), _norm(source.after_feed_forward))
