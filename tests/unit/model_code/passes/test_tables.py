"""Embedding tables in int8: each row has its own scale."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from model_code.training.exporting.passes import tables
from tests.unit.model_code.passes.graphs import RANDOM, WIDTH, answer, model_of


def test_each_row_of_a_table_has_its_own_scale() -> None:
    table = RANDOM.normal(size=(tables.MIN_ROWS, WIDTH)).astype(np.float32)
    table[7] *= 1000
    table[9] = 0
    nodes = [helper.make_node("Gather", ["table", "ids"], ["y"], name="lookup")]
    model = model_of(nodes, {"table": table}, inputs={"ids": TensorProto.INT64}, output="y")
    tables.to_int8(model)
    rows = answer(model, ids=np.arange(tables.MIN_ROWS)[None])[0]
    assert (np.abs(rows - table).max(axis=1) <= np.abs(table).max(axis=1) / 127 / 2 + 1e-6).all()
    kinds = {each.name: each.data_type for each in model.graph.initializer}
    assert kinds["table"] == TensorProto.INT8
