"""int8 versions of a float32 ONNX graph: activation scales computed for each batch, or fixed beforehand."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.onnx_model import ONNXModel

from model_code.training.exporting import scale_texts
from model_code.training.exporting.passes import fusing, outliers, tables
from model_code.training.exporting.passes.graph import MATMULS, weight_matmuls
from model_code.training.fitting.encoder import Encoder

QDQ_FILE = "measured.onnx"  # in the work folder: static int8 in standard ONNX operators, for any runtime


def dynamic(source: Path, target: Path) -> None:
    """Weights and embeddings as int8; each activation's scale is computed for each batch."""
    model = _without_gemm(source)
    tables.to_int8(model)
    onnx.save(model, str(target))
    names = [node.name for node in weight_matmuls(model.graph)]
    with _quiet():
        quantize_dynamic(
            str(target), str(target), weight_type=QuantType.QInt8, per_channel=True, nodes_to_quantize=names
        )


def static(source: Path, target: Path, *, encoder: Encoder, texts: Sequence[str], max_length: int, work: Path) -> None:
    """Like ``dynamic``, but with activation scales fixed by the minimum and maximum on ``texts``.

    Outlying channels, which would widen the range for the others, are scaled down first. ValueError when there are no
    texts.
    """
    if not texts:
        raise ValueError("static quantisation needs texts to choose its scales on")
    sample = scale_texts.sample(texts)
    prepared, measured = work / "prepared.onnx", work / QDQ_FILE
    model = _without_gemm(source)

    def batches() -> scale_texts.Batches:
        names = [each.name for each in model.graph.input]
        return scale_texts.Batches(encoder, sample, max_length=max_length, inputs=names)

    outliers.balance(model, next_batch=batches().get_next)
    tables.to_int8(model)
    onnx.save(model, str(prepared))
    with _quiet():
        quantize_static(
            str(prepared),
            str(measured),
            batches(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(MATMULS),
            nodes_to_quantize=[node.name for node in weight_matmuls(model.graph)],
            per_channel=True,
            activation_type=QuantType.QUInt8,  # with int8 weights: the pair that VNNI and AMX multiply
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"OpTypesToExcludeOutputQuantization": list(MATMULS)},
        )
    graph = onnx.load(str(measured))
    fusing.fuse(graph)
    onnx.save(graph, str(target))


def _without_gemm(source: Path) -> onnx.ModelProto:
    """The graph with each Gemm as a MatMul and an Add, which is what can be fused."""
    model = ONNXModel(onnx.load(str(source)))
    model.replace_gemm_with_matmul()
    converted: onnx.ModelProto = model.model
    return converted


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it logs advice to pre-process on each call
    try:
        yield
    finally:
        root.setLevel(level)
