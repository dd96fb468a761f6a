"""What the export does to a graph for int8's sake: each step alone, held against the graph it started from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_code.training.exporting import onnx_graph, quantise
from model_code.training.exporting.passes import fusing, masks, outliers, tables
from model_code.training.exporting.passes.graph import weight_matmuls
from tests.unit.model_code.exporting.test_export import TEXTS, answers, encoder_of

ROWS, PIECES, WIDTH = 3, 5, 8
RANDOM = np.random.default_rng(7)


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def answer(model: onnx.ModelProto, **feeds: np.ndarray) -> np.ndarray:
    return np.asarray(session(model).run(None, feeds)[0])


def model_of(
    nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], *, inputs: dict[str, int], output: str
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, None) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    imports = [helper.make_opsetid("", 20), helper.make_opsetid(fusing.RUNTIME_DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def two_products() -> onnx.ModelProto:
    """x goes to a product and, as it is, to the sum: balancing must leave the sum alone."""
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["xa"], name="first"),
        helper.make_node("Add", ["xa", "x"], ["sum"], name="sum"),
        helper.make_node("MatMul", ["sum", "b"], ["y"], name="head"),
    ]
    weights = {name: RANDOM.normal(size=(WIDTH * 2, WIDTH * 2)).astype(np.float32) for name in "ab"}
    return model_of(nodes, weights, inputs={"x": TensorProto.FLOAT}, output="y")


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


def test_each_row_of_a_table_has_its_own_scale() -> None:
    table = RANDOM.normal(size=(tables.MIN_ROWS, WIDTH)).astype(np.float32)
    table[7] *= 1000
    table[9] = 0
    nodes = [helper.make_node("Gather", ["table", "ids"], ["y"], name="lookup")]
    model = model_of(nodes, {"table": table}, inputs={"ids": TensorProto.INT64}, output="y")
    tables.to_int8(model)
    found = answer(model, ids=np.arange(tables.MIN_ROWS)[None])[0]
    assert (np.abs(found - table).max(axis=1) <= np.abs(table).max(axis=1) / 127 / 2 + 1e-6).all()
    kinds = {each.name: each.data_type for each in model.graph.initializer}
    assert kinds["table"] == TensorProto.INT8


def test_a_pretrained_encoders_outliers_do_not_spoil_static_int8(tmp_path: Path) -> None:
    """One channel of a norm far above the rest, as [CLS] has it in BERT-like encoders, and a weight that undoes it."""
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
    # What is masked is nothing beside the rest, and yet a number that is quick to compute with.
    assert (shares[masked[0] == 1] > np.finfo(np.float32).tiny).all()


def test_a_graph_without_a_mask_keeps_its_sums() -> None:
    model = two_products()
    before = model.SerializeToString()
    assert masks.level(model) == 0
    assert model.SerializeToString() == before
