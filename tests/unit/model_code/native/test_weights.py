"""The file of the kernels' weights: it is read back whole, and the error for a broken one says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from model_code.serving.engines.native import library, weights
from model_code.serving.engines.native.encoder import NativeEncoder
from model_code.serving.engines.native.weights import Weights, WeightsError
from tests.unit.model_code.native.encoders import model_of, texts, weights_of


def test_the_file_holds_all_of_it(tmp_path: Path) -> None:
    original = weights_of(model_of("bert"))
    weights.save(original, tmp_path / "encoder.npz")
    loaded = weights.read(tmp_path / "encoder.npz")
    assert loaded is not None
    kernels = library.plain()
    assert kernels is not None
    one, other = NativeEncoder(original, kernels).logits(texts()), NativeEncoder(loaded, kernels).logits(texts())
    assert np.array_equal(one, other)
    assert (loaded.heads, loaded.activation, loaded.epsilon) == (1, "tanh", original.epsilon)


def _later(original: Weights, path: Path) -> None:
    np.savez(path, format=np.int32(weights.FORMAT + 1))


def _cut(original: Weights, path: Path) -> None:
    weights.save(original, path)
    path.write_bytes(path.read_bytes()[:-500])


def _narrow(original: Weights, path: Path) -> None:
    weights.save(replace(original, positions=original.positions[:, :64]), path)


def _without_a_layer(original: Weights, path: Path) -> None:
    weights.save(replace(original, layers=()), path)


def _save_with(original: Weights, path: Path, **changed: np.ndarray) -> None:
    weights.save(original, path)
    with np.load(path) as file:
        known = dict(file)
    np.savez(path, **known | changed)


def _with_words_for_heads(original: Weights, path: Path) -> None:
    _save_with(original, path, heads=np.array("two"))


def _with_a_list_for_heads(original: Weights, path: Path) -> None:
    _save_with(original, path, heads=np.array([1, 2]))


def _with_a_broken_header(original: Weights, path: Path) -> None:
    weights.save(original, path)
    path.write_bytes(path.read_bytes().replace(b"'fortran_order': False", b"'fortran_order': (((((", 3))


def _with_another_compression(original: Weights, path: Path) -> None:
    weights.save(original, path)
    data = bytearray(path.read_bytes())
    for start, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(start) + offset
        data[at : at + 2] = (99).to_bytes(2, "little")
    path.write_bytes(data)


def test_a_later_format_is_none_of_ours(tmp_path: Path) -> None:
    _later(weights_of(model_of("distilbert")), tmp_path / "encoder.npz")
    assert weights.read(tmp_path / "encoder.npz") is None


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (_cut, "cannot be read"),
        (_narrow, "places is float32"),
        (_without_a_layer, "layers, words"),
        (_with_words_for_heads, "heads must be a whole number"),
        (_with_a_list_for_heads, "cannot be read"),
        (_with_a_broken_header, "cannot be read"),
        (_with_another_compression, "cannot be read: NotImplementedError"),
    ],
)
def test_a_broken_file_says_what(break_it: Callable[[Weights, Path], None], message: str, tmp_path: Path) -> None:
    break_it(weights_of(model_of("distilbert")), tmp_path / "encoder.npz")
    with pytest.raises(WeightsError, match=message):
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
