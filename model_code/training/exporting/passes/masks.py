"""Masked attention scores as one constant, in place of each score with something taken off it.

A score far below its row's greatest one is no normal number after the exponential, and softmax takes six times as long
over such numbers. How much can be taken off a score without that depends on the scores, which differ by more than a
hundred in some encoders; a constant only has to lie well below every row's greatest score.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from model_code.training.exporting.passes.graph import producers, replace_nodes

MASKED = -1e4  # what the torch modules take off a masked score: far more than scores differ by
# What a masked score becomes: beside a row's greatest one, from -40 to 27, it is nothing to float32 and still a normal
# number. Beyond 27 it is slow, which no answer notices.
LEVEL = -60.0

Constants = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]


def level(model: onnx.ModelProto) -> int:
    """Forget masked scores before the mask is added to them; how many attentions were found.

    Scores are scaled before, by a product with a constant: what forgets them takes its place, so it costs nothing.
    """
    graph = model.graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer if np.prod(each.dims) <= 1}
    known = producers(graph)
    nodes: list[onnx.NodeProto] = []
    maskings: dict[str, str] = {}  # by the mask's name, what is 1 where it masks something
    kept: dict[tuple[str, float], str] = {}
    found = 0
    for node in graph.node:
        if masking := _masking(node, constants):
            maskings[node.output[0]] = masking
            node.input[:] = [masking, _constant(graph, f"{node.output[0]}/level", LEVEL)]
        mask = next((name for name in node.input if name in maskings), "")
        if node.op_type == "Add" and mask:
            found += 1
            scores = next(name for name in node.input if name != mask)
            scores, scale = _factors(known.get(scores), constants) or (scores, 1.0)
            if (mask, scale) not in kept:
                kept[mask, scale] = name = f"{mask}/kept_{len(kept)}"
                nodes += _keeping(graph, maskings[mask], scale, name)
            left = f"{node.output[0]}/left"
            nodes.append(helper.make_node("Mul", [scores, kept[mask, scale]], [left], name=left))
            node.input[:] = [left, mask]
        nodes.append(node)
    replace_nodes(graph, nodes)
    return found


def _masking(node: onnx.NodeProto, constants: Constants) -> str:
    """What is 1 where something is masked, if the node makes the mask of it; else ""."""
    of, by = _factors(node, constants) or ("", 0.0)
    return of if by == MASKED else ""


def _factors(node: onnx.NodeProto | None, constants: Constants) -> tuple[str, float] | None:
    """What the node multiplies, and by which constant; None for any other node."""
    if node is None or node.op_type != "Mul":
        return None
    of, by = sorted(node.input, key=constants.__contains__)
    return (of, float(constants[by].item())) if by in constants and of not in constants else None


def _keeping(graph: onnx.GraphProto, masking: str, scale: float, name: str) -> list[onnx.NodeProto]:
    """``scale`` where nothing is masked, and 0 where something is."""
    less, all_of_it = _constant(graph, f"{name}/less", -scale), _constant(graph, f"{name}/scale", scale)
    return [
        helper.make_node("Mul", [masking, less], [f"{name}/taken"], name=f"{name}/taken"),
        helper.make_node("Add", [f"{name}/taken", all_of_it], [name], name=name),
    ]


def _constant(graph: onnx.GraphProto, name: str, value: float) -> str:
    graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    return name
