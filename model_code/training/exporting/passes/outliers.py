"""Activations with a few channels far above the rest, which would leave int8 no steps for the others.

Pretrained encoders have them on [CLS]: one channel in 384 reaches 15 times the median channel's peak. Such a channel is
divided before rounding and multiplied back in the weight matrix, which changes nothing in float32 (SmoothQuant's idea).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from model_code.serving.engines.onnx import session as onnx_session
from model_code.training.exporting.passes.graph import replace_nodes, weight_matmuls

BULK = 0.9  # of the channels count as ordinary
OUTLYING = 2.5  # times the bulk's highest peak: an activation with less needs nothing done, which is faster
LEFT = 2.0  # times the median channel's peak: what is above comes down to it

Batch = dict[str, np.ndarray[Any, Any]]
Peaks = dict[str, np.ndarray[Any, Any]]


def balance(model: onnx.ModelProto, *, next_batch: Callable[[], Batch | None]) -> int:
    """Bring the outlying channels of ``model`` down; how many activations had any.

    ``next_batch`` gives the texts' feeds that show the activations, and None at the end.
    """
    peaks = _peaks(model, next_batch)
    factors = {name: found for name, each in peaks.items() if (found := _factors(each)) is not None}
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    changed = {node.name for node in weight_matmuls(graph) if node.input[0] in factors}
    nodes, done = [], set()
    for node in graph.node:
        if node.name in changed:
            name, factor = node.input[0], factors[node.input[0]]
            lower = f"{name}/balanced"
            if name not in done:
                done.add(name)
                graph.initializer.append(numpy_helper.from_array((1 / factor).astype(np.float32), f"{name}/factors"))
                nodes.append(helper.make_node("Mul", [name, f"{name}/factors"], [lower], name=lower))
            # A copy of its own: the matrix may be shared with a product that reads something else.
            matrix = (numpy_helper.to_array(weights[node.input[1]]) * factor[:, None]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(matrix, f"{node.name}/balanced"))
            node.input[:] = [lower, f"{node.name}/balanced"]
        nodes.append(node)
    replace_nodes(graph, nodes)
    return len(done)


def _factors(peaks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """What each channel is divided by; None when no channel is far above the rest."""
    usual, bulk = float(np.median(peaks)), float(np.quantile(peaks, BULK))
    if usual <= 0 or peaks.max() <= OUTLYING * bulk:
        return None
    return np.asarray(np.maximum(1.0, peaks / (LEFT * usual)), dtype=np.float32)


def _peaks(model: onnx.ModelProto, next_batch: Callable[[], Batch | None]) -> Peaks:
    """The greatest absolute value of each channel of each activation that a product reads with rank 3."""
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    graph = shown.graph
    names = list(dict.fromkeys(node.input[0] for node in weight_matmuls(graph)))
    for name in names:
        graph.node.append(helper.make_node("Abs", [name], [f"{name}/abs"], name=f"{name}/abs"))
        graph.output.append(helper.make_tensor_value_info(f"{name}/abs", TensorProto.FLOAT, None))
    options = onnx_session.options(threads=0)
    session = onnxruntime.InferenceSession(shown.SerializeToString(), options, providers=["CPUExecutionProvider"])
    inputs = [each.name for each in session.get_inputs()]
    found: Peaks = {}
    while (batch := next_batch()) is not None:
        values = session.run([f"{name}/abs" for name in names], {name: batch[name] for name in inputs})
        for name, each in zip(names, values, strict=True):
            if each.ndim == 3:
                peak = each.max(axis=(0, 1))
                found[name] = np.maximum(found[name], peak) if name in found else peak
    return found
