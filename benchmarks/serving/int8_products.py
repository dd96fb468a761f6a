"""DistilBERT-base's int8 matrix products alone, by each library that has a fast one: the ceiling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

LAYERS, WIDTH, FEED_FORWARD = 6, 768, 3072
# Of one layer: queries, keys and values as one product; attention's output; up; down. (inner, outer) sizes.
SHAPES = ((WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, FEED_FORWARD), (FEED_FORWARD, WIDTH))
WEIGHT_BYTES = LAYERS * sum(inner * outer for inner, outer in SHAPES)

Run = Callable[[], object]


def operations(pieces: int) -> int:
    """Multiplications and additions for ``pieces`` word pieces."""
    return 2 * pieces * WEIGHT_BYTES


def libraries(pieces: int) -> dict[str, Run]:
    """For each library, a call that does all products of ``pieces`` word pieces; each layer has its own weights."""
    makers = {"ONNX Runtime MatMulInteger": _onnx_runtime, "torch._int_mm": _int_mm, "oneDNN linear": _onednn}
    runs: dict[str, Run] = {}
    for name, make in makers.items():
        try:
            products = [make(pieces, inner, outer) for _ in range(LAYERS) for inner, outer in SHAPES]
            for product in products[: len(SHAPES)]:
                product()
        except (RuntimeError, AttributeError, NotImplementedError):  # not on this processor, or not in this torch
            continue
        runs[name] = _all(products)
    return runs


def _all(products: Sequence[Run]) -> Run:
    def run() -> None:
        for product in products:
            product()

    return run


def _activations(pieces: int, inner: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 255, (pieces, inner), dtype=np.uint8)


def _weights(inner: int, outer: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).integers(-127, 127, (inner, outer), dtype=np.int8)


def _onnx_runtime(pieces: int, inner: int, outer: int) -> Run:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    from model_code.serving.engines.onnx import session as onnx_session

    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "right"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, [pieces, inner])],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [pieces, outer])],
        [numpy_helper.from_array(_weights(inner, outer), "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = onnx_session.options(threads=1)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input("left", _activations(pieces, inner))
    answer = onnxruntime.OrtValue.ortvalue_from_numpy(np.empty((pieces, outer), dtype=np.int32))
    binding.bind_ortvalue_output("product", answer)
    return lambda: session.run_with_iobinding(binding)


def _int_mm(pieces: int, inner: int, outer: int) -> Run:
    import torch

    left = torch.from_numpy((_activations(pieces, inner) >> 1).astype(np.int8))
    right = torch.from_numpy(np.ascontiguousarray(_weights(inner, outer).T)).t()
    into = torch.empty((pieces, outer), dtype=torch.int32)
    return lambda: torch._int_mm(left, right, out=into)


def _onednn(pieces: int, inner: int, outer: int) -> Run:
    """With weights packed beforehand, and a scale and bias for each output column, into float32."""
    import torch

    left = torch.from_numpy(_activations(pieces, inner))
    packed = torch.ops.onednn.qlinear_prepack(
        torch.from_numpy(np.ascontiguousarray(_weights(inner, outer).T)), [pieces, inner]
    )
    scales, zeros = torch.full((outer,), 0.01), torch.zeros(outer, dtype=torch.int64)
    bias = torch.zeros(outer)
    product = torch.ops.onednn.qlinear_pointwise
    return lambda: product(left, 0.02, 0, packed, scales, zeros, bias, 1.0, 0, torch.float32, "none", [], "")
