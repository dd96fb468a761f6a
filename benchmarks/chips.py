"""An encoder's floating point operations per text, and a chip's peaks: from data sheets and measured."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

# Dense bfloat16 TFLOP/s of the makers' data sheets. The first name that is part of the device's name counts.
DATA_SHEET = {
    "GH200": 989.0,
    "H200": 989.0,
    "H100 PCIE": 756.0,
    "H100 NVL": 835.0,
    "H100": 989.0,
    "A100": 312.0,
    "L40S": 362.0,
    "L4": 121.0,
    "A10G": 70.0,
    "A10": 125.0,
}
BACKWARD = 2  # times the forward pass: one product for the inputs' gradient, one for the weights'


@dataclass(frozen=True)
class Shape:
    """Sizes of a BERT-like encoder with a classification head."""

    layers: int
    width: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    labels: int


def distilbert_base(*, labels: int) -> Shape:
    """DistilBERT-base's published shape."""
    return Shape(layers=6, width=768, heads=12, feed_forward=3072, vocabulary=30522, positions=512, labels=labels)


def training_flops(shape: Shape, *, length: float, squared_length: float) -> float:
    """Floating point operations to train on one text once, counted from matrix products alone.

    ``length`` and ``squared_length``: mean number of word pieces, and mean of its square, padding included if the
    caller includes it. A multiply and an add are two operations; look-ups, norms and softmax are not counted.
    """
    per_piece = 2 * (4 * shape.width**2 + 2 * shape.width * shape.feed_forward)
    attention = 2 * 2 * shape.width * squared_length
    head = 2 * (shape.width**2 + shape.width * shape.labels)
    return (1 + BACKWARD) * (shape.layers * (per_piece * length + attention) + head)


def data_sheet_peak(name: str) -> float | None:
    """Dense bfloat16 TFLOP/s of the chip called ``name``; None if it is not in the table."""
    return next((peak for chip, peak in DATA_SHEET.items() if chip in name.upper()), None)


def device_name(device: str) -> str:
    """The chip's own name."""
    import torch

    if device == "cuda":
        return str(torch.cuda.get_device_name())
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - not a file of ours
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        import platform

        return platform.processor() or platform.machine()


def matmul_peak(device: str, precision: str, *, seconds: float = 2.0) -> float:
    """TFLOP/s of the best of many square matrix products here. precision: "bf16" or "fp32"."""
    import torch

    size = 8192 if device == "cuda" else 2048
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    best, ends = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < ends:
        best = min(best, _timed(left, right, device))
    return 2 * size**3 / best / 1e12


def _timed(left: Any, right: Any, device: str) -> float:
    import torch

    times = 10 if device == "cuda" else 1
    if device == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(times):
        torch.matmul(left, right)
    if device == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - started) / times
