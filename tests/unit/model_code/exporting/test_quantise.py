"""Tests int8 versions of a graph: a pretrained encoder's outliers do not spoil them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_code.training.exporting import onnx_graph, quantise
from model_code.training.exporting.passes import outliers
from tests.unit.model_code.exporting.test_export import TEXTS, answers, encoder_of


def test_a_pretrained_encoders_outliers_do_not_spoil_static_int8(tmp_path: Path) -> None:
    """One channel of a norm far above the rest, like [CLS] in BERT-like encoders, and a weight that undoes it."""
    built = encoder_of("distilbert")
    layer = built.model.distilbert.transformer.layer[0]
    layer.sa_layer_norm.weight.data[5] *= 200
    layer.ffn.lin1.weight.data[:, 5] /= 200
    layer.ffn.lin2.weight.data[5] = 0
    layer.ffn.lin2.bias.data[5] = 0
    exact, static, plain = (tmp_path / name for name in ("exact.onnx", "static.onnx", "plain.onnx"))
    onnx_graph.write(built, exact)
    quantise.static(exact, static, encoder=built, texts=TEXTS, max_length=24, work=tmp_path)
    outlying, outliers.OUTLYING = outliers.OUTLYING, 1e9
    try:
        quantise.static(exact, plain, encoder=built, texts=TEXTS, max_length=24, work=tmp_path)
    finally:
        outliers.OUTLYING = outlying
    wanted = answers(built, exact)
    error, unbalanced = (np.abs(answers(built, each) - wanted).mean() for each in (static, plain))
    assert error < unbalanced / 2
