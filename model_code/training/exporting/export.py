"""Exports the trained model as ONNX: float32, checked against torch, or the best int8 version that is fit to serve.

It adds the weights for the serving containers' own kernels (``native.py``).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from contracts.models import artifact
from contracts.models.evaluation import ExportCandidate
from model_code.training.errors import TrainingError
from model_code.training.exporting import candidates, native, onnx_graph, quantise
from model_code.training.exporting.torch_logits import logits
from model_code.training.fitting.encoder import Encoder

__all__ = ["Exported", "export", "logits", "save_tokenizer"]

MAX_DIFFERENCE = 1e-3  # of a probability, float32 ONNX against float32 torch
COMPARED_TEXTS = 1000


@dataclass(frozen=True)
class Exported:
    """Which file serves, why, and how the candidates compare on the validation texts.

    ``int8_agreement``: of the served int8 file, or of the best one that was refused.
    ``max_probability_difference``: float32 ONNX against torch. ``candidates``: ``candidates.Candidate`` as objects.
    """

    precision: str
    int8_agreement: float
    max_probability_difference: float
    candidates: list[ExportCandidate] = field(default_factory=list)
    reason: str = ""


def export(
    encoder: Encoder,
    *,
    labels: Sequence[str],
    model_version: str,
    max_length: int,
    texts: Sequence[str],
    truth: Sequence[int] | np.ndarray[Any, Any] | None = None,
    calibration_texts: Sequence[str] | None = None,
    temperature: float = 1.0,
    folder: Path,
    work: Path,
) -> Exported:
    """Write model.onnx, encoder.npz, tokenizer.json, labels.json and a first metadata.json into ``folder``.

    ``texts`` (validation) and their label positions ``truth`` decide what serves. ``calibration_texts`` (training)
    decide the scales of static int8; without any, there is no such candidate. The logits in the graph are divided by
    ``temperature``. TrainingError when there are no texts, or ONNX and torch disagree.
    """
    if not texts:
        raise TrainingError("there are no validation texts to check the export on; raise valid_fraction")
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizer(encoder, max_length=max_length, path=folder / artifact.TOKENIZER_FILE)
    artifact.write_json(folder / artifact.LABELS_FILE, list(labels))
    artifact.write_json(folder / artifact.METADATA_FILE, {"model_version": model_version})
    float_file = work / f"{candidates.FLOAT32}.onnx"
    onnx_graph.write(encoder, float_file, temperature=temperature)
    exact = candidates.probabilities({candidates.FLOAT32: float_file}, folder, texts)
    difference = _check(encoder, texts, exact[candidates.FLOAT32], max_length=max_length, temperature=temperature)
    int8 = _quantised(encoder, float_file, texts=calibration_texts or (), max_length=max_length, work=work)
    files = {candidates.FLOAT32: float_file, **int8}
    positions = None if truth is None else np.asarray(truth)
    measured = candidates.measure(
        files,
        folder,
        texts,
        answers=exact | candidates.probabilities(int8, folder, texts),
        truth=positions,
        torch_difference=difference,
    )
    chosen, reason = candidates.choose(measured, texts=len(texts))
    shutil.copyfile(files[chosen.precision], folder / artifact.MODEL_FILE)
    offered = native.offer(
        encoder,
        texts=texts,
        exact=exact[candidates.FLOAT32],
        truth=positions,
        temperature=temperature,
        folder=folder,
    )
    reason = f"{reason}; {offered.reason}"
    print(reason, flush=True)
    int8_agreements = [each.agreement for each in measured if each.precision != candidates.FLOAT32]
    served_as_int8 = chosen.precision != candidates.FLOAT32
    return Exported(
        precision=chosen.precision,
        int8_agreement=chosen.agreement if served_as_int8 else max(int8_agreements),
        max_probability_difference=difference,
        candidates=[*(each.as_dict() for each in measured), *offered.figures],
        reason=reason,
    )


def _quantised(
    encoder: Encoder, float_file: Path, *, texts: Sequence[str], max_length: int, work: Path
) -> dict[str, Path]:
    """The int8 files by candidate; a static one only if there are ``texts`` to choose its scales on."""
    files = {candidates.DYNAMIC: work / f"{candidates.DYNAMIC}.onnx"}
    quantise.dynamic(float_file, files[candidates.DYNAMIC])
    if texts:
        files[candidates.STATIC] = work / f"{candidates.STATIC}.onnx"
        quantise.static(
            float_file, files[candidates.STATIC], encoder=encoder, texts=texts, max_length=max_length, work=work
        )
    return files


def save_tokenizer(encoder: Encoder, *, max_length: int, path: Path) -> None:
    """Write tokenizer.json with truncation and padding, which is all that serving needs."""
    backend = encoder.tokenizer.backend_tokenizer
    backend.enable_truncation(max_length)
    backend.enable_padding(pad_id=encoder.tokenizer.pad_token_id, pad_token=encoder.tokenizer.pad_token)
    backend.save(str(path))


def _check(
    encoder: Encoder,
    texts: Sequence[str],
    exported: np.ndarray[Any, Any],
    *,
    max_length: int,
    temperature: float,
) -> float:
    """The largest difference of a probability, on COMPARED_TEXTS of the texts; TrainingError when it is too large."""
    step = -(-len(texts) // COMPARED_TEXTS)
    own = logits(encoder, texts[::step], max_length=max_length).astype(np.float64) / temperature
    difference = float(np.abs(exported[::step] - softmax(own, axis=1)).max())
    if not difference <= MAX_DIFFERENCE:
        raise TrainingError(
            f"the exported model's probabilities differ from torch's by {difference:.4f} "
            f"(at most {MAX_DIFFERENCE}): the export of {encoder.name!r} is wrong"
        )
    return difference
