"""The last layer is computed only for the classified position, and no answer changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_code.serving.layout import form
from model_code.training.exporting import export, onnx_graph
from model_code.training.exporting.passes import prune_positions
from tests.unit.model_code.exporting.test_export import TEXTS, encoder_of


def session(model: onnx.ModelProto, *outputs: str) -> onnxruntime.InferenceSession:
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    for name in outputs:
        shown.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return onnxruntime.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("kind", ["distilbert", "bert", "roberta"])
def test_only_keys_and_values_of_the_last_layer_see_every_position(kind: str, tmp_path: Path) -> None:
    built = encoder_of(kind)
    onnx_graph.write(built, tmp_path / "model.onnx", packed=False)
    model = onnx.load(str(tmp_path / "model.onnx"))
    stored = {each.name for each in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in stored]
    inputs = dict(built.tokenizer(TEXTS, padding=True, truncation=True, max_length=24, return_tensors="np"))
    outputs = [node.output[0] for node in products]
    results = session(model, *outputs).run(None, {name: inputs[name] for name in inputs})
    length = inputs["input_ids"].shape[1]
    positions = [each.shape[1] for each in results[1:] if each.ndim == 3]
    layers = built.model.config.num_hidden_layers
    assert len(positions) == 6 * layers
    assert positions[:-6] == [length] * 6 * (layers - 1)
    assert sorted(positions[-6:]) == [1, 1, 1, 1, length, length]
    assert results[0] == pytest.approx(export.logits(built, TEXTS, max_length=24), abs=1e-4)


def graph_of(last: list[onnx.NodeProto], output: str) -> onnx.ModelProto:
    """A position-wise product of x (texts, positions, 4) and the node that reads it."""
    constants = {
        "w": np.eye(4, dtype=np.float32) * 2,
        "first": np.array(0),
        "second": np.array(1),
        "axes": np.array([1]),
    }
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["product"], name="product"), *last],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["texts", "positions", 4])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


FIRST = helper.make_node("Gather", ["product", "first"], ["y"], axis=1)


@pytest.mark.parametrize(
    ("last", "output", "narrowed"),
    [
        ([FIRST], "y", 1),
        ([helper.make_node("Gather", ["product", "second"], ["y"], axis=1)], "y", 0),
        ([helper.make_node("ReduceMean", ["product", "axes"], ["y"])], "y", 0),  # mean pooling reads them all
        (
            [
                FIRST,
                helper.make_node("ReduceMean", ["product", "axes"], ["m"], keepdims=0),
                helper.make_node("Add", ["y", "m"], ["z"]),
            ],
            "z",
            0,
        ),
        (
            [
                helper.make_node("Softmax", ["product"], ["s"], axis=1),
                helper.make_node("Gather", ["s", "first"], ["y"], axis=1),
            ],
            "y",
            0,
        ),
        (
            [
                helper.make_node("Transpose", ["product"], ["t"], perm=[1, 0, 2]),
                helper.make_node("Gather", ["t", "first"], ["y"], axis=0),
            ],
            "y",
            2,
        ),
        (
            [
                helper.make_node("Add", ["product", "x"], ["a"]),
                helper.make_node("Gather", ["a", "first"], ["y"], axis=1),
            ],
            "y",
            2,
        ),
    ],
)
def test_only_what_is_read_nowhere_else_is_left_out(last: list[onnx.NodeProto], output: str, narrowed: int) -> None:
    model = graph_of(last, output)
    x = np.random.default_rng(3).normal(size=(3, 5, 4)).astype(np.float32)
    before = session(model).run(None, {"x": x})[0]
    assert prune_positions.prune(model) == narrowed
    assert (session(model).run(None, {"x": x})[0] == before).all()
    shape = session(model, "product").run(None, {"x": x})[1].shape
    assert shape == ((3, 1, 4) if narrowed else (3, 5, 4))


def test_packed_rows_are_read_where_each_text_begins() -> None:
    model = graph_of([FIRST], "y")
    x = np.random.default_rng(3).normal(size=(2, 5, 4)).astype(np.float32)
    prune_positions.prune_packed(model, "begins")
    begins = np.array([[0, 2, 4], [0, 1, 0]])
    results, product = session(model, "product").run(None, {"x": x, "begins": begins})
    assert results == pytest.approx(2 * np.concatenate((x[0, begins[0]], x[1, begins[1]])))
    assert product.shape == (2, 3, 4)  # the product is computed where it is read, and nowhere else


@pytest.mark.parametrize("kind", ["distilbert", "bert", "roberta"])
def test_only_keys_and_values_of_the_last_layer_see_every_position_of_a_packed_row(kind: str, tmp_path: Path) -> None:
    built = encoder_of(kind)
    onnx_graph.write(built, tmp_path / "model.onnx")
    model = onnx.load(str(tmp_path / "model.onnx"))
    stored = {each.name for each in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in stored]
    inputs = [each.name for each in model.graph.input]
    encodings = built.tokenizer(TEXTS, truncation=True, max_length=24).encodings
    feeds, places = form.of(inputs, pad_id=0).arrange(encodings)
    results = session(model, *(node.output[0] for node in products)).run(None, feeds)
    width, slots = feeds["input_ids"].shape[1], feeds["first_positions"].shape[1]
    positions = [each.shape[1] for each in results[1:] if each.ndim == 3]
    assert width > slots > 1
    assert sorted(positions[-6:]) == [slots] * 4 + [width] * 2
    assert results[0][places] == pytest.approx(export.logits(built, TEXTS, max_length=24), abs=1e-4)


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        ([helper.make_node("ReduceMean", ["product", "axes"], ["y"])], "does not read a first position"),
        ([helper.make_node("Gather", ["product", "second"], ["y"], axis=1)], "does not read a first position"),
        (
            [
                helper.make_node("Transpose", ["product"], ["t"], perm=[1, 0, 2]),
                helper.make_node("Gather", ["t", "first"], ["y"], axis=0, name="taker"),
            ],
            "taker does not read first elements of rows",
        ),
        (
            [
                helper.make_node("Softmax", ["product"], ["s"], axis=1),
                helper.make_node("Gather", ["s", "first"], ["y"], axis=1, name="taker"),
            ],
            "the input of taker is not computed by position",
        ),
    ],
)
def test_what_cannot_be_read_by_text_is_refused(last: list[onnx.NodeProto], sentence: str) -> None:
    with pytest.raises(prune_positions.UnprunableError, match=sentence):
        prune_positions.prune_packed(graph_of(last, "y"), "begins")
