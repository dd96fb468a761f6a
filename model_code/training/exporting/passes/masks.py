"""Sets masked attention scores to one constant, instead of subtracting from each score.

The exponential of a score far below its row's maximum is a subnormal number, and softmax takes six times as long over
those. How much may be subtracted depends on the scores, which differ by more than a hundred in some encoders; a
constant only has to lie well below every row's maximum.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from model_code.training.exporting.passes.graph import producers, replace_nodes

MASKED = -1e4  # what the torch modules add to a masked score: far more than scores differ by
# What a masked score becomes. With a row maximum from -40 to 27 its exponential is negligible in float32 but still a
# normal number; above 27 it is only slower.
LEVEL = -60.0

Constants = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]


def level(model: onnx.ModelProto) -> int:
    """Set masked scores to LEVEL in each attention; the number of attentions.

    Masked scores are multiplied by 0 before the mask is added. This replaces the product that scales the scores, so it
    costs nothing.
    """
    graph = model.graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer if np.prod(each.dims) <= 1}
    producer_of = producers(graph)
    nodes: list[onnx.NodeProto] = []
    maskings: dict[str, str] = {}  # by the mask's name, the tensor that is 1 where a score is masked
    scales: dict[tuple[str, float], str] = {}
    attentions = 0
    for node in graph.node:
        if masking := _masking(node, constants):
            maskings[node.output[0]] = masking
            node.input[:] = [masking, _constant(graph, f"{node.output[0]}/level", LEVEL)]
        mask = next((name for name in node.input if name in maskings), "")
        if node.op_type == "Add" and mask:
            attentions += 1
            scores = next(name for name in node.input if name != mask)
            scores, scale = _factors(producer_of.get(scores), constants) or (scores, 1.0)
            if (mask, scale) not in scales:
                scales[mask, scale] = name = f"{mask}/scale_{len(scales)}"
                nodes += _mask_scale(graph, maskings[mask], scale, name)
            scaled = f"{node.output[0]}/scaled"
            nodes.append(helper.make_node("Mul", [scores, scales[mask, scale]], [scaled], name=scaled))
            node.input[:] = [scaled, mask]
        nodes.append(node)
    replace_nodes(graph, nodes)
    return attentions


def _masking(node: onnx.NodeProto, constants: Constants) -> str:
    """The tensor that is 1 where a score is masked, if the node makes the mask of it; else ""."""
    factor, constant = _factors(node, constants) or ("", 0.0)
    return factor if constant == MASKED else ""


def _factors(node: onnx.NodeProto | None, constants: Constants) -> tuple[str, float] | None:
    """The tensor that the node multiplies by a constant, and the constant; None for any other node."""
    if node is None or node.op_type != "Mul":
        return None
    of, by = sorted(node.input, key=constants.__contains__)
    return (of, float(constants[by].item())) if by in constants and of not in constants else None


def _mask_scale(graph: onnx.GraphProto, masking: str, scale: float, name: str) -> list[onnx.NodeProto]:
    """Nodes for a tensor that is ``scale`` where a score counts, and 0 where it is masked."""
    negative, positive = _constant(graph, f"{name}/negative", -scale), _constant(graph, f"{name}/positive", scale)
    return [
        helper.make_node("Mul", [masking, negative], [f"{name}/subtracted"], name=f"{name}/subtracted"),
        helper.make_node("Add", [f"{name}/subtracted", positive], [name], name=name),
    ]


def _constant(graph: onnx.GraphProto, name: str, value: float) -> str:
    graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    return name
