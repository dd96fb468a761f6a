"""Rewriting a graph, as every pass of the export ends."""

from __future__ import annotations

from collections.abc import Iterable

import onnx


def replace_nodes(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Give ``graph`` those of these nodes that an output depends on, and let go of the constants that none reads."""
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
