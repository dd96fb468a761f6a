"""Weights that are not finite are detected wherever onnx.proto allows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from contracts.models import artifact
from model_code.serving.engines.onnx import weights as onnx_weights
from tests.unit.model_code.conftest import Job

NAN, INF = float("nan"), float("inf")


def model(*tensors: TensorProto, nodes: list[onnx.NodeProto] | None = None) -> onnx.ModelProto:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    return helper.make_model(helper.make_graph(nodes or [], "g", [value], [value], list(tensors)))


def check(graph: onnx.ModelProto, folder: Path) -> None:
    onnx.save(graph, str(folder / "model.onnx"))
    onnx_weights.check(folder / "model.onnx")


def tensor(kind: int, values: list[Any], *, raw: bool) -> TensorProto:
    if raw:
        array = np.array(values, dtype=helper.tensor_dtype_to_np_dtype(kind))
        return helper.make_tensor("w", kind, [len(values)], array.tobytes(), raw=True)
    return helper.make_tensor("w", kind, [len(values)], values)


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE])
def test_every_kind_of_number_is_looked_at(kind: int, raw: bool, tmp_path: Path) -> None:
    check(model(tensor(kind, [1.0, -2.5, 0.0], raw=raw)), tmp_path)
    for bad in (NAN, INF, -INF):
        with pytest.raises(ValueError, match=r"model\.onnx: w has values that are not finite"):
            check(model(tensor(kind, [1.0, bad, 0.0], raw=raw)), tmp_path)


def test_whole_numbers_are_all_finite(tmp_path: Path) -> None:
    kinds = (np.int8, np.uint8, np.int32, np.int64)
    check(
        model(*(numpy_helper.from_array(np.full(8, -1 if kind != np.uint8 else 255, kind)) for kind in kinds)), tmp_path
    )


def test_a_single_infinity_belongs_to_a_mask_and_passes(tmp_path: Path) -> None:
    check(model(tensor(TensorProto.FLOAT, [-INF], raw=True)), tmp_path)
    with pytest.raises(ValueError, match="not finite"):
        check(model(tensor(TensorProto.FLOAT, [NAN], raw=True)), tmp_path)


def test_constants_and_inner_graphs_are_looked_at(tmp_path: Path) -> None:
    bad = tensor(TensorProto.FLOAT, [0.0, NAN], raw=True)
    constant = helper.make_node("Constant", [], ["c"], value=bad)
    inner = helper.make_graph([], "inner", [], [], [bad])
    sparse = helper.make_sparse_tensor(bad, numpy_helper.from_array(np.array([0, 3]), "at"), [9])
    for node in (
        constant,
        helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner),
        helper.make_node("Constant", [], ["c"], sparse_value=sparse),
    ):
        with pytest.raises(ValueError, match="not finite"):
            check(model(nodes=[node]), tmp_path)
    proto = model()
    proto.graph.sparse_initializer.append(sparse)
    with pytest.raises(ValueError, match="not finite"):
        check(proto, tmp_path)


def test_what_training_exports_passes(trained: Job) -> None:
    onnx_weights.check(trained.model / artifact.MODEL_FILE)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_that_are_not_a_model_raise_only_a_value_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.onnx"
    for content in (data, b"\x3a" + bytes([min(len(data), 127)]) + data):  # also as a graph
        path.write_bytes(content)
        try:
            onnx_weights.check(path)
        except ValueError as error:
            assert str(error)
