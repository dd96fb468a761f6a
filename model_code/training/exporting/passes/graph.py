"""Helpers for every pass: replacing nodes, reading attributes, finding producers and products with a weight matrix."""

from __future__ import annotations

from collections.abc import Iterable

import onnx

MATMULS = ("MatMul", "Gemm")


def replace_nodes(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Set the nodes of ``graph``; drops nodes that no output depends on, and constants that no node reads."""
    used = {each.name for each in graph.output}
    kept = []
    for node in reversed(list(nodes)):
        if used.intersection(node.output):
            kept.append(node)
            used.update(node.input)
    tensors = [each for each in graph.initializer if each.name in used]
    del graph.node[:]
    graph.node.extend(reversed(kept))
    del graph.initializer[:]
    graph.initializer.extend(tensors)


def attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    """An integer attribute of the node, or the operator's default."""
    return next((int(each.i) for each in node.attribute if each.name == name), default)


def producers(graph: onnx.GraphProto) -> dict[str, onnx.NodeProto]:
    """The node that computes each tensor, by the tensor's name."""
    return {output: node for node in graph.node for output in node.output}


def weight_matmuls(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The products with a weight matrix, for int8; without the last, which is small and gives the logits."""
    constants = {each.name for each in graph.initializer}
    head = _head(graph)
    products = [node for node in graph.node if node.op_type in MATMULS and node.input[1] in constants]
    return [node for node in products if node.name != head]


def _head(graph: onnx.GraphProto) -> str:
    producer_of = producers(graph)
    node = producer_of[graph.output[0].name]
    while node.op_type not in MATMULS:
        node = next(producer_of[name] for name in node.input if name in producer_of)
    return str(node.name)
