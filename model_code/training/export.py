"""The trained model as ONNX: float32, then dynamic int8 where its labels agree with float32's."""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from model_code import artifact
from model_code.serving.classifier import Classifier
from model_code.training.encoder import Encoder
from model_code.training.errors import TrainingError

OPSET = 18
MIN_AGREEMENT = 0.99
MAX_DIFFERENCE = 1e-3  # of a probability, float32 ONNX against float32 torch


@dataclass(frozen=True)
class Exported:
    """Which file serves and how it compares on the validation texts."""

    precision: str
    int8_agreement: float
    max_probability_difference: float


def export(
    encoder: Encoder,
    *,
    labels: Sequence[str],
    model_version: str,
    max_length: int,
    texts: Sequence[str],
    folder: Path,
    work: Path,
) -> Exported:
    """Write model.onnx, tokenizer.json, labels.json and a first metadata.json into ``folder``.

    ``texts`` (validation) decide whether int8 is good enough. TrainingError when ONNX and torch disagree.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizer(encoder, max_length=max_length, path=folder / artifact.TOKENIZER_FILE)
    artifact.write_json(folder / artifact.LABELS_FILE, list(labels))
    artifact.write_json(folder / artifact.METADATA_FILE, {"model_version": model_version})
    float_file, int8_file = work / "float32.onnx", work / "int8.onnx"
    _to_onnx(encoder, float_file)
    _quantise(float_file, int8_file)
    served = folder / artifact.MODEL_FILE
    shutil.copyfile(float_file, served)
    float_probabilities = Classifier(folder).predict(texts)
    difference = float(np.abs(float_probabilities - _torch_probabilities(encoder, texts, max_length)).max())
    if not difference <= MAX_DIFFERENCE:
        raise TrainingError(
            f"the exported model's probabilities differ from torch's by {difference:.4f} "
            f"(at most {MAX_DIFFERENCE}): the export of {encoder.name!r} is wrong"
        )
    shutil.copyfile(int8_file, served)
    int8_labels = Classifier(folder).predict(texts).argmax(axis=1)
    agreement = float((int8_labels == float_probabilities.argmax(axis=1)).mean())
    if agreement >= MIN_AGREEMENT:
        return Exported("int8", agreement, difference)
    shutil.copyfile(float_file, served)
    print(f"int8 agrees with float32 on only {agreement:.2%} of the validation texts: serving float32", flush=True)
    return Exported("float32", agreement, difference)


def save_tokenizer(encoder: Encoder, *, max_length: int, path: Path) -> None:
    """tokenizer.json with truncation and padding set, so that serving needs nothing else."""
    backend = encoder.tokenizer.backend_tokenizer
    backend.enable_truncation(max_length)
    backend.enable_padding(pad_id=encoder.tokenizer.pad_token_id, pad_token=encoder.tokenizer.pad_token)
    backend.save(str(path))


def _torch_probabilities(encoder: Encoder, texts: Sequence[str], max_length: int) -> np.ndarray[Any, Any]:
    device = next(encoder.model.parameters()).device
    parts = []
    with torch.inference_mode():
        for start in range(0, len(texts), 64):
            batch = encoder.tokenizer(
                list(texts[start : start + 64]),
                padding=True,
                truncation=True,
                max_length=max_length,
                return_tensors="pt",
            ).to(device)
            parts.append(torch.softmax(encoder.model(**batch).logits.double(), dim=-1).cpu().numpy())
    return np.concatenate(parts)


def _to_onnx(encoder: Encoder, path: Path) -> None:
    """Float32 graph with free batch and length; its inputs are those that the tokenizer gives the model."""
    model = encoder.model.float().cpu().eval()
    # Two texts of different length: no dimension is 1, so none is taken for a constant.
    inputs = dict(encoder.tokenizer(["one two three", "four"], padding=True, return_tensors="pt"))
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # torchvision's operators are not needed
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (),
            str(path),
            kwargs=inputs,
            input_names=list(inputs),
            output_names=["logits"],
            dynamic_shapes=dict.fromkeys(inputs, free),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _quantise(source: Path, target: Path) -> None:
    graph = onnx.load(str(source))
    # The exporter's shapes of constants it has transposed since contradict onnx's own inference; they are optional.
    del graph.graph.value_info[:]
    onnx.save(graph, str(source))
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # advice to pre-process, given on the root logger each time
    try:
        quantize_dynamic(str(source), str(target), weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)
