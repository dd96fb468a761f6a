"""Replaces the quantiser's operators by ONNX Runtime's own int8 product."""

from __future__ import annotations

import onnx
from onnx import helper

from model_code.training.exporting.passes.graph import MATMULS, producers, replace_nodes

RUNTIME_DOMAIN = "com.microsoft"
PRODUCT = "MatMulIntegerToFloat"


def fuse(model: onnx.ModelProto) -> None:
    """Fuse each int8 product with its bias into one operator, and let everything else read float32 again.

    The runtime itself fuses the bias for dynamic scales only. The quantiser gives a rounded activation to all of its
    readers, including the residual sums.
    """
    graph = model.graph
    constants = {each.name for each in graph.initializer}
    producer_of = producers(graph)
    users = _users(graph)
    replaced: dict[str, onnx.NodeProto] = {}
    removed: set[str] = set()
    for node in graph.node:
        sides = [producer_of.get(name) for name in node.input]
        if node.op_type != "MatMul" or any(side is None or side.op_type != "DequantizeLinear" for side in sides):
            continue
        left, right = (side for side in sides if side is not None)
        inputs = [left.input[0], right.input[0], left.input[1], right.input[1], left.input[2], right.input[2]]
        output, last = node.output[0], node
        following = users.get(output, [])
        if len(following) == 1 and following[0].op_type == "Add":
            bias = next(name for name in following[0].input if name != output)
            if bias in constants:
                removed.add(node.name)
                inputs, output, last = [*inputs, bias], following[0].output[0], following[0]
        replaced[last.name] = helper.make_node(
            PRODUCT, inputs, [output], name=f"{node.name}_int8", domain=RUNTIME_DOMAIN
        )
    kept = [replaced.get(node.name, node) for node in graph.node if node.name not in removed]
    for node in kept:
        if node.op_type not in MATMULS:
            node.input[:] = [_before_rounding(name, producer_of) for name in node.input]
    used = {name for node in kept for name in node.input}
    replace_nodes(graph, [node for node in kept if node.op_type != "DequantizeLinear" or node.output[0] in used])
    if all(each.domain != RUNTIME_DOMAIN for each in model.opset_import):
        model.opset_import.append(helper.make_opsetid(RUNTIME_DOMAIN, 1))


def _before_rounding(name: str, producer_of: dict[str, onnx.NodeProto]) -> str:
    """The float32 tensor whose int8 rounding is ``name``; ``name`` itself if it is not a rounding."""
    dequantise = producer_of.get(name)
    quantise = (
        producer_of.get(dequantise.input[0])
        if dequantise is not None and dequantise.op_type == "DequantizeLinear"
        else None
    )
    return str(quantise.input[0]) if quantise is not None and quantise.op_type == "QuantizeLinear" else name


def _users(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return users
