"""linear.npz: written and read, and refused when it is not one of ours."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code.serving.linear import weights
from model_code.serving.linear.weights import Block, LinearError, Weights


def made(labels: int = 2, *terms: str) -> Weights:
    words = terms or ("news", "trade news", "東京", "\ud800")

    def block(names: tuple[str, ...]) -> Block:
        return Block(names, np.ones(len(names), np.float32), np.ones((len(names), labels), np.float16))

    return Weights(block(words), block((" n", "ne")), np.zeros(labels), 0.5)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    weights.save(made(), tmp_path / "linear.npz")
    read = weights.read(tmp_path / "linear.npz")
    assert read.words.terms == made().words.terms
    assert (read.pieces.coefficients == made().pieces.coefficients).all()
    assert read.encoder_scale == 0.5


def test_a_block_may_be_empty_but_not_both(tmp_path: Path) -> None:
    none = Block((), np.zeros(0, np.float32), np.zeros((0, 2), np.float16))
    weights.save(replace(made(), words=none), tmp_path / "linear.npz")
    assert weights.read(tmp_path / "linear.npz").words.terms == ()
    with pytest.raises(LinearError, match="missing"):
        replace(made(), words=none, pieces=none).check()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder_scale": -1.0}, "encoder's scale"),
        ({"encoder_scale": float("nan")}, "encoder's scale"),
        ({"bias": np.zeros(3)}, "should be float16"),
        ({"bias": np.full(2, np.inf)}, "not finite"),
        ({"bias": np.zeros(1)}, "missing"),
        ({"words": replace(made().words, idf=np.ones(3, np.float32))}, "words.idf"),
        ({"words": replace(made().words, coefficients=np.ones((4, 2)))}, "words.coefficients"),
        ({"words": made(2, "a", "a").words}, "twice"),
    ],
)
def test_parts_that_do_not_fit_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(LinearError, match=message):
        replace(made(), **change).check()


def test_sizes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MAX_TERMS", 5)
    with pytest.raises(LinearError, match="too many"):
        made().check()


def test_other_files_are_refused_and_nothing_in_them_runs(tmp_path: Path) -> None:
    path = tmp_path / "linear.npz"
    path.write_bytes(b"PK nothing")
    with pytest.raises(LinearError, match="cannot be read"):
        weights.read(path)
    np.savez(path, format=np.int32(2))
    with pytest.raises(LinearError, match="format 2"):
        weights.read(path)
    path.write_bytes(pickle.dumps({"format": 1}))
    with pytest.raises(LinearError, match="cannot be read"):
        weights.read(path)
