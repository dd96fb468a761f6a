"""The encoder by our own kernels: held against torch, and each text's answer its own."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from model_code.serving.engines.native import library, structures, weights
from model_code.serving.engines.native.encoder import PIECES_PER_RUN, NativeEncoder
from model_code.serving.engines.native.weights import Weights, WeightsError
from model_code.training.exporting import encoder_weights
from model_code.training.fitting.encoder import Encoder

VOCABULARY, POSITIONS, TEMPERATURE = 500, 64, 1.7
LENGTHS = (1, 3, 16, 17, 31, 60, 33, 5)
BERTS = {"vocab_size": VOCABULARY, "num_labels": 3, "intermediate_size": 192, "num_hidden_layers": 2}
KERNELS = {"amx": library.fast, "plain": library.plain}


def model_of(kind: str, **changed: object) -> PreTrainedModel:
    torch.manual_seed(5)
    model: PreTrainedModel
    if kind == "distilbert":
        sizes = {"dim": 128, "hidden_dim": 256, "n_layers": 2, "n_heads": 4, "max_position_embeddings": POSITIONS}
        config = DistilBertConfig(**{"vocab_size": VOCABULARY, "num_labels": 3, **sizes, **changed})
        model = DistilBertForSequenceClassification(config)
    elif kind == "bert":
        given = {**BERTS, "hidden_size": 64, "num_attention_heads": 1, "max_position_embeddings": POSITIONS, **changed}
        model = BertForSequenceClassification(BertConfig(**given))
    else:
        given = {**BERTS, "hidden_size": 192, "num_attention_heads": 12, "max_position_embeddings": POSITIONS + 2}
        model = RobertaForSequenceClassification(RobertaConfig(**{**given, **changed}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)  # answers that differ well between texts
            elif "bias" in name or "Norm" in name or "norm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.2)  # none of them 0 or 1 throughout
    return model.eval()


def weights_of(model: PreTrainedModel) -> Weights:
    found = encoder_weights.of(Encoder(model, None, "test"), temperature=TEMPERATURE)
    assert found is not None
    return found


def texts() -> list[list[int]]:
    random = np.random.default_rng(1)
    return [random.integers(5, VOCABULARY, length).tolist() for length in LENGTHS]


def by_torch(model: PreTrainedModel) -> np.ndarray:
    with torch.inference_mode():
        rows = [model(input_ids=torch.tensor([ids])).logits.numpy() for ids in texts()]
    return np.concatenate(rows) / TEMPERATURE


@pytest.fixture(params=sorted(KERNELS))
def kernels(request: pytest.FixtureRequest) -> ctypes.CDLL:
    found = KERNELS[request.param]()
    if found is None:
        assert request.param == "amx", "make build compiles the kernels for any processor"
        pytest.skip("this processor has no AMX")
    return found


@pytest.mark.parametrize("kind", ["distilbert", "bert", "roberta"])
def test_every_kind_answers_like_torch(kind: str, kernels: ctypes.CDLL) -> None:
    model = model_of(kind)
    wanted = by_torch(model)
    found = NativeEncoder(weights_of(model), kernels).logits(texts())
    spread = wanted.std(axis=0).min()
    assert spread > 0.05
    assert np.abs(found - wanted).max() < 0.3 * spread


def test_both_kernels_compute_the_same() -> None:
    fast, plain = library.fast(), library.plain()
    if fast is None or plain is None:
        pytest.skip("this processor has no AMX")
    given = weights_of(model_of("distilbert"))
    one, other = NativeEncoder(given, fast).logits(texts()), NativeEncoder(given, plain).logits(texts())
    assert one == pytest.approx(other, abs=2e-3)


def test_no_answer_depends_on_the_other_texts(kernels: ctypes.CDLL) -> None:
    encoder = NativeEncoder(weights_of(model_of("distilbert")), kernels)
    given = texts()
    together = encoder.logits(given)
    assert np.array_equal(together, np.concatenate([encoder.logits([ids]) for ids in given]))
    assert np.array_equal(together[::-1], encoder.logits(given[::-1]))
    many = given * (2 * PIECES_PER_RUN // sum(LENGTHS))
    assert sum(map(len, many)) > PIECES_PER_RUN
    assert np.array_equal(encoder.logits(many), np.tile(together, (len(many) // len(given), 1)))


def test_several_threads_at_a_time(kernels: ctypes.CDLL) -> None:
    encoder = NativeEncoder(weights_of(model_of("distilbert")), kernels)
    given = texts()
    wanted = encoder.logits(given)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: encoder.logits(given), range(40)):
            assert np.array_equal(found, wanted)


def test_great_and_vanishing_activations_stay_numbers(kernels: ctypes.CDLL) -> None:
    given = weights_of(model_of("distilbert"))
    first = given.layers[0]
    great = replace(first, up=replace(first.up, scales=first.up.scales * np.float32(100)))
    nothing = replace(first, after_attention=np.zeros_like(first.after_attention))
    for layer in (great, nothing):
        found = NativeEncoder(replace(given, layers=(layer, *given.layers[1:])), kernels).logits(texts())
        assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("ids", "said"),
    [([VOCABULARY], "none of the model's 500"), ([-1], "none of the model's"), ([], "1 to 64"), ([7] * 65, "1 to 64")],
)
def test_what_it_has_no_vector_for_is_refused(ids: list[int], said: str, kernels: ctypes.CDLL) -> None:
    encoder = NativeEncoder(weights_of(model_of("distilbert")), kernels)
    with pytest.raises(ValueError, match=said):
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


def test_the_file_holds_all_of_it(tmp_path: Path) -> None:
    given = weights_of(model_of("bert"))
    weights.save(given, tmp_path / "encoder.npz")
    found = weights.read(tmp_path / "encoder.npz")
    assert found is not None
    kernels = library.plain()
    assert kernels is not None
    one, other = NativeEncoder(given, kernels).logits(texts()), NativeEncoder(found, kernels).logits(texts())
    assert np.array_equal(one, other)
    assert (found.heads, found.activation, found.epsilon) == (1, "tanh", given.epsilon)


def _later(given: Weights, path: Path) -> None:
    np.savez(path, format=np.int32(weights.FORMAT + 1))


def _cut(given: Weights, path: Path) -> None:
    weights.save(given, path)
    path.write_bytes(path.read_bytes()[:-500])


def _narrow(given: Weights, path: Path) -> None:
    weights.save(replace(given, places=given.places[:, :64]), path)


def _without_a_layer(given: Weights, path: Path) -> None:
    weights.save(replace(given, layers=()), path)


def _save_with(given: Weights, path: Path, **changed: np.ndarray) -> None:
    weights.save(given, path)
    with np.load(path) as file:
        known = dict(file)
    np.savez(path, **known | changed)


def _with_words_for_heads(given: Weights, path: Path) -> None:
    _save_with(given, path, heads=np.array("two"))


def _with_a_list_for_heads(given: Weights, path: Path) -> None:
    _save_with(given, path, heads=np.array([1, 2]))


def _with_a_broken_header(given: Weights, path: Path) -> None:
    weights.save(given, path)
    path.write_bytes(path.read_bytes().replace(b"'fortran_order': False", b"'fortran_order': (((((", 3))


def _with_another_compression(given: Weights, path: Path) -> None:
    weights.save(given, path)
    data = bytearray(path.read_bytes())
    for start, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(start) + offset
        data[at : at + 2] = (99).to_bytes(2, "little")
    path.write_bytes(data)


def test_a_later_format_is_none_of_ours(tmp_path: Path) -> None:
    _later(weights_of(model_of("distilbert")), tmp_path / "encoder.npz")
    assert weights.read(tmp_path / "encoder.npz") is None


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_cut, "cannot be read"),
        (_narrow, "places is float32"),
        (_without_a_layer, "no layers"),
        (_with_words_for_heads, "heads must be a whole number"),
        (_with_a_list_for_heads, "cannot be read"),
        (_with_a_broken_header, "cannot be read"),
        (_with_another_compression, "cannot be read: NotImplementedError"),
    ],
)
def test_a_broken_file_says_what(break_it: Callable[[Weights, Path], None], said: str, tmp_path: Path) -> None:
    break_it(weights_of(model_of("distilbert")), tmp_path / "encoder.npz")
    with pytest.raises(WeightsError, match=said):
        weights.read(tmp_path / "encoder.npz")


def test_numbers_that_are_not_finite_are_refused_wherever_they_are(tmp_path: Path) -> None:
    path = tmp_path / "encoder.npz"
    weights.save(weights_of(model_of("distilbert")), path)
    with np.load(path) as file:
        known = dict(file)
    floats = [name for name, array in known.items() if array.dtype.kind == "f"]
    assert {"epsilon", "class_bias", "layers.1.up.scales", "head.bias", "places", "word_scales"} <= set(floats)
    for number, name in zip(cycle((np.nan, np.inf, -np.inf)), floats, strict=False):
        spoilt = known[name].copy()
        spoilt.flat[-1] = number
        np.savez(path, **{**known, name: spoilt})
        with pytest.raises(WeightsError, match=f"{name} .*finite"):
            weights.read(path)


@pytest.mark.parametrize("kind", ["distilbert", "bert"])
@pytest.mark.parametrize("number", [np.nan, -np.nan, np.inf])
def test_what_is_no_number_never_becomes_an_answer(
    kind: str, number: float, kernels: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = weights_of(model_of(kind))
    monkeypatch.setattr(Weights, "check", lambda self: None)  # which lets none in; they may also come of great numbers
    places = given.places.copy()
    places[16, 3] = number
    found = NativeEncoder(replace(given, places=places), kernels).logits(texts())
    spoilt = np.array(LENGTHS) > 16
    assert not np.isfinite(found[spoilt]).any()
    assert np.array_equal(found[~spoilt], NativeEncoder(given, kernels).logits(texts())[~spoilt])


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the kernels of code that lies elsewhere, where nobody has built any."""
    here = tmp_path / "model_code/serving/engines/native"
    monkeypatch.setattr(library, "HERE", here)
    assert library.folder() is None
    (here / library.BUILT).mkdir(parents=True)
    return here / library.BUILT


def test_a_machine_without_kernels_has_none(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library._load(library.FAST) is None
    (elsewhere / library.FAST).write_bytes(b"not a library")
    assert library.folder() == elsewhere
    assert library._load(library.FAST) is None
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert library._load(library.FAST) is None


def test_kernels_of_other_sources_are_not_used(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(request.config.rootpath / "build/native", elsewhere, dirs_exist_ok=True)
    assert library._load(library.PLAIN) is not None
    monkeypatch.setattr(library, "Model", structures.Layer)
    assert library._load(library.PLAIN) is None
