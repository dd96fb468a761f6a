"""ONNX Runtime's own int8 product in place of the quantiser's operators, in slices that stay in a core's cache."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from model_code.training.exporting import products

RUNTIME_DOMAIN = "com.microsoft"
PRODUCT = "MatMulIntegerToFloat"
# Output columns at a time. In one piece, what lies between a layer's two wide products is 9 MB for 768 word pieces of
# DistilBERT-base, more than a core's cache: slices take 8 to 20 % off a batch's time.
SLICE = 768
BETWEEN = ("Gelu", "Relu", "Tanh", "Mul")


def fuse(model: onnx.ModelProto) -> None:
    """Make each int8 product and its bias one operator, and give everything else float32 again.

    The runtime fuses the bias by itself for dynamic scales; for fixed ones it leaves it a pass of its own. The
    quantiser sends a rounded activation to all of its readers, the residual sums among them.
    """
    graph = model.graph
    constants = {each.name for each in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    users = _users(graph)
    replaced: dict[str, onnx.NodeProto] = {}
    gone: set[str] = set()
    for node in graph.node:
        sides = [makers.get(name) for name in node.input]
        if node.op_type != "MatMul" or any(side is None or side.op_type != "DequantizeLinear" for side in sides):
            continue
        left, right = (side for side in sides if side is not None)
        inputs = [left.input[0], right.input[0], left.input[1], right.input[1], left.input[2], right.input[2]]
        output, last = node.output[0], node
        following = users.get(output, [])
        if len(following) == 1 and following[0].op_type == "Add":
            bias = next(name for name in following[0].input if name != output)
            if bias in constants:
                gone.add(node.name)
                inputs, output, last = [*inputs, bias], following[0].output[0], following[0]
        replaced[last.name] = helper.make_node(
            PRODUCT, inputs, [output], name=f"{node.name}_int8", domain=RUNTIME_DOMAIN
        )
    kept = [replaced.get(node.name, node) for node in graph.node if node.name not in gone]
    for node in kept:
        if node.op_type not in products.OPERATORS:
            node.input[:] = [_before_rounding(name, makers) for name in node.input]
    used = {name for node in kept for name in node.input}
    _replace_nodes(graph, [node for node in kept if node.op_type != "DequantizeLinear" or node.output[0] in used])
    if all(each.domain != RUNTIME_DOMAIN for each in model.opset_import):
        model.opset_import.append(helper.make_opsetid(RUNTIME_DOMAIN, 1))


def slice_wide(model: onnx.ModelProto) -> None:
    """Compute what leads from a wide int8 product to the next rounding SLICE columns at a time."""
    graph = model.graph
    tensors = {each.name: each for each in graph.initializer}
    users = _users(graph)
    instead: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        if node.op_type != PRODUCT or tensors[node.input[1]].dims[1] < 2 * SLICE:
            continue
        chain = _to_rounding(node, users, tensors)
        if chain:
            instead |= {each.name: [] for each in chain}
            instead[chain[-1].name] = _sliced(chain, graph, tensors)
    _replace_nodes(graph, [new for node in graph.node for new in instead.get(node.name, [node])])


def _to_rounding(
    node: onnx.NodeProto, users: dict[str, list[onnx.NodeProto]], tensors: dict[str, onnx.TensorProto]
) -> list[onnx.NodeProto]:
    """From the product to the QuantizeLinear after it, where each value depends on its own column alone; else []."""
    chain = [node]
    while len(following := users.get(chain[-1].output[0], [])) == 1:
        last = following[0]
        chain.append(last)
        if last.op_type == "QuantizeLinear":
            return chain if not tensors[last.input[1]].dims else []
        if last.op_type not in BETWEEN or any(name not in tensors for name in last.input[1:]):
            break
    return []


def _sliced(
    chain: list[onnx.NodeProto], graph: onnx.GraphProto, tensors: dict[str, onnx.TensorProto]
) -> list[onnx.NodeProto]:
    width = tensors[chain[0].input[1]].dims[1]
    nodes, ends = [], []
    for start in range(0, width, SLICE):
        before = chain[0].input[0]
        for node in chain:
            mark = f"{node.name}/{start}"
            inputs = [before]
            for name in node.input[1:]:
                tensor = tensors[name]
                if not tensor.dims or tensor.dims[-1] != width:
                    inputs.append(name)
                    continue
                part = f"{name}/{start}"
                if part not in tensors:
                    columns = numpy_helper.to_array(tensor)[..., start : start + SLICE]
                    tensors[part] = numpy_helper.from_array(np.ascontiguousarray(columns), part)
                    graph.initializer.append(tensors[part])
                inputs.append(part)
            made = helper.make_node(node.op_type, inputs, [mark], name=mark, domain=node.domain)
            made.attribute.extend(node.attribute)
            nodes.append(made)
            before = mark
        ends.append(before)
    return [*nodes, helper.make_node("Concat", ends, list(chain[-1].output), name=f"{chain[-1].name}/all", axis=-1)]


def _before_rounding(name: str, makers: dict[str, onnx.NodeProto]) -> str:
    """The float32 tensor that ``name`` is the int8 rounding of; ``name`` itself when it is none."""
    back = makers.get(name)
    there = makers.get(back.input[0]) if back is not None and back.op_type == "DequantizeLinear" else None
    return str(there.input[0]) if there is not None and there.op_type == "QuantizeLinear" else name


def _users(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return users


def _replace_nodes(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    """Give ``graph`` these nodes, and let go of the constants that none of them reads."""
    nodes = list(nodes)
    used = {name for node in nodes for name in node.input} | {each.name for each in graph.output}
    tensors = [each for each in graph.initializer if each.name in used]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.initializer[:]
    graph.initializer.extend(tensors)
