"""Outlying channels are scaled down, and the answer stays the same."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from model_code.training.exporting.passes import outliers
from model_code.training.exporting.passes.graph import weight_matmuls
from tests.unit.model_code.passes.graphs import PIECES, RANDOM, ROWS, WIDTH, answer, session, two_products


def activations(*, outlier: float) -> np.ndarray:
    x = RANDOM.normal(size=(ROWS, PIECES, WIDTH * 2)).astype(np.float32)
    x[0, 0, 3] = outlier
    return x


@pytest.mark.parametrize(("outlier", "changed"), [(60.0, 1), (2.0, 0)])
def test_an_outlying_channel_comes_down_and_the_answer_stays(outlier: float, changed: int) -> None:
    before, after = two_products(), onnx.ModelProto()
    after.CopyFrom(before)
    x = activations(outlier=outlier)
    batches = iter([{"x": x}, {"x": activations(outlier=1.0)}])
    assert outliers.balance(after, next_batch=lambda: next(batches, None)) == changed
    assert answer(after, x=x) == pytest.approx(answer(before, x=x), rel=1e-4, abs=1e-4)
    read = weight_matmuls(after.graph)[0].input[0]
    assert (read != "x") == bool(changed)
    if changed:
        after.graph.output.append(helper.make_tensor_value_info(read, TensorProto.FLOAT, None))
        assert np.abs(session(after).run([read], {"x": x})[0]).max() < outlier / 10
