"""The structures of ``kernels/encoder.h``, filled from an encoder's weights."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from model_code.serving.engines.native import weights

_Pointer, _Whole = ctypes.c_void_p, ctypes.c_int32


class Linear(ctypes.Structure):
    """``Linear``."""

    _fields_ = (
        ("weights", _Pointer),
        ("scales", _Pointer),
        ("bias", _Pointer),
        ("inners", _Whole),
        ("outputs", _Whole),
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
        ("width", _Whole),
        ("heads", _Whole),
        ("layers", _Whole),
        ("labels", _Whole),
        ("activation", _Whole),
        ("epsilon", ctypes.c_float),
        ("words", _Pointer),
        ("word_scales", _Pointer),
        ("places", _Pointer),
        ("embedding", Norm),
        ("layer", ctypes.POINTER(Layer)),
        ("head", Linear),
        ("classes", _Pointer),
        ("class_bias", _Pointer),
    )


def model(given: weights.Weights) -> Model:
    """The structure for ``given``, whose arrays it points to: they must live for as long as it is used."""
    layers = (Layer * len(given.layers))(*(_layer(each) for each in given.layers))
    return Model(
        width=given.words.shape[1],
        heads=given.heads,
        layers=len(given.layers),
        labels=len(given.class_bias),
        activation=weights.ACTIVATIONS.index(given.activation),
        epsilon=given.epsilon,
        words=given.words.ctypes.data,
        word_scales=given.word_scales.ctypes.data,
        places=given.places.ctypes.data,
        embedding=_norm(given.embedding),
        layer=layers,
        head=_linear(given.head),
        classes=given.classes.ctypes.data,
        class_bias=given.class_bias.ctypes.data,
    )


def _linear(given: weights.Linear) -> Linear:
    outputs, inners = given.weights.shape
    arrays = (given.weights.ctypes.data, given.scales.ctypes.data, given.bias.ctypes.data)
    return Linear(*arrays, inners, outputs)


def _norm(given: np.ndarray[Any, Any]) -> Norm:
    return Norm(given[0].ctypes.data, given[1].ctypes.data)


def _layer(given: weights.Layer) -> Layer:
    linears = (given.attention_in, given.attention_out, given.up, given.down)
    return Layer(*map(_linear, linears), _norm(given.after_attention), _norm(given.after_feed_forward))
