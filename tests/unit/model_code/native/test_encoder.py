"""The encoder on our own kernels: compared with torch, and each text gets its own answer."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import (
    PreTrainedModel,
)

from model_code.serving.engines.native import library
from model_code.serving.engines.native.encoder import PIECES_PER_RUN, NativeEncoder
from model_code.serving.engines.native.weights import Weights
from model_code.training.exporting import encoder_weights
from model_code.training.fitting.encoder import Encoder
from tests.unit.model_code.native.encoders import LENGTHS, TEMPERATURE, VOCABULARY, model_of, texts, weights_of


def by_torch(model: PreTrainedModel) -> np.ndarray:
    with torch.inference_mode():
        rows = [model(input_ids=torch.tensor([ids])).logits.numpy() for ids in texts()]
    return np.concatenate(rows) / TEMPERATURE


@pytest.mark.parametrize("kind", ["distilbert", "bert", "roberta"])
def test_every_kind_answers_like_torch(kind: str, kernels: ctypes.CDLL) -> None:
    model = model_of(kind)
    wanted = by_torch(model)
    computed = NativeEncoder(weights_of(model), kernels).logits(texts())
    spread = wanted.std(axis=0).min()
    assert spread > 0.05
    assert np.abs(computed - wanted).max() < 0.3 * spread


class WithPlainSums:
    """A library whose runs compute the products without the processor's own."""

    def __init__(self, kernels: ctypes.CDLL) -> None:
        self._kernels = kernels
        self.encoder_run = kernels.encoder_run_plain

    def __getattr__(self, name: str) -> object:
        return getattr(self._kernels, name)


@pytest.mark.parametrize("kind", ["distilbert", "roberta"])
def test_its_products_are_exact(kind: str, kernels: ctypes.CDLL) -> None:
    encoder = NativeEncoder(weights_of(model_of(kind)), kernels)
    computed = encoder.logits(texts())
    encoder._library = WithPlainSums(kernels)  # type: ignore[assignment]
    assert np.array_equal(encoder.logits(texts()), computed)


def test_all_kernels_answer_alike(kernels: ctypes.CDLL) -> None:
    plain = library.plain()
    assert plain is not None
    weights = weights_of(model_of("distilbert"))
    one, other = NativeEncoder(weights, kernels).logits(texts()), NativeEncoder(weights, plain).logits(texts())
    assert one == pytest.approx(other, abs=1e-2)
    assert np.array_equal(one.argmax(axis=1), other.argmax(axis=1))


def test_no_answer_depends_on_the_other_texts(kernels: ctypes.CDLL) -> None:
    encoder = NativeEncoder(weights_of(model_of("distilbert")), kernels)
    inputs = texts()
    together = encoder.logits(inputs)
    assert np.array_equal(together, np.concatenate([encoder.logits([ids]) for ids in inputs]))
    assert np.array_equal(together[::-1], encoder.logits(inputs[::-1]))
    many = inputs * (2 * PIECES_PER_RUN // sum(LENGTHS))
    assert sum(map(len, many)) > PIECES_PER_RUN
    assert np.array_equal(encoder.logits(many), np.tile(together, (len(many) // len(inputs), 1)))


def test_several_threads_at_a_time(kernels: ctypes.CDLL) -> None:
    encoder = NativeEncoder(weights_of(model_of("distilbert")), kernels)
    inputs = texts()
    wanted = encoder.logits(inputs)
    with ThreadPoolExecutor(4) as pool:
        for computed in pool.map(lambda _: encoder.logits(inputs), range(40)):
            assert np.array_equal(computed, wanted)


def test_great_and_vanishing_activations_stay_numbers(kernels: ctypes.CDLL) -> None:
    weights = weights_of(model_of("distilbert"))
    first = weights.layers[0]
    great = replace(first, up=replace(first.up, scales=first.up.scales * np.float32(100)))
    nothing = replace(first, after_attention=np.zeros_like(first.after_attention))
    for layer in (great, nothing):
        computed = NativeEncoder(replace(weights, layers=(layer, *weights.layers[1:])), kernels).logits(texts())
        assert np.isfinite(computed).all()


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([VOCABULARY], "not among the model's 500"),
        ([-1], "not among the model's"),
        ([], "1 to 64"),
        ([7] * 65, "1 to 64"),
    ],
)
def test_texts_that_it_cannot_compute_are_refused(ids: list[int], message: str, kernels: ctypes.CDLL) -> None:
    encoder = NativeEncoder(weights_of(model_of("distilbert")), kernels)
    with pytest.raises(ValueError, match=message):
        encoder.logits([[5, 6], ids])


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("distilbert", {"activation": "relu"}),
        ("distilbert", {"dim": 96, "n_heads": 4}),  # heads of 24
        ("bert", {"hidden_act": "gelu_new"}),
        ("bert", {"intermediate_size": 100}),
    ],
)
def test_other_arithmetic_is_left_to_onnx_runtime(kind: str, changed: dict[str, object]) -> None:
    encoder = Encoder(model_of(kind, **changed), None, "test")
    assert encoder_weights.of(encoder, temperature=1.0) is None


@pytest.mark.parametrize("kind", ["distilbert", "bert"])
@pytest.mark.parametrize("number", [np.nan, -np.nan, np.inf])
def test_a_nan_never_becomes_an_answer(
    kind: str, number: float, kernels: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = weights_of(model_of(kind))
    monkeypatch.setattr(Weights, "check", lambda self: None)  # which lets none in; they may also come of great numbers
    positions = weights.positions.copy()
    positions[16, 3] = number
    computed = NativeEncoder(replace(weights, positions=positions), kernels).logits(texts())
    spoilt = np.array(LENGTHS) > 16
    assert not np.isfinite(computed[spoilt]).any()
    assert np.array_equal(computed[~spoilt], NativeEncoder(weights, kernels).logits(texts())[~spoilt])
