"""Rewriting a graph, as every pass of the export ends."""

from __future__ import annotations

from collections.abc import Iterable

import onnx


def replace_nodes(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Give ``graph`` these nodes, and let go of the constants that none of them reads."""
    nodes = list(nodes)
    used = {name for node in nodes for name in node.input} | {each.name for each in graph.output}
    tensors = [each for each in graph.initializer if each.name in used]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.initializer[:]
    graph.initializer.extend(tensors)
