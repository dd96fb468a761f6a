"""Balances activations with a few outlying channels, which would leave int8 too few steps for the others.

Pretrained encoders have them on [CLS]: one channel in 384 reaches 15 times the median channel's peak. Such a channel is
divided before rounding and multiplied back in the weight matrix, which changes nothing in float32 (as in SmoothQuant).
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

BULK = 0.9  # the share of channels that count as ordinary
OUTLYING = 2.5  # times the bulk's highest peak; activations with less stay as they are, which is faster
TARGET_PEAK = 2.0  # times the median channel's peak; higher peaks are scaled down to it

Batch = dict[str, np.ndarray[Any, Any]]
Peaks = dict[str, np.ndarray[Any, Any]]


def balance(model: onnx.ModelProto, *, next_batch: Callable[[], Batch | None]) -> int:
    """Scale the outlying channels of ``model`` down; the number of activations that had any.

    ``next_batch`` returns feeds on which to measure the activations, and None at the end.
    """
    peaks = _peaks(model, next_batch)
    factors = {name: each for name, peak in peaks.items() if (each := _factors(peak)) is not None}
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
            # A copy: the matrix may be shared with a product that reads another activation.
            matrix = (numpy_helper.to_array(weights[node.input[1]]) * factor[:, None]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(matrix, f"{node.name}/balanced"))
            node.input[:] = [lower, f"{node.name}/balanced"]
        nodes.append(node)
    replace_nodes(graph, nodes)
    return len(done)


def _factors(peaks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The divisor of each channel; None when no channel is far above the rest."""
    usual, bulk = float(np.median(peaks)), float(np.quantile(peaks, BULK))
    if usual <= 0 or peaks.max() <= OUTLYING * bulk:
        return None
    return np.asarray(np.maximum(1.0, peaks / (TARGET_PEAK * usual)), dtype=np.float32)


def _peaks(model: onnx.ModelProto, next_batch: Callable[[], Batch | None]) -> Peaks:
    """The greatest absolute value of each channel of each activation that a product reads with rank 3."""
    observed = onnx.ModelProto()
    observed.CopyFrom(model)
    graph = observed.graph
    names = list(dict.fromkeys(node.input[0] for node in weight_matmuls(graph)))
    for name in names:
        graph.node.append(helper.make_node("Abs", [name], [f"{name}/abs"], name=f"{name}/abs"))
        graph.output.append(helper.make_tensor_value_info(f"{name}/abs", TensorProto.FLOAT, None))
    options = onnx_session.options(threads=0)
    session = onnxruntime.InferenceSession(observed.SerializeToString(), options, providers=["CPUExecutionProvider"])
    inputs = [each.name for each in session.get_inputs()]
    peaks: Peaks = {}
    while (batch := next_batch()) is not None:
        values = session.run([f"{name}/abs" for name in names], {name: batch[name] for name in inputs})
        for name, each in zip(names, values, strict=True):
            if each.ndim == 3:
                peak = each.max(axis=(0, 1))
                peaks[name] = np.maximum(peaks[name], peak) if name in peaks else peak
    return peaks
