"""When an artifact gets weights for our own kernels, and when a server uses them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from contracts.models import artifact
from model_code.serving.classifier import Classifier
from model_code.serving.engines.native import library
from model_code.serving.engines.native.weights import Weights
from model_code.training.exporting import encoder_weights, export, native
from model_code.training.fitting import tokenizer
from model_code.training.fitting.encoder import Encoder, label_maps

LABELS = ["A", "B", "C"]
TEXTS = [f"{who} {what} {how}" for who in ("banks", "films", "phones") for what in ("rise", "fall") for how in "abcdef"]
REAL = encoder_weights.of


def encoder(*, dim: int = 64) -> Encoder:
    words = tokenizer.train(TEXTS, vocab_size=120)
    torch.manual_seed(5)
    sizes = {"dim": dim, "hidden_dim": 2 * dim, "n_layers": 1, "n_heads": 2}
    model = DistilBertForSequenceClassification(DistilBertConfig(vocab_size=len(words), **sizes, **label_maps(LABELS)))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(6)
    return Encoder(model.eval(), words, "distilbert")


def exported(base: Path, trained_encoder: Encoder | None = None) -> export.Exported:
    (base / "work").mkdir()
    return export.export(
        trained_encoder or encoder(),
        labels=LABELS,
        model_version="v",
        max_length=24,
        texts=TEXTS,
        folder=base / "model",
        work=base / "work",
    )


def test_its_answers_are_compared_like_any_int8_file_s(tmp_path: Path) -> None:
    result = exported(tmp_path)
    figures = result.candidates[-1]
    assert (tmp_path / "model" / artifact.ENCODER_FILE).is_file()
    assert figures["precision"] == native.NATIVE
    assert figures["agreement"] == 1
    assert figures["batch_sensitivity"] == 0
    assert "int8-amx serves where its kernels run" in result.reason
    by_onnx = Classifier(tmp_path / "model", native=False).predict(TEXTS)
    by_kernels = Classifier(tmp_path / "model", kernels=library.plain())
    assert (by_kernels.engine, by_kernels.form) == ("int8-plain", native.NATIVE)
    assert by_kernels.predict(TEXTS) == pytest.approx(by_onnx, abs=0.05)


def test_without_fast_kernels_it_is_compared_on_fewer_texts_and_not_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "fast", lambda: None)
    monkeypatch.setattr(native, "PLAIN_TEXTS", 10)
    result = exported(tmp_path)
    assert result.candidates[-1]["agreement"] == 1
    assert result.candidates[-1]["ms_per_text"] is None
    assert result.reason.endswith("int8-amx serves where its kernels run")
    assert Classifier(tmp_path / "model").engine == "onnxruntime"


def test_an_earlier_export_s_weights_do_not_answer_for_the_candidates(tmp_path: Path) -> None:
    first = exported(tmp_path)
    shutil.rmtree(tmp_path / "work")
    (tmp_path / "model" / artifact.ENCODER_FILE).write_bytes(b"PK of an earlier model")
    again = exported(tmp_path)
    assert [each["agreement"] for each in again.candidates] == [each["agreement"] for each in first.candidates]
    assert Classifier(tmp_path / "model", kernels=library.plain()).form == native.NATIVE


def _other_labels(trained_encoder: Encoder, *, temperature: float) -> Weights:
    computed = REAL(trained_encoder, temperature=temperature)
    assert computed is not None
    turned = {name: np.roll(getattr(computed, name), 1, axis=0) for name in ("classes", "class_bias")}
    return replace(computed, **turned)


def test_answers_that_differ_never_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_weights, "of", _other_labels)
    result = exported(tmp_path)
    assert not (tmp_path / "model" / artifact.ENCODER_FILE).exists()
    assert "int8-amx agrees with float32 on only" in result.reason


def test_what_the_kernels_do_not_compute_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = exported(tmp_path, encoder(dim=32))
    assert result.reason.endswith("without int8-amx: it does not support this kind of model")
    monkeypatch.setattr(library, "fast", lambda: None)
    monkeypatch.setattr(library, "plain", lambda: None)
    (tmp_path / "other").mkdir()
    assert exported(tmp_path / "other").reason.endswith("its kernels, needed to check its answers, are missing")
    for base in (tmp_path, tmp_path / "other"):
        assert not (base / "model" / artifact.ENCODER_FILE).exists()


def test_a_broken_file_is_an_artifact_error(tmp_path: Path) -> None:
    exported(tmp_path)
    (tmp_path / "model" / artifact.ENCODER_FILE).write_bytes(b"PK nothing")
    with pytest.raises(artifact.ArtifactError, match=r"encoder\.npz cannot be read"):
        Classifier(tmp_path / "model", kernels=library.plain())
    assert Classifier(tmp_path / "model", native=False).engine == "onnxruntime"
