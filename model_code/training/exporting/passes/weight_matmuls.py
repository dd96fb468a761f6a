"""The products with a weight matrix in a float32 ONNX graph: what int8 is about."""

from __future__ import annotations

import onnx

OPERATORS = ("MatMul", "Gemm")


def of(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Those products, but for the last one: it is small, and its answer is the logits."""
    constants = {each.name for each in graph.initializer}
    head = _head(graph)
    found = [node for node in graph.node if node.op_type in OPERATORS and node.input[1] in constants]
    return [node for node in found if node.name != head]


def _head(graph: onnx.GraphProto) -> str:
    makers = {output: node for node in graph.node for output in node.output}
    node = makers[graph.output[0].name]
    while node.op_type not in OPERATORS:
        node = next(makers[name] for name in node.input if name in makers)
    return str(node.name)
