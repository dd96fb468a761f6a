"""The torch model as a float32 ONNX graph, with the temperature, in a form that ONNX Runtime fuses well."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, RuntimeException

from model_code.serving.engines.onnx import session as onnx_session
from model_code.training.exporting import export_modules
from model_code.training.exporting.passes import masks, prune_positions
from model_code.training.fitting.encoder import Encoder

OPSET = 20  # the first with one operator for GELU
FIRST_POSITIONS = "first_positions"
REFUSALS = (Fail, InvalidArgument, InvalidGraph, RuntimeException)


def write(encoder: Encoder, path: Path, *, temperature: float = 1.0, packed: bool = True) -> None:
    """Write the graph: logits divided by ``temperature``, with dynamic batch and length.

    Its inputs are those of ``layout.packed`` if ``packed`` is set and the model allows rows that several texts share,
    else those of the tokenizer. Moves ``encoder.model`` to the CPU, in float32 and evaluation
    mode.
    """
    model = encoder.model.float().cpu().eval()
    with export_modules.plain_attention(model), _silence():
        if packed and (form := export_modules.packed(encoder, temperature=temperature)) and _write_packed(form, path):
            return
        graph = _exported(export_modules.padded(encoder, temperature=temperature), path)
    if packed:
        print(
            f"{encoder.name} does not allow several texts to share a row: each gets its own, and batches take longer",
            flush=True,
        )
    prune_positions.prune(graph)
    onnx.save(graph, str(path))


def _write_packed(form: export_modules.PackedForm, path: Path) -> bool:
    """Write the packed form; False when a text of a row does not get its own answer."""
    graph = _exported(form, path)
    try:
        prune_positions.prune_packed(graph, FIRST_POSITIONS)
        onnx.save(graph, str(path))
        options = onnx_session.options(threads=0)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        inputs = form.inputs | {FIRST_POSITIONS: form.first_positions}
        logits = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})[0]
    except (prune_positions.UnprunableError, *REFUSALS):
        return False
    return bool(logits.shape == form.logits.shape and np.allclose(logits, form.logits, atol=export_modules.TOLERANCE))


def _exported(form: export_modules.Form, path: Path) -> onnx.ModelProto:
    dynamic = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    torch.onnx.export(
        form.module,
        (),
        str(path),
        kwargs=form.inputs,
        input_names=list(form.inputs),
        output_names=["logits"],
        dynamic_shapes=dict.fromkeys(form.inputs, dynamic),
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    graph = onnx.load(str(path))
    # The shapes are optional, and those of constants that the exporter has transposed contradict onnx's own inference.
    del graph.graph.value_info[:]
    masks.level(graph)
    return graph


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # torchvision's operators are not needed
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
