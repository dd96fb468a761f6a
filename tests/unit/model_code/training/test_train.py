"""The training job end to end: its outputs and its error messages."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np
import onnx
import pytest
from transformers import BertConfig, BertForSequenceClassification

from contracts.models import artifact, baseline
from contracts.models.evaluation import Evaluation
from model_code.serving.classifier import Classifier
from model_code.serving.layout.packed import Packed
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.evaluation import evaluate
from model_code.training.exporting import candidates, export
from model_code.training.fitting import encoder, tokenizer
from model_code.training.fitting.encoder import Encoder, label_maps
from model_code.training.settings import Hyperparameters
from tests.unit.model_code.conftest import TINY, Job, run_job, write_dataset

LABELS = ["Business", "Entertainment", "Health", "Science"]


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_job_writes_a_complete_artifact(trained: Job) -> None:
    loaded = artifact.read(trained.model)
    assert loaded.labels == tuple(LABELS)
    assert loaded.model_version == "rubric-test-1"
    metadata = loaded.metadata
    assert metadata["dataset"]["rows_read"] == 503
    assert metadata["dataset"]["dropped"] == {"empty text": 1, "missing label": 1, "not 2 columns": 1}
    assert metadata["hyperparameters"]["epochs"] == 15
    assert metadata["hyperparameters"]["max_length"] == 48
    assert re.fullmatch("[0-9a-f]{64}", metadata["code_digest"])
    assert {"torch", "transformers", "onnxruntime"} <= set(metadata["libraries"])
    assert sum(metadata["dataset"]["labels"].values()) == metadata["dataset"]["rows_used"] == 500


def unwritten(value: Any, kind: Any, place: str) -> Iterator[str]:
    """The keys that ``kind`` declares, at any depth, and ``value`` lacks; then those that it has undeclared."""
    if is_typeddict(kind):
        declared = get_type_hints(kind)
        yield from (f"{place} lacks {name}" for name in declared.keys() - value.keys() - {"dropped_rows"})
        yield from (f"{place} has {name}" for name in value.keys() - declared.keys())
        for name in declared.keys() & value.keys():
            yield from unwritten(value[name], declared[name], f"{place}.{name}")
    elif get_origin(kind) in (list, dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from unwritten(each, get_args(kind)[-1], place)
    elif value is not None:  # a union with None has its other member first
        for member in get_args(kind)[:1]:
            yield from unwritten(value, member, place)


def test_evaluation_has_every_key_of_the_contract(trained: Job) -> None:
    evaluation = read(trained.model / "evaluation.json")
    assert not set(unwritten(evaluation, Evaluation, "evaluation"))
    del evaluation["baseline"]["comparison"]["texts"], evaluation["export"]["candidates"][0]["agreement"]
    evaluation["mistakes"] = [{"colour": "red"}]
    found = set(unwritten(evaluation, Evaluation, "evaluation"))
    assert {"evaluation.baseline.comparison lacks texts", "evaluation.export.candidates lacks agreement"} <= found
    assert "evaluation.mistakes has colour" in found


def test_evaluation_agrees_with_itself_and_is_in_both_places(trained: Job) -> None:
    evaluation = read(trained.model / "evaluation.json")
    assert evaluation == read(trained.base / "output" / "data" / "evaluation.json")
    matrix = np.array(evaluation["confusion_matrix"])
    assert matrix.sum() == evaluation["counts"]["test"]
    assert evaluation["accuracy"] == pytest.approx(matrix.trace() / matrix.sum())
    assert evaluation["accuracy"] > 0.5  # four labels, the largest has a third of the rows
    assert evaluation["macro_f1"] == pytest.approx(np.mean([c["f1"] for c in evaluation["per_class"].values()]))
    assert 0 <= evaluation["calibration_error"] <= 1
    assert evaluation["baseline"]["accuracy"] > 0.5
    assert evaluation["champion"] is None
    assert evaluation["int8_agreement"] >= 0.995 or evaluation["served_precision"] == "float32"
    assert evaluation["torch_difference"] < 1e-3
    assert evaluation["dataset_sha256"] == read(trained.model / "metadata.json")["dataset"]["sha256"]


def test_the_reference_counts_the_answers_to_the_test_texts_and_is_in_both_places(trained: Job) -> None:
    reference = baseline.read(read(trained.model / "baseline.json"))
    assert reference == read(trained.base / "output" / "data" / "baseline.json")
    evaluation = read(trained.model / "evaluation.json")
    assert reference["model_version"] == evaluation["model_version"] and reference["length_unit"] == "pieces"
    assert 0 < reference["texts"] <= evaluation["counts"]["test"]
    assert reference["streams"].keys() == set(baseline.STREAMS)
    assert {sum(stream["counts"]) for stream in reference["streams"].values()} == {reference["texts"]}
    matrix = np.array(reference["confusion"])
    assert matrix.sum(axis=0).tolist() == reference["streams"]["predicted_label"]["counts"]
    assert reference["accuracy"] == pytest.approx(matrix.trace() / reference["texts"])
    assert sum(reference["prior"]) == pytest.approx(1)
    assert len(reference["terms"]) > 50 and max(reference["terms"].values()) <= reference["term_texts"]
    # Headlines of the same kind are seen words but for a few: the words of the test part are not among them.
    assert sum(reference["streams"]["unseen_words"]["counts"][:4]) > reference["texts"] / 2


def test_the_bill_of_materials_names_files_dataset_and_packages(trained: Job) -> None:
    bill = read(trained.base / "output" / "data" / "sbom.cdx.json")
    evaluation, metadata = read(trained.model / "evaluation.json"), read(trained.model / "metadata.json")
    assert bill["metadata"]["component"]["version"] == "rubric-test-1"
    found = {each["bom-ref"]: each for each in bill["components"]}
    assert found["dataset"]["hashes"] == [{"alg": "SHA-256", "content": evaluation["dataset_sha256"]}]
    files = {
        name.removeprefix("file:"): each["hashes"][0]["content"] for name, each in found.items() if "file:" in name
    }
    assert {name: files[name] for name in metadata["files"]} == metadata["files"]
    assert set(files) == {*metadata["files"], "metadata.json"}
    packages = {each["name"]: each["version"] for each in found.values() if each["type"] == "library"}
    assert {name: packages[name] for name in metadata["libraries"]} == metadata["libraries"]
    assert "base-model" not in found


def test_code_folder_holds_what_serves_and_nothing_that_trains(trained: Job) -> None:
    code = trained.model / "code"
    assert (code / "inference.py").read_text() == (code / "model_code/serving/inference.py").read_text()
    assert (code / "vendor" / "vendored_example.py").is_file()
    assert (code / "contracts" / "models" / "artifact.py").is_file()
    assert (code / "contracts" / "texts" / "words.py").is_file()
    assert not (code / "model_code" / "training").exists()
    assert not list(code.rglob("__pycache__"))


def test_progress_lines_and_drop_counts_are_printed(trained: Job) -> None:
    stages = re.findall(r"^progress: (\w+) (\d+)/(\d+)", trained.output, flags=re.MULTILINE)
    assert {"start", "read", "tokenizer", "train", "validate", "export", "evaluate", "package", "done"} == {
        name for name, *_ in stages
    }
    assert stages[0][0] == "start"
    last_train = [stage for stage in stages if stage[0] == "train"][-1]
    stopped_early = read(trained.model / "evaluation.json")["stopped_early"]
    assert (last_train[1] == last_train[2]) is not stopped_early
    assert "dropped 1 rows: missing label (first lines: 503)" in trained.output


def test_tokenizer_does_not_depend_on_order_of_texts() -> None:
    texts = [f"shares of firm{i % 7} rise {i}" for i in range(50)]
    first = tokenizer.train(texts, vocab_size=120).backend_tokenizer.to_str()
    assert first == tokenizer.train(texts[::-1], vocab_size=120).backend_tokenizer.to_str()


def test_champion_is_evaluated_on_the_same_rows(trained: Job, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(trained.model, ".")
    rows = [Row("Fed keeps interest rates unchanged", "Business", 1), Row("NASA ready mission to Mars", "Science", 2)]
    figures = evaluate.champion(tmp_path, rows, LABELS)
    expected = [LABELS[i] for i in Classifier(trained.model).predict([row.text for row in rows]).argmax(axis=1)]
    assert figures["comparable"]
    assert figures["model_version"] == "rubric-test-1"
    assert figures["accuracy"] == np.mean([row.label == label for row, label in zip(rows, expected, strict=True)])
    other = evaluate.champion(tmp_path, [Row("a", "Sport", 1)], ["Sport", "Business"])
    assert not other["comparable"]
    assert "labels" in other["reason"]


def test_broken_champion_is_reported_not_fatal(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"not an archive")
    figures = evaluate.champion(tmp_path, [Row("a", "A", 1)], ["A", "B"])
    assert (figures["comparable"], figures["accuracy"]) == (False, None)
    assert "cannot be loaded" in figures["reason"]


def test_calibration_error_of_known_cases() -> None:
    sure_and_right = np.array([[1.0, 0.0]] * 4)
    assert evaluate.calibration_error(sure_and_right, np.array([0, 0, 0, 0])) == pytest.approx(0)
    assert evaluate.calibration_error(sure_and_right, np.array([0, 0, 1, 1])) == pytest.approx(0.5)


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT (it takes token_type_ids) of random weights, saved as a pretrained model would be."""
    folder = tmp_path_factory.mktemp("bert") / "tiny-bert"
    words = tokenizer.train(["shares rise on trade news", "film opens to good reviews"] * 3, vocab_size=80)
    words.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    words.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
        **label_maps(["X", "Y", "Z"]),
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def pretrained(channel: Path, work: Path) -> Encoder:
    settings = Hyperparameters(base_model="own-files")
    return encoder.build(settings, texts=[], labels=["A", "B"], channel=channel, work=work)


def test_pretrained_folder_gets_our_labels_and_exports_its_inputs(bert_folder: Path, tmp_path: Path) -> None:
    built = pretrained(bert_folder, tmp_path / "work")
    assert built.model.config.id2label == {0: "A", 1: "B"}
    built.model.eval()
    assert encoder.longest(built) == 40
    texts = ["shares rise", "film opens to good reviews on trade news", "unseen words here " * 30]
    work = tmp_path / "onnx"
    work.mkdir()
    exported = export.export(
        built, labels=["A", "B"], model_version="v", max_length=40, texts=texts, folder=tmp_path / "model", work=work
    )
    assert exported.max_probability_difference < 1e-3
    classifier = Classifier(tmp_path / "model")
    inputs = {each.name for each in onnx.load(str(tmp_path / "model" / "model.onnx")).graph.input}
    assert inputs == Packed.REQUIRED | {"token_type_ids"}
    assert classifier.predict(texts).shape == (3, 2)


def test_job_fine_tunes_the_model_in_its_channel(bert_folder: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path, "title,category\n" + "".join(f"text {i},{'AB'[i % 2]}\n" for i in range(60)))
    channel = tmp_path / "input" / "data" / "base_model"
    shutil.copytree(bert_folder, channel)
    (channel / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\nlicense: mit\n")
    job = run_job(tmp_path, "--epochs", "1", "--base_model", "my/bert", "--model", "blend")
    assert job.status == 0, job.output
    metadata = read(job.model / "metadata.json")
    assert metadata["base_model"] == "my/bert"
    [base] = [
        each
        for each in read(job.base / "output" / "data" / "sbom.cdx.json")["components"]
        if each["bom-ref"] == "base-model"
    ]
    assert (base["name"], base["licenses"]) == ("my/bert", [{"license": {"name": "apache-2.0"}}])
    assert metadata["hyperparameters"]["learning_rate"] == 5e-5
    classifier = Classifier(job.model)
    classifier.check_reference()
    assert classifier.engine.endswith("+linear")
    assert classifier.predict(["text 1"]).shape == (1, 2)
    assert classifier.measure(classifier.encode(["text 1"]))[0]["length"] >= 2
    assert baseline.read(read(job.model / "baseline.json"))["length_unit"] == "pieces"
    assert "from scratch" not in job.output
    model = read(job.model / "evaluation.json")["model"]
    assert (model["asked"], model["served"]) == ("blend", "blend")
    assert [each["kind"] for each in model["candidates"]] == ["linear", "encoder", "blend"]
    assert sum(model["weights"].values()) == pytest.approx(1)


def test_base_model_may_be_an_archive_in_its_channel(bert_folder: Path, tmp_path: Path) -> None:
    channel = tmp_path / "channel"
    channel.mkdir()
    shutil.make_archive(str(channel / "model"), "zip", bert_folder.parent)
    assert encoder.model_folder(channel, tmp_path / "work").joinpath("model.safetensors").is_file()


def test_export_falls_back_to_float32_and_says_so(
    bert_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(candidates, "MIN_AGREEMENT", 1.1)
    built = pretrained(bert_folder, tmp_path / "work")
    built.model.eval()
    exported = export.export(
        built,
        labels=["A", "B"],
        model_version="v",
        max_length=40,
        texts=["shares rise"],
        folder=tmp_path / "model",
        work=tmp_path,
    )
    assert exported.precision == "float32"
    assert (tmp_path / "model/model.onnx").read_bytes() == (tmp_path / "float32.onnx").read_bytes()
    assert "serving float32" in capsys.readouterr().out


def test_hub_out_of_reach_names_the_two_ways_out(tmp_path: Path) -> None:
    write_dataset(tmp_path, "title,category\n" + "".join(f"text {i},{'AB'[i % 2]}\n" for i in range(60)))
    job = run_job(tmp_path, "--base_model", "nobody/no-such-model", HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "hub"))
    assert job.status == 1
    assert "base model 'nobody/no-such-model' cannot be fetched from the Hugging Face hub" in job.failure
    assert "local folder" in job.failure
    assert "base_model to compact" in job.failure
    assert "Traceback" not in job.output
    assert not (tmp_path / "model" / "model.onnx").exists()


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    channel = tmp_path / "empty"
    channel.mkdir()
    with pytest.raises(TrainingError, match=r"no config\.json in the base model folder .*; what to do: set BASE_MODEL"):
        pretrained(channel, tmp_path / "work")


def test_bad_dataset_fails_the_job_with_its_sentence(tmp_path: Path) -> None:
    write_dataset(tmp_path, "headline,section_name\na,b\n")
    job = run_job(tmp_path, *TINY)
    assert job.status == 1
    assert job.failure.startswith("data.csv:1: set data.dataset.label_column")
    assert "no column recognised as the label among: headline" in job.failure
    assert job.output.startswith("progress: start 0/1")


def test_exploding_loss_fails_the_job(tmp_path: Path) -> None:
    write_dataset(tmp_path, "title,category\n" + "".join(f"text {i},{'AB'[i % 2]}\n" for i in range(60)))
    job = run_job(tmp_path, *TINY, "--learning_rate", "1e30")
    assert job.status == 1
    assert "lower the hyperparameter learning_rate" in job.failure
