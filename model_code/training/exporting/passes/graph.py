"""What every pass needs of a graph: its nodes replaced, a node's attribute, and the products with a weight matrix."""

from __future__ import annotations

from collections.abc import Iterable

import onnx

MATMULS = ("MatMul", "Gemm")


def replace_nodes(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Give ``graph`` these nodes, without those that no output depends on and the constants that no node reads."""
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
    """The products with a weight matrix, which int8 is for. Without the last, which is small and gives the logits."""
    constants = {each.name for each in graph.initializer}
    head = _head(graph)
    found = [node for node in graph.node if node.op_type in MATMULS and node.input[1] in constants]
    return [node for node in found if node.name != head]


def _head(graph: onnx.GraphProto) -> str:
    known = producers(graph)
    node = known[graph.output[0].name]
    while node.op_type not in MATMULS:
        node = next(known[name] for name in node.input if name in known)
    return str(node.name)
