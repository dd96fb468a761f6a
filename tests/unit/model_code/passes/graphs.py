"""Small graphs for the tests of single passes."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from model_code.training.exporting.passes import fusing

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
