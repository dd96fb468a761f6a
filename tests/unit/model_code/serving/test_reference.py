"""A server starts only if it answers the artifact's reference texts as the export did."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, load, numpy_helper, save

from contracts.models import artifact
from contracts.models.artifact import ArtifactError
from model_code.serving import manifest, reference
from model_code.serving.classifier import Classifier
from model_code.serving.engines.native import library, weights
from model_code.serving.reference import Answer, Reference
from model_code.training.exporting import references
from tests.unit.model_code.conftest import Job

LABELS = ("A", "B", "C")
ENGINE = "onnxruntime"


def answering(*row: float) -> Any:
    return lambda texts: np.array([row] * len(texts))


def one(label: str, *row: float) -> Reference:
    return Reference((Answer("a text", label, {ENGINE: row}),))


def check(expected: Reference, *row: float, labels: tuple[str, ...] = LABELS, engine: str = ENGINE) -> None:
    reference.check(expected, answering(*row), engine=engine, labels=labels)


def test_answers_within_the_bound_pass() -> None:
    check(one("B", 0.1, 0.7, 0.2), 0.1, 0.7, 0.2)
    check(one("B", 0.1, 0.7, 0.2), 0.119, 0.681, 0.2)


def test_of_a_text_with_a_tie_another_label_will_do_within_the_bound_alone() -> None:
    tie, clear = one("B", 0.49, 0.51, 0), one("B", 0.475, 0.525, 0)
    check(tie, 0.505, 0.495, 0)
    for row in ((0.54, 0.46, 0), (0.3, 0.3, 0.4)):
        with pytest.raises(ArtifactError, match="a probability by onnxruntime differs by"):
            check(tie, *row)
    with pytest.raises(ArtifactError, match="is 'A' by onnxruntime here but was 'B'"):
        check(clear, 0.502, 0.498, 0)
    check(replace(clear, bound=0.03), 0.502, 0.498, 0)  # twice this bound apart, and no more


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0.7, 0.1, 0.2), "reference text 0 is 'A' by onnxruntime here but was 'B'"),
        ((0.125, 0.675, 0.2), "a probability by onnxruntime differs by 0.025 .* at most 0.02 is allowed"),
        ((float("nan"),) * 3, "reference text 0"),
    ],
)
def test_others_do_not(row: tuple[float, ...], message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        check(one("B", 0.1, 0.7, 0.2), *row)


def test_the_artifact_states_its_bound() -> None:
    expected = replace(one("B", 0.1, 0.7, 0.2), bound=0.1)
    check(expected, 0.15, 0.65, 0.2)
    with pytest.raises(ArtifactError, match=r"at most 0\.1 is allowed"):
        check(expected, 0.25, 0.55, 0.2)


def test_labels_in_another_order_and_unknown_engines_do_not_pass() -> None:
    expected = one("B", 0.1, 0.7, 0.2)
    for labels, engine in ((("B", "A", "C"), ENGINE), (LABELS, "int8-amx"), (("A", "B"), ENGINE)):
        with pytest.raises(ArtifactError, match="that fits the labels"):
            check(expected, 0.1, 0.7, 0.2, labels=labels, engine=engine)


@pytest.mark.parametrize(
    "content", [[], {}, {"texts": []}, {"texts": [{"text": "a"}]}, {"texts": 3}, {"bound": 1.5, "texts": []}]
)
def test_another_file_is_an_error(content: object, tmp_path: Path) -> None:
    artifact.write_json(tmp_path / artifact.REFERENCE_FILE, content)
    with pytest.raises(ArtifactError, match=r"reference\.json"):
        reference.read(tmp_path)


def test_without_a_stated_bound_it_is_two_hundredths(tmp_path: Path) -> None:
    assert reference.read(tmp_path) is None
    written = one("B", 0.1, 0.7, 0.2).as_dict()
    artifact.write_json(tmp_path / artifact.REFERENCE_FILE, {"texts": written["texts"]})
    loaded = reference.read(tmp_path)
    assert loaded is not None and (loaded.bound, loaded.answers[0].label) == (0.02, "B")


def test_training_writes_a_few_dozen_that_tell_labels_apart(trained: Job) -> None:
    loaded = reference.read(trained.model)
    assert loaded is not None and loaded.bound == 0.02
    assert len(loaded.answers) == references.TEXTS
    labels = artifact.read(trained.model).labels
    assert {each.label for each in loaded.answers} == set(labels)
    engines = {ENGINE} | ({"int8-amx"} if (trained.model / artifact.ENCODER_FILE).exists() else set())
    assert all(each.probabilities.keys() == engines for each in loaded.answers)
    rows = [np.array(row) for each in loaded.answers for row in each.probabilities.values()]
    assert not any(reference.is_tie(row, loaded.bound) for row in rows)
    assert any(len(each.text.split()) == 1 for each in loaded.answers)


def test_none_of_them_is_a_text_of_the_dataset(trained: Job) -> None:
    loaded = reference.read(trained.model)
    dataset = (trained.base / "input/data/dataset/data.csv").read_text(encoding="utf-8").casefold()
    assert loaded is not None
    assert not [each.text for each in loaded.answers if len(each.text.split()) > 3 and each.text.casefold() in dataset]


def test_every_engine_here_gives_them(trained: Job) -> None:
    Classifier(trained.model, native=False).warm_up()
    Classifier(trained.model, native=False, threads=2).check_reference()
    for kernels in library.all_kernels():
        if (trained.model / artifact.ENCODER_FILE).exists():
            Classifier(trained.model, kernels=kernels).warm_up()


@pytest.fixture
def folder(trained: Job, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.model, tmp_path / "model"))


def test_an_onnx_model_that_answers_otherwise_does_not_come_up(folder: Path) -> None:
    path = folder / artifact.MODEL_FILE
    changed = load(str(path))
    head = [
        each for each in changed.graph.initializer if list(each.dims) == [4] and each.data_type == TensorProto.FLOAT
    ]
    for each in head:
        moved = numpy_helper.to_array(each) + np.array([0.5, 0, 0, 0], np.float32)
        each.CopyFrom(numpy_helper.from_array(moved, each.name))
    assert head
    save(changed, str(path))
    manifest.seal(folder)  # by anyone who writes the digests, too
    with pytest.raises(ArtifactError, match="reference text"):
        Classifier(folder, native=False).warm_up()


def test_our_kernels_weights_that_answer_otherwise_do_not_come_up(folder: Path) -> None:
    path = folder / artifact.ENCODER_FILE
    stored = weights.read(path)
    assert stored is not None
    weights.save(replace(stored, class_bias=stored.class_bias[::-1].copy() + np.array([0, 0, 0, 1], np.float32)), path)
    manifest.seal(folder)
    with pytest.raises(ArtifactError, match="reference text"):
        Classifier(folder, kernels=library.plain()).warm_up()


def test_numbers_that_are_not_finite_do_not_come_up(folder: Path) -> None:
    path = folder / artifact.MODEL_FILE
    changed = load(str(path))
    first = next(each for each in changed.graph.initializer if each.data_type == TensorProto.FLOAT and each.dims)
    values = numpy_helper.to_array(first).copy()
    values.flat[0] = np.nan
    first.CopyFrom(numpy_helper.from_array(values, first.name))
    save(changed, str(path))
    manifest.seal(folder)
    with pytest.raises(ArtifactError, match="values that are not finite"):
        Classifier(folder, native=False)
