"""Embedding tables as int8 with a scale for each row: a single outlier would spoil a scale for the whole table."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model_code.training.exporting.passes.graph import attribute, replace_nodes

MIN_ROWS = 1000  # smaller tables save nothing


def to_int8(model: onnx.ModelProto) -> None:
    """Change ``model``: look up a row's bytes and its scale, and multiply."""
    graph = model.graph
    large = {
        each.name: each
        for each in graph.initializer
        if each.data_type == TensorProto.FLOAT and len(each.dims) == 2 and each.dims[0] >= MIN_ROWS
    }
    nodes, done = [], set()
    for node in graph.node:
        if node.op_type != "Gather" or node.input[0] not in large or attribute(node, "axis", 0) != 0:
            nodes.append(node)
            continue
        table, output = large[node.input[0]], node.output[0]
        if table.name not in done:
            done.add(table.name)
            rows = numpy_helper.to_array(table)
            scales = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127
            table.CopyFrom(numpy_helper.from_array(np.rint(rows / scales).astype(np.int8), table.name))
            graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), f"{table.name}/scales"))
        row, scale, wide = (f"{output}/{name}" for name in ("int8", "scale", "float"))
        nodes += [
            helper.make_node("Gather", list(node.input), [row], name=node.name),
            helper.make_node("Gather", [f"{table.name}/scales", node.input[1]], [scale], name=scale),
            helper.make_node("Cast", [row], [wide], name=wide, to=TensorProto.FLOAT),
            helper.make_node("Mul", [wide, scale], [output], name=f"{output}/scaled"),
        ]
    replace_nodes(graph, nodes)
