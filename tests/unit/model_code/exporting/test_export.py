"""Tests exports of several kinds of encoder, the calibration in the files, and the choice of a candidate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from model_code.serving.classifier import Classifier
from model_code.serving.layout import form
from model_code.serving.layout.packed import Packed
from model_code.serving.layout.padded import Padded
from model_code.training.errors import TrainingError
from model_code.training.exporting import export, export_modules, onnx_graph, scale_texts
from model_code.training.fitting import tokenizer
from model_code.training.fitting.encoder import Encoder, label_maps

LABELS = ["A", "B", "C", "D"]

TEXTS = [
    f"{first} {verb} {rest}"
    for first in ("shares", "film", "phone maker", "hospital", "the very old bank of the far north")
    for verb in ("rise", "opens to good reviews", "reports on")
    for rest in ("today", "trade news in every city of the country", "unseen words here " * 8)
]

SHAPE = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def encoder_of(kind: str) -> Encoder:
    """A tiny encoder of random weights; its answers differ well between texts."""
    words = tokenizer.train(TEXTS, vocab_size=120)
    torch.manual_seed(5)
    model: PreTrainedModel
    if kind == "distilbert":
        model = DistilBertForSequenceClassification(
            DistilBertConfig(vocab_size=len(words), dim=32, hidden_dim=64, n_layers=2, n_heads=2, **label_maps(LABELS))
        )
    elif kind == "bert":
        words.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
        model = BertForSequenceClassification(BertConfig(vocab_size=len(words), **SHAPE, **label_maps(LABELS)))
    else:
        model = RobertaForSequenceClassification(
            RobertaConfig(vocab_size=len(words), pad_token_id=words.pad_token_id, **SHAPE, **label_maps(LABELS))
        )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)
    return Encoder(model.eval(), words, kind)


def exported(built: Encoder, base: Path, **options: object) -> export.Exported:
    work = base / "work"
    work.mkdir()
    return export.export(
        built,
        labels=LABELS,
        model_version="v",
        max_length=24,
        texts=TEXTS,
        folder=base / "model",
        work=work,
        **options,  # type: ignore[arg-type]
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits.astype(float))
    return shares / shares.sum(axis=1, keepdims=True)


def float_products(path: Path) -> list[str]:
    """Products whose weight matrix is float32."""
    graph = onnx.load(str(path)).graph
    tables = {each.name for each in graph.initializer if each.data_type == onnx.TensorProto.FLOAT}
    return [node.name for node in graph.node if node.op_type in {"MatMul", "Gemm"} and node.input[1] in tables]


def serve(base: Path, name: str) -> Classifier:
    (base / "model/model.onnx").write_bytes((base / f"work/{name}.onnx").read_bytes())
    return Classifier(base / "model")


@pytest.mark.parametrize("kind", ["distilbert", "bert", "roberta"])
def test_every_kind_of_encoder_has_three_candidates_that_answer_like_torch(kind: str, tmp_path: Path) -> None:
    built = encoder_of(kind)
    own = softmax(export.logits(built, TEXTS, max_length=24) / 2.0)
    attention = built.model.config._attn_implementation
    result = exported(built, tmp_path, truth=own.argmax(axis=1), calibration_texts=TEXTS, temperature=2.0)
    assert built.model.config._attn_implementation == attention
    assert result.max_probability_difference < 1e-4
    assert [each["precision"] for each in result.candidates] == ["float32", "int8-dynamic", "int8-static"]
    assert all((each["ms_alone"] or 0) > 0 and (each["ms_in_batches"] or 0) > 0 for each in result.candidates)
    assert result.candidates[0]["accuracy"] == result.candidates[0]["agreement"] == 1
    assert result.reason.startswith(f"serving {result.precision}")
    assert (tmp_path / "model/model.onnx").read_bytes() == (tmp_path / f"work/{result.precision}.onnx").read_bytes()
    classifier = serve(tmp_path, "float32")
    inputs = {each.name for each in onnx.load(str(tmp_path / "work/float32.onnx")).graph.input}
    assert inputs == Packed.REQUIRED | ({"token_type_ids"} if kind == "bert" else set())
    assert classifier.predict(TEXTS) == pytest.approx(own, abs=1e-4)
    for name in ("int8-dynamic", "int8-static"):
        assert serve(tmp_path, name).predict(TEXTS) == pytest.approx(own, abs=0.1)
    # Every product with a weight matrix is int8, except the last one.
    assert len(float_products(tmp_path / "work/float32.onnx")) >= 8
    assert len(float_products(tmp_path / "work/int8-dynamic.onnx")) == 1
    assert len(float_products(tmp_path / "work/int8-static.onnx")) == 1
    nodes = onnx.load(str(tmp_path / "work/int8-static.onnx")).graph.node
    operators = [node.op_type for node in nodes]
    assert operators.count("MatMulIntegerToFloat") >= 6
    # The residual sums read the values from before rounding.
    rounded = {node.output[0] for node in nodes if node.op_type == "QuantizeLinear"}
    assert {node.op_type for node in nodes if rounded & set(node.input)} == {"MatMulIntegerToFloat"}
    # Fixed scales: the other texts of a batch do not change an answer.
    moved = {each["precision"]: each["batch_sensitivity"] for each in result.candidates}
    assert max(moved["int8-static"], moved["float32"]) < 1e-5 < moved["int8-dynamic"]


def test_after_training_in_bfloat16_the_export_is_float32(tmp_path: Path) -> None:
    built = encoder_of("distilbert")
    optimizer = torch.optim.AdamW(built.model.parameters(), lr=1e-3)
    batch = built.tokenizer(TEXTS[:8], padding=True, return_tensors="pt")
    built.model.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        built.model(**batch, labels=torch.arange(8) % 4).loss.backward()
    optimizer.step()
    built.model.bfloat16()
    result = exported(built, tmp_path)
    assert not built.model.training
    assert result.max_probability_difference < 1e-4
    tables = onnx.load(str(tmp_path / "work/float32.onnx")).graph.initializer
    assert onnx.TensorProto.BFLOAT16 not in {each.data_type for each in tables}
    # Without texts to choose scales there is no static candidate; without labels, no accuracy.
    assert [each["precision"] for each in result.candidates] == ["float32", "int8-dynamic"]
    assert all(each["accuracy"] is None for each in result.candidates)


def inputs_of(path: Path) -> set[str]:
    return {each.name for each in onnx.load(str(path)).graph.input}


def answers(built: Encoder, path: Path) -> np.ndarray:
    """The graph's output for TEXTS, laid out as it takes them."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    encodings = built.tokenizer(TEXTS, truncation=True, max_length=24).encodings
    feeds, places = form.of(inputs_of(path), pad_id=0).arrange(encodings)
    found: np.ndarray = session.run(None, feeds)[0][places]
    return found


def only_two_dimensions(own: Callable[..., object]) -> Callable[..., object]:
    def forward(attention_mask: torch.Tensor, **others: torch.Tensor) -> object:
        rows, length = attention_mask.shape
        return own(attention_mask=attention_mask.view(rows, length), **others)

    return forward


def no_positions(own: Callable[..., object]) -> Callable[..., object]:
    def forward(input_ids: torch.Tensor, attention_mask: torch.Tensor) -> object:
        return own(input_ids=input_ids, attention_mask=attention_mask)

    return forward


@pytest.mark.parametrize("peculiar", [only_two_dimensions, no_positions])
def test_a_model_that_cannot_pack_texts_has_a_row_for_each(
    peculiar: Callable[[Callable[..., object]], Callable[..., object]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    built = encoder_of("distilbert")
    own = export.logits(built, TEXTS, max_length=24)
    built.model.forward = peculiar(built.model.forward)
    onnx_graph.write(built, tmp_path / "model.onnx")
    assert capsys.readouterr().out.startswith("distilbert does not allow several texts to share a row")
    assert inputs_of(tmp_path / "model.onnx") == Padded.REQUIRED
    assert answers(built, tmp_path / "model.onnx") == pytest.approx(own, abs=1e-4)


def test_a_model_that_reads_more_than_first_positions_has_a_row_for_each_text(tmp_path: Path) -> None:
    built = encoder_of("distilbert")
    body = built.model.distilbert

    class Last(torch.nn.Module):  # type: ignore[misc]
        """Each position gets the last one of its row, which in a packed row is another text's."""

        def __init__(self, norm: torch.nn.Module) -> None:
            super().__init__()
            self.norm = norm

        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.norm(hidden + hidden[:, -1:])
            return found

    samples = export_modules.padded(built, temperature=1.0).inputs
    body.transformer.layer[-1].output_layer_norm = Last(body.transformer.layer[-1].output_layer_norm)
    onnx_graph.write(built, tmp_path / "model.onnx")
    assert inputs_of(tmp_path / "model.onnx") == Padded.REQUIRED
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        own = built.model(**samples).logits.numpy()
    assert session.run(None, {name: each.numpy() for name, each in samples.items()})[0] == pytest.approx(own, abs=1e-4)


def test_a_graph_for_others_has_a_row_for_each_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = encoder_of("distilbert")
    onnx_graph.write(built, tmp_path / "model.onnx", packed=False)
    assert not capsys.readouterr().out
    assert inputs_of(tmp_path / "model.onnx") == Padded.REQUIRED


@pytest.mark.parametrize("loudness", [1.0, 300.0])
def test_a_packed_text_does_not_hear_its_neighbours(loudness: float, tmp_path: Path) -> None:
    built = encoder_of("distilbert")
    with torch.no_grad():  # scores differ by hundreds, as some encoders' do in their first layer
        built.model.distilbert.transformer.layer[0].attention.q_lin.weight.mul_(loudness)
    onnx_graph.write(built, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    first, *others = built.tokenizer(TEXTS, truncation=True, max_length=24).encodings
    layout = Packed(Packed.REQUIRED, pad_id=0)
    alone = session.run(None, layout.arrange([first])[0])[0][0]
    shared = 0
    for other in others:
        feeds, places = layout.arrange([first, other])
        assert session.run(None, feeds)[0][places[0]] == pytest.approx(alone, abs=1e-5)
        shared += len(feeds["input_ids"]) == 1
    assert shared > 20


def test_an_export_that_differs_from_torch_fails_the_job(tmp_path: Path) -> None:
    built = encoder_of("distilbert")
    wrong = softmax(export.logits(built, TEXTS, max_length=24))
    with pytest.raises(TrainingError, match=r"differ from torch's by 0\.\d+ .*'distilbert' is wrong"):
        export._check(built, TEXTS, wrong, max_length=24, temperature=5.0)
    assert export._check(built, TEXTS, wrong, max_length=24, temperature=1.0) < 1e-6


def test_missing_validation_texts_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="raise valid_fraction"):
        export.export(
            encoder_of("distilbert"),
            labels=LABELS,
            model_version="v",
            max_length=24,
            texts=[],
            folder=tmp_path,
            work=tmp_path,
        )


@pytest.mark.parametrize(("inputs", "mask"), [(Padded.REQUIRED, "attention_mask"), (Packed.REQUIRED, "segment_ids")])
def test_calibration_batches_hold_no_padding_and_do_not_depend_on_the_order_of_texts(
    inputs: frozenset[str], mask: str
) -> None:
    built = encoder_of("distilbert")
    reader = scale_texts.Batches(built, scale_texts.sample(TEXTS), max_length=24, inputs=inputs)
    rows = 0
    while (batch := reader.get_next()) is not None:
        assert batch[mask].all()
        rows += len(batch["input_ids"])
    assert rows == len(TEXTS)
    assert scale_texts.sample(TEXTS[::-1]) == scale_texts.sample(TEXTS)
    assert len(scale_texts.sample(TEXTS * 20)) == scale_texts.TEXTS


def test_logits_keep_the_order_of_the_texts() -> None:
    built = encoder_of("distilbert")
    together = export.logits(built, TEXTS * 2, max_length=24)
    assert together[: len(TEXTS)] == pytest.approx(together[len(TEXTS) :], abs=1e-5)
    assert export.logits(built, TEXTS[7:8], max_length=24)[0] == pytest.approx(together[7], abs=1e-5)
