"""Leaves out of a graph what the answer does not depend on: in the last layer all positions but the classified one.

A classifier reads [CLS] alone. The last layer's keys and values need every position; its queries, its feed-forward
part and its norms need one. That is a seventh of a six-layer encoder's arithmetic and most of a one-layer one's. In a
row that several texts share, each text's own first position takes that one's place.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from model_code.training.exporting.passes.graph import replace_nodes

SAME = {"Cast", "Erf", "Gelu", "Identity", "Neg", "Not", "Relu", "Sigmoid", "Sqrt", "Tanh"}
BROADCAST = {"Add", "Div", "Equal", "Mul", "Pow", "Sub"}
ACROSS_LAST = {"LayerNormalization", "Softmax"}
WHOLE = -1  # an axis that asks for every position
NEVER = None  # this input does not have the axis, so it stays as it is

Axes = dict[int, int | None]  # by input's position: the axis along which its first element will do


class NotFirstError(Exception):
    """The graph reads something else than first positions, or in a way that is not known here."""


def narrow(model: onnx.ModelProto) -> int:
    """Compute first elements alone where nothing else is read; how many operators of ``model`` have less to do.

    What cannot be followed back is computed whole, and sliced where its first elements are read.
    """
    seen = _Seen.of(model)
    narrowed = _followed(model.graph, seen)
    _rewrite(model.graph, narrowed, seen, _Slices(model.graph))
    return len(narrowed)


def read_at(model: onnx.ModelProto, positions: str) -> None:
    """Read what a new input ``positions`` (rows, slots) says in place of each row's first position.

    The answer has a row for each slot: shape (rows * slots, labels). NotFirstError, and ``model`` is of no more use,
    where the graph has no such place to read.
    """
    graph, seen = model.graph, _Seen.of(model)
    takers = {node.output[0] for node in graph.node if _taken(node, seen) is not None}
    if not takers:
        raise NotFirstError("the graph reads no first position")
    graph.input.append(helper.make_tensor_value_info(positions, TensorProto.INT64, ["rows", "slots"]))
    narrowed = _followed(graph, seen)
    _rewrite(graph, narrowed, seen, _Picks(graph, positions, seen))
    for node in graph.node:
        if node.output[0] in takers:
            node.CopyFrom(_slots(graph, node, narrowed, seen))
    replace_nodes(graph, graph.node)


def _slots(graph: onnx.GraphProto, taker: onnx.NodeProto, narrowed: Container[str], seen: _Seen) -> onnx.NodeProto:
    """What all slots of all rows hold, one below the other, in place of each row's first position."""
    source, shape = taker.input[0], f"{taker.output[0]}/shape"
    if _taken(taker, seen) != {0: 1} or len(seen.shapes[source]) != 3 or not seen.shapes[source][-1]:
        raise NotFirstError(f"{taker.name} reads first elements of something else than rows")
    if source not in narrowed:
        raise NotFirstError(f"what {taker.name} reads is not computed by position")
    graph.initializer.append(numpy_helper.from_array(np.array([-1, seen.shapes[source][-1]], np.int64), shape))
    return helper.make_node("Reshape", [source, shape], list(taker.output), name=taker.name)


def _followed(graph: onnx.GraphProto, seen: _Seen) -> dict[str, Axes]:
    """By their outputs, the operators of which nothing but first elements is read."""
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
    return narrowed


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
        case "Unsqueeze":
            return _unsqueezed(seen.constants.get(node.input[1]), axis, rank)
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


def _unsqueezed(new: np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None, axis: int, rank: int) -> Axes | None:
    if new is None:
        return None
    added = {int(each) % rank for each in new.ravel()}
    return None if axis in added else {0: axis - sum(each < axis for each in added)}


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


class _Cuts(Protocol):
    """Makes the first elements of a tensor that is computed whole."""

    def cut(self, name: str, axis: int) -> tuple[str, list[onnx.NodeProto]]:
        """The new tensor's name, and the operators that make it, none if they are there already."""


class _Slices:
    """The first element itself."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._made: set[str] = set()

    def cut(self, name: str, axis: int) -> tuple[str, list[onnx.NodeProto]]:
        first = f"{name}/first_{axis}"
        if first in self._made:
            return first, []
        self._made.add(first)
        bounds = []
        for what, value in (("starts", 0), ("ends", 1), ("axes", axis)):
            bounds.append(f"{first}/{what}")
            self._graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), bounds[-1]))
        return first, [helper.make_node("Slice", [name, *bounds], [first], name=first)]


class _Picks:
    """The elements at each row's positions, of which there are several."""

    def __init__(self, graph: onnx.GraphProto, positions: str, seen: _Seen) -> None:
        self._seen = seen
        self._made: set[str] = set()
        self._indices, last = f"{positions}/indices", f"{positions}/last"
        graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), last))
        self._first = [helper.make_node("Unsqueeze", [positions, last], [self._indices], name=self._indices)]

    def cut(self, name: str, axis: int) -> tuple[str, list[onnx.NodeProto]]:
        picked = f"{name}/picked_{axis}"
        if picked in self._made:
            return picked, []
        self._made.add(picked)
        if axis == 1:
            before, self._first = self._first, []
            pick = helper.make_node("GatherND", [name, self._indices], [picked], name=picked, batch_dims=1)
            return picked, [*before, pick]
        # Along another axis: made anew, from what has the positions along the second one.
        maker = self._seen.makers.get(name)
        axes = _inputs(maker, axis, self._seen) if maker is not None else None
        if maker is None or axes is None:
            raise NotFirstError(f"{name} has positions along its axis {axis}")
        made, inputs = [], list(maker.input)
        for position, own in axes.items():
            if own is not NEVER:
                inputs[position], nodes = self.cut(inputs[position], own)
                made += nodes
        again = onnx.NodeProto()
        again.CopyFrom(maker)
        again.name, again.input[:], again.output[:] = picked, inputs, [picked]
        return picked, [*made, again]


def _rewrite(graph: onnx.GraphProto, narrowed: dict[str, Axes], seen: _Seen, cuts: _Cuts) -> None:
    def is_narrow(name: str) -> bool:
        maker = seen.makers.get(name)
        return maker is not None and maker.output[0] in narrowed

    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        for position, axis in narrowed.get(node.output[0], {}).items():
            name = node.input[position]
            if axis is NEVER or is_narrow(name):
                continue
            node.input[position], made = cuts.cut(name, axis)
            nodes += made
        if node.op_type == "Reshape" and node.output[0] in narrowed:
            maker = seen.makers[node.input[1]]
            rest = [int(seen.constants[name].item()) for name in maker.input[2:]]
            node.input[1] = f"{node.output[0]}/shape"
            graph.initializer.append(numpy_helper.from_array(np.array([0, 0, *rest], np.int64), node.input[1]))
            del node.attribute[:]  # allowzero: here 0 is to mean "as it is"
        nodes.append(node)
    replace_nodes(graph, nodes)


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(each.i) for each in node.attribute if each.name == name), default)
