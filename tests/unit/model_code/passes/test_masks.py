"""Masked attention scores have no effect, however large they are."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from model_code.training.exporting.passes import masks
from tests.unit.model_code.passes.graphs import PIECES, RANDOM, answer, model_of, two_products


@pytest.mark.parametrize("kept_first", [True, False])
def test_a_masked_score_is_forgotten_however_great_it_is(kept_first: bool) -> None:
    add = ["scores", "mask"] if kept_first else ["mask", "scores"]
    nodes = [
        helper.make_node("Mul", ["masked", "by"], ["mask"], name="mask"),
        helper.make_node("Add", add, ["sum"], name="sum"),
        helper.make_node("Softmax", ["sum"], ["y"], axis=-1, name="shares"),
    ]
    inputs = {"scores": TensorProto.FLOAT, "masked": TensorProto.FLOAT}
    model = model_of(nodes, {"by": np.array(masks.MASKED, np.float32)}, inputs=inputs, output="y")
    scores = RANDOM.normal(size=(1, PIECES)).astype(np.float32)
    masked = np.array([[0, 1, 0, 0, 1]], np.float32)
    scores[0, 1] = 20_000
    assert answer(model, scores=scores, masked=masked)[0, 1] == pytest.approx(1)
    assert masks.level(model) == 1
    shares = answer(model, scores=scores, masked=masked)[0]
    kept = np.exp(np.where(masked[0] == 1, -np.inf, scores[0]))
    assert shares == pytest.approx(kept / kept.sum(), abs=1e-6)
    # Masked values are negligible beside the rest, but still numbers that are fast to compute with.
    assert (shares[masked[0] == 1] > np.finfo(np.float32).tiny).all()


def test_a_graph_without_a_mask_keeps_its_sums() -> None:
    model = two_products()
    before = model.SerializeToString()
    assert masks.level(model) == 0
    assert model.SerializeToString() == before
