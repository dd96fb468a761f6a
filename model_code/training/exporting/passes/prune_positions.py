"""Removes positions that no answer depends on: in the last layer, all but the classified one.

A classifier reads only [CLS]. The last layer's keys and values need every position; its queries, feed-forward part and
norms need one. That is a seventh of a six-layer encoder's arithmetic, and most of a one-layer encoder's. In a row that
several texts share, each text's own first position takes the place of the row's.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model_code.training.exporting.passes.axis_flow import GraphFacts, InputAxes, first_element_gather, input_axes
from model_code.training.exporting.passes.graph import replace_nodes

Pruned = dict[str, InputAxes]  # by a node's output: the axes of its inputs along which only selected positions remain


class UnprunableError(Exception):
    """The graph reads more than first positions, or reads them through an unknown operator."""


def prune(model: onnx.ModelProto) -> int:
    """Compute only first positions where no others are read; the number of operators with less to do.

    The walk back through the graph ends at unknown operators: they are computed whole, then sliced.
    """
    facts = GraphFacts.of(model)
    pruned = _prunable(model.graph, facts)
    _apply(model.graph, pruned, facts, _FirstPosition(model.graph))
    return len(pruned)


def prune_packed(model: onnx.ModelProto, positions: str) -> None:
    """Compute only the positions that a new input ``positions`` (rows, slots) names in each row.

    The output has a row for each slot: shape (rows * slots, labels). UnprunableError, which leaves ``model``
    unusable, when the graph does not read only first positions.
    """
    graph, facts = model.graph, GraphFacts.of(model)
    gathers = {node.output[0] for node in graph.node if first_element_gather(node, facts) is not None}
    if not gathers:
        raise UnprunableError("the graph does not read a first position")
    graph.input.append(helper.make_tensor_value_info(positions, TensorProto.INT64, ["rows", "slots"]))
    pruned = _prunable(graph, facts)
    _apply(graph, pruned, facts, _NamedPositions(graph, positions, facts))
    for node in graph.node:
        if node.output[0] in gathers:
            node.CopyFrom(_flattened(graph, node, pruned, facts))
    replace_nodes(graph, graph.node)


def _prunable(graph: onnx.GraphProto, facts: GraphFacts) -> Pruned:
    """The nodes of which only first elements along one axis are read, with the axes of their inputs."""
    read_whole = {each.name for each in graph.output}
    read_first: dict[str, set[int]] = {}  # by tensor: the axes along which a reader needs its first elements only
    pruned: Pruned = {}
    for node in reversed(graph.node):
        axes = first_element_gather(node, facts)
        axes_read = set().union(*(read_first.get(name, set()) for name in node.output))
        if axes is None and len(axes_read) == 1 and read_whole.isdisjoint(node.output):
            axes = input_axes(node, next(iter(axes_read)), facts)
            if axes is not None:
                pruned[node.output[0]] = axes
        for position, name in enumerate(node.input):
            if axes is not None and position in axes:
                read_first.setdefault(name, set()).add(axes[position])
            else:
                read_whole.add(name)
    return pruned


class _Selector(Protocol):
    """Selects positions of a tensor that is computed whole."""

    def select(self, name: str, axis: int) -> tuple[str, list[onnx.NodeProto]]:
        """The new tensor's name, and the nodes that compute it; no nodes if the graph has them already."""


class _FirstPosition:
    """Selects the first position, by a Slice."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._done: set[str] = set()

    def select(self, name: str, axis: int) -> tuple[str, list[onnx.NodeProto]]:
        first = f"{name}/first_{axis}"
        if first in self._done:
            return first, []
        self._done.add(first)
        bounds = []
        for what, value in (("starts", 0), ("ends", 1), ("axes", axis)):
            bounds.append(f"{first}/{what}")
            self._graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), bounds[-1]))
        return first, [helper.make_node("Slice", [name, *bounds], [first], name=first)]


class _NamedPositions:
    """Selects the positions that an input of the graph names for each row, by a GatherND."""

    def __init__(self, graph: onnx.GraphProto, positions: str, facts: GraphFacts) -> None:
        self._facts = facts
        self._done: set[str] = set()
        self._indices, last = f"{positions}/indices", f"{positions}/last"
        graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), last))
        # Inserted once, before the first GatherND.
        self._preparation = [helper.make_node("Unsqueeze", [positions, last], [self._indices], name=self._indices)]

    def select(self, name: str, axis: int) -> tuple[str, list[onnx.NodeProto]]:
        selected = f"{name}/selected_{axis}"
        if selected in self._done:
            return selected, []
        self._done.add(selected)
        if axis == 1:
            before, self._preparation = self._preparation, []
            gather = helper.make_node("GatherND", [name, self._indices], [selected], name=selected, batch_dims=1)
            return selected, [*before, gather]
        return selected, self._recomputed(name, axis, selected)

    def _recomputed(self, name: str, axis: int, output: str) -> list[onnx.NodeProto]:
        """A copy of the tensor's producer that reads selected positions: a GatherND selects along axis 1 only."""
        producer = self._facts.producers.get(name)
        axes = input_axes(producer, axis, self._facts) if producer is not None else None
        if producer is None or axes is None:
            raise UnprunableError(f"{name} has positions along its axis {axis}")
        nodes, inputs = [], list(producer.input)
        for position, own in axes.items():
            inputs[position], selecting = self.select(inputs[position], own)
            nodes += selecting
        copy = onnx.NodeProto()
        copy.CopyFrom(producer)
        copy.name, copy.input[:], copy.output[:] = output, inputs, [output]
        return [*nodes, copy]


def _apply(graph: onnx.GraphProto, pruned: Pruned, facts: GraphFacts, selector: _Selector) -> None:
    """Select positions wherever a pruned node reads a tensor that is computed whole."""

    def is_pruned(name: str) -> bool:
        producer = facts.producers.get(name)
        return producer is not None and producer.output[0] in pruned

    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        for position, axis in pruned.get(node.output[0], {}).items():
            if not is_pruned(node.input[position]):
                node.input[position], selecting = selector.select(node.input[position], axis)
                nodes += selecting
        if node.op_type == "Reshape" and node.output[0] in pruned:
            _copy_leading_dimensions(graph, node, facts)
        nodes.append(node)
    replace_nodes(graph, nodes)


def _copy_leading_dimensions(graph: onnx.GraphProto, reshape: onnx.NodeProto, facts: GraphFacts) -> None:
    """Copy batch and positions from the Reshape's input, which now has fewer positions than the graph's."""
    shape = facts.producers[reshape.input[1]]
    rest = [int(facts.constants[name].item()) for name in shape.input[2:]]
    reshape.input[1] = f"{reshape.output[0]}/shape"
    graph.initializer.append(numpy_helper.from_array(np.array([0, 0, *rest], np.int64), reshape.input[1]))
    del reshape.attribute[:]  # allowzero: here 0 means "copy the input's dimension"


def _flattened(
    graph: onnx.GraphProto, gather: onnx.NodeProto, pruned: Container[str], facts: GraphFacts
) -> onnx.NodeProto:
    """Replaces the first position's Gather: the selected positions of all rows, flattened into rows."""
    source, shape = gather.input[0], f"{gather.output[0]}/shape"
    width = facts.shapes[source][-1]
    if first_element_gather(gather, facts) != {0: 1} or len(facts.shapes[source]) != 3 or not width:
        raise UnprunableError(f"{gather.name} does not read first elements of rows")
    if source not in pruned:
        raise UnprunableError(f"the input of {gather.name} is not computed by position")
    graph.initializer.append(numpy_helper.from_array(np.array([-1, width], np.int64), shape))
    return helper.make_node("Reshape", [source, shape], list(gather.output), name=gather.name)
