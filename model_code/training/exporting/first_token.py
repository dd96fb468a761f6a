"""Leaves out of a graph what the answer does not depend on: in the last layer all positions but the classified one.

A classifier reads [CLS] alone. The last layer's keys and values need every position; its queries, its feed-forward
part and its norms need one. That is a seventh of a six-layer encoder's arithmetic and most of a one-layer one's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

from model_code.training.exporting.graphs import replace_nodes

SAME = {"Cast", "Erf", "Gelu", "Identity", "Neg", "Relu", "Sigmoid", "Sqrt", "Tanh"}
BROADCAST = {"Add", "Div", "Mul", "Pow", "Sub"}
ACROSS_LAST = {"LayerNormalization", "Softmax"}
WHOLE = -1  # an axis that asks for every position
NEVER = None  # this input does not have the axis, so it stays as it is

Axes = dict[int, int | None]  # by input's position: the axis along which its first element will do


def narrow(model: onnx.ModelProto) -> int:
    """Compute first elements alone where nothing else is read; how many operators of ``model`` have less to do.

    What cannot be followed back is computed whole, and sliced where its first elements are read.
    """
    graph = model.graph
    seen = _Seen.of(model)
    asked: dict[str, set[int]] = {each.name: {WHOLE} for each in graph.output}
    narrowed: dict[str, Axes] = {}
    for node in reversed(graph.node):
        wanted = set().union(*(asked.get(name, set()) for name in node.output))
        axes = _taken(node, seen)
        if axes is None and len(wanted) == 1 and WHOLE not in wanted:
            axes = _inputs(node, next(iter(wanted)), seen)
            if axes is not None:
                narrowed[node.output[0]] = axes
        for position, name in enumerate(node.input):
            axis = axes.get(position, NEVER) if axes is not None else WHOLE
            asked.setdefault(name, set()).add(WHOLE if axis is NEVER else axis)
    _rewrite(graph, narrowed, seen)
    return len(narrowed)


@dataclass
class _Seen:
    """What is known of a graph's tensors: constants, numbers of dimensions, dimensions of exactly 1, makers."""

    constants: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]
    shapes: dict[str, list[int]]  # 0 for a dimension that is free
    makers: dict[str, onnx.NodeProto] = field(default_factory=dict)

    @classmethod
    def of(cls, model: onnx.ModelProto) -> _Seen:
        found = shape_inference.infer_shapes(model, data_prop=True).graph
        shapes = {
            each.name: [each_dim.dim_value for each_dim in each.type.tensor_type.shape.dim]
            for each in [*found.input, *found.value_info, *found.output]
            if each.type.tensor_type.HasField("shape")
        }
        small = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer if np.prod(each.dims) <= 16}
        shapes |= {each.name: list(each.dims) for each in model.graph.initializer}
        return cls(small, shapes, {output: node for node in model.graph.node for output in node.output})

    def is_stored(self, name: str) -> bool:
        return name not in self.makers


def _taken(node: onnx.NodeProto, seen: _Seen) -> Axes | None:
    """For an operator that reads nothing but the first elements along an axis."""
    index = seen.constants.get(node.input[1]) if node.op_type == "Gather" else None
    if index is None or index.size != 1 or index.item() != 0 or seen.is_stored(node.input[0]):
        return None
    rank = len(seen.shapes.get(node.input[0], []))
    return {0: _attribute(node, "axis", 0) % rank} if rank else None


def _inputs(node: onnx.NodeProto, axis: int, seen: _Seen) -> Axes | None:
    """What the first elements along ``axis`` of the operator's output are made of; None when that is not known."""
    shapes = [seen.shapes.get(name) for name in node.input]
    own = seen.shapes.get(node.output[0])
    if not own or shapes[0] is None:
        return None
    rank = len(own)
    match node.op_type:
        case kind if kind in SAME:
            return {0: axis}
        case kind if kind in BROADCAST:
            return _broadcast(shapes, axis, rank)
        case kind if kind in ACROSS_LAST:
            last = _attribute(node, "axis", -1) % rank
            return {0: axis} if axis < last == rank - 1 else None
        case "MatMul":
            return {0: axis} if axis == rank - 2 and len(shapes[0]) == rank else None
        case "Transpose":
            return {0: next(each.ints for each in node.attribute if each.name == "perm")[axis]}
        case "Reshape":
            # Heads apart or together again: batch and position stay where they are.
            return {0: 1} if axis == 1 and _kept_dimensions(node, seen) >= 2 else None
    return None


def _broadcast(shapes: Iterable[list[int] | None], axis: int, rank: int) -> Axes | None:
    axes: Axes = {}
    for position, shape in enumerate(shapes):
        if shape is None:
            return None
        at = axis - (rank - len(shape))
        axes[position] = at if at >= 0 and shape[at] != 1 else NEVER
    return axes


def _kept_dimensions(node: onnx.NodeProto, seen: _Seen) -> int:
    """How many leading dimensions a Reshape is told to keep, as the exporter writes it: those of the graph's input."""
    shape = seen.makers.get(node.input[1])
    if shape is None or shape.op_type != "Concat":
        return 0
    kept = 0
    for name in shape.input:
        maker = seen.makers.get(name)
        if maker is None or maker.op_type != "Shape" or _attribute(maker, "start", 0) != kept:
            break
        kept += 1
    return kept


def _rewrite(graph: onnx.GraphProto, narrowed: dict[str, Axes], seen: _Seen) -> None:
    def is_narrow(name: str) -> bool:
        maker = seen.makers.get(name)
        return maker is not None and maker.output[0] in narrowed

    nodes: list[onnx.NodeProto] = []
    sliced: set[str] = set()
    for node in graph.node:
        for position, axis in narrowed.get(node.output[0], {}).items():
            name = node.input[position]
            if axis is NEVER or is_narrow(name):
                continue
            first = f"{name}/first_{axis}"
            if first not in sliced:
                sliced.add(first)
                nodes.append(_slice(graph, name, first, axis))
            node.input[position] = first
        if node.op_type == "Reshape" and node.output[0] in narrowed:
            maker = seen.makers[node.input[1]]
            rest = [int(seen.constants[name].item()) for name in maker.input[2:]]
            node.input[1] = f"{node.output[0]}/shape"
            graph.initializer.append(numpy_helper.from_array(np.array([0, 1, *rest], np.int64), node.input[1]))
            del node.attribute[:]  # allowzero: here 0 is to mean "as it is"
        nodes.append(node)
    replace_nodes(graph, nodes)


def _slice(graph: onnx.GraphProto, name: str, first: str, axis: int) -> onnx.NodeProto:
    bounds = []
    for what, value in (("starts", 0), ("ends", 1), ("axes", axis)):
        bounds.append(f"{first}/{what}")
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), bounds[-1]))
    return helper.make_node("Slice", [name, *bounds], [first], name=first)


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(each.i) for each in node.attribute if each.name == name), default)
