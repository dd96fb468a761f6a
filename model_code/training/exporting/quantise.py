"""int8 versions of a float32 ONNX graph: activation scales chosen for each batch, or fixed beforehand."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from model_code.training.fitting.encoder import Encoder

CALIBRATION_TEXTS = 256
CALIBRATION_BATCH = 16
PRODUCTS = ("MatMul", "Gemm")
RUNTIME_DOMAIN = "com.microsoft"


def dynamic(source: Path, target: Path) -> None:
    """Weights and embeddings as int8; each activation's scale is chosen over its whole batch as it comes."""
    # The quantiser makes a Gemm a MatMul of that name, and an Add, before it looks at the list.
    nodes = [*(each for name in _products(source) for each in (name, f"{name}_MatMul")), *_lookups(source)]
    with _quiet():
        quantize_dynamic(
            str(source), str(target), weight_type=QuantType.QInt8, per_channel=True, nodes_to_quantize=nodes
        )


def static(source: Path, target: Path, *, encoder: Encoder, texts: Sequence[str], max_length: int, work: Path) -> None:
    """The same with activation scales fixed by the least and greatest values met on ``texts``.

    ValueError when there are no texts.
    """
    if not texts:
        raise ValueError("static quantisation needs texts to choose its scales on")
    embedded, measured = work / "embedded.onnx", work / "measured.onnx"
    with _quiet():
        quantize_dynamic(str(source), str(embedded), weight_type=QuantType.QInt8, nodes_to_quantize=_lookups(source))
        quantize_static(
            str(embedded),
            str(measured),
            _Batches(encoder, _sample(texts), max_length=max_length),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(PRODUCTS),
            nodes_to_quantize=_products(embedded),
            per_channel=True,
            activation_type=QuantType.QUInt8,  # with int8 weights: the pair that VNNI and AMX multiply
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"OpTypesToExcludeOutputQuantization": list(PRODUCTS)},
        )
    graph = onnx.load(str(measured))
    _fuse(graph)
    onnx.save(graph, str(target))


class _Batches(CalibrationDataReader):  # type: ignore[misc]
    """Texts as batches of one length in word pieces each: padding's activations must not widen the ranges."""

    def __init__(self, encoder: Encoder, texts: Sequence[str], *, max_length: int) -> None:
        inputs = encoder.tokenizer(list(texts), truncation=True, max_length=max_length)
        lengths = [len(ids) for ids in inputs["input_ids"]]
        batches = []
        for _, same in groupby(sorted(range(len(texts)), key=lengths.__getitem__), key=lengths.__getitem__):
            positions = list(same)
            for start in range(0, len(positions), CALIBRATION_BATCH):
                chosen = positions[start : start + CALIBRATION_BATCH]
                batches.append(
                    {name: np.array([rows[position] for position in chosen]) for name, rows in inputs.items()}
                )
        self._left = iter(batches)

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        """The next batch's feeds; None at the end."""
        return next(self._left, None)


def _sample(texts: Sequence[str]) -> list[str]:
    """Evenly spaced texts, shortest to longest: the same whatever the order of the rows."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    step = max(len(ordered) / CALIBRATION_TEXTS, 1.0)
    return [ordered[int(index * step)] for index in range(min(len(ordered), CALIBRATION_TEXTS))]


def _products(path: Path) -> list[str]:
    """Names of the products with a weight matrix, but for the last one: it is small, and its answer is the logits."""
    graph = onnx.load(str(path)).graph
    constants = {each.name for each in graph.initializer}
    names = [node.name for node in graph.node if node.op_type in PRODUCTS and node.input[1] in constants]
    return [name for name in names if name != _head(graph)]


def _head(graph: onnx.GraphProto) -> str:
    makers = {output: node for node in graph.node for output in node.output}
    node = makers[graph.output[0].name]
    while node.op_type not in PRODUCTS:
        node = next(makers[name] for name in node.input if name in makers)
    return str(node.name)


def _lookups(path: Path) -> list[str]:
    """Names of the embedding tables' lookups."""
    graph = onnx.load(str(path)).graph
    tables = {each.name for each in graph.initializer if each.data_type == onnx.TensorProto.FLOAT}
    return [node.name for node in graph.node if node.op_type == "Gather" and node.input[0] in tables]


def _fuse(model: onnx.ModelProto) -> None:
    """Make each int8 product and its bias one operator of ONNX Runtime's, and give everything else float32 again.

    The runtime fuses the bias by itself for dynamic scales; for fixed ones it leaves it a pass of its own. The
    quantiser sends a rounded activation to all of its readers, the residual sums among them.
    """
    graph = model.graph
    constants = {each.name for each in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    replaced: dict[str, onnx.NodeProto] = {}
    gone: set[str] = set()
    for node in graph.node:
        sides = [makers.get(name) for name in node.input]
        if node.op_type != "MatMul" or any(side is None or side.op_type != "DequantizeLinear" for side in sides):
            continue
        left, right = (side for side in sides if side is not None)
        inputs = [left.input[0], right.input[0], left.input[1], right.input[1], left.input[2], right.input[2]]
        output, last = node.output[0], node
        following = users.get(output, [])
        if len(following) == 1 and following[0].op_type == "Add":
            bias = next(name for name in following[0].input if name != output)
            if bias in constants:
                gone.add(node.name)
                inputs, output, last = [*inputs, bias], following[0].output[0], following[0]
        replaced[last.name] = onnx.helper.make_node(
            "MatMulIntegerToFloat", inputs, [output], name=f"{node.name}_int8", domain=RUNTIME_DOMAIN
        )
    kept = [replaced.get(node.name, node) for node in graph.node if node.name not in gone]
    for node in kept:
        if node.op_type not in PRODUCTS:
            node.input[:] = [_before_rounding(name, makers) for name in node.input]
    used = {name for node in kept for name in node.input}
    kept = [node for node in kept if node.op_type != "DequantizeLinear" or node.output[0] in used]
    del graph.node[:]
    graph.node.extend(kept)
    if all(each.domain != RUNTIME_DOMAIN for each in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid(RUNTIME_DOMAIN, 1))


def _before_rounding(name: str, makers: dict[str, onnx.NodeProto]) -> str:
    """The float32 tensor that ``name`` is the int8 rounding of; ``name`` itself when it is none."""
    back = makers.get(name)
    there = makers.get(back.input[0]) if back is not None and back.op_type == "DequantizeLinear" else None
    return str(there.input[0]) if there is not None and there.op_type == "QuantizeLinear" else name


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # advice to pre-process, given on the root logger each time
    try:
        yield
    finally:
        root.setLevel(level)
