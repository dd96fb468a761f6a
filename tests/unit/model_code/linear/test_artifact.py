"""Artifacts with a linear model: served by both containers without an encoder, sealed, and checked at start-up."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from contracts.models import artifact
from contracts.models.artifact import ArtifactError
from model_code.serving import inference, manifest, reference
from model_code.serving.classifier import Classifier
from model_code.serving.lean.application import Application
from model_code.serving.linear import weights
from model_code.serving.settings import Settings
from model_code.training.evaluation import linear_model
from model_code.training.evaluation.linear_model import LinearModel
from model_code.training.exporting import references
from tests.unit.model_code.conftest import ROOT, Job
from tests.unit.model_code.linear.artifacts import ODD, headlines, write

TEXTS = [text for text in ODD if text.strip()]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[LinearModel, list[str]]:
    data = headlines(tmp_path_factory.mktemp("headlines"))
    return linear_model.fit(data.rows, data.labels), list(data.labels)


@pytest.fixture(scope="module")
def made(fitted: tuple[LinearModel, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("linear") / "model", *fitted)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "model"))


@pytest.fixture
def blend(trained: Job, fitted: tuple[LinearModel, list[str]], tmp_path: Path) -> Path:
    made = Path(shutil.copytree(trained.model, tmp_path / "blend"))
    (made / artifact.REFERENCE_FILE).unlink()
    unsealed = {
        k: v for k, v in artifact.read_json(made / artifact.METADATA_FILE).items() if k not in {"format", "files"}
    }
    artifact.write_json(made / artifact.METADATA_FILE, unsealed)
    assert artifact.read_json(made / artifact.LABELS_FILE) == fitted[1]
    weights.save(fitted[0].scaled(1.5, encoder_scale=0.4), made / artifact.LINEAR_FILE)
    references.write(made)
    manifest.seal(made)
    return made


def test_it_has_no_encoder_and_answers(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == [
        "labels.json",
        "linear.npz",
        "metadata.json",
        "reference.json",
    ]
    classifier = Classifier(made)
    classifier.warm_up()
    assert (classifier.engine, classifier.sealed) == ("linear", True)
    assert artifact.read_json(made / artifact.METADATA_FILE)["format"] == 3
    assert classifier.with_threads(2) is None
    assert classifier.predict(["Actress stuns at the Oscars"]).argmax() == classifier.labels.index("Entertainment")


def test_both_containers_and_training_give_the_very_same_answer(
    made: Path, fitted: tuple[LinearModel, list[str]]
) -> None:
    served = Classifier(made).predict(TEXTS)
    body = json.dumps({"inputs": TEXTS})
    answer = json.loads(inference.transform_fn(inference.model_fn(str(made)), body, "application/json", "*/*"))
    assert [each["probabilities"][0] for each in answer["predictions"]] == served.tolist()
    application = Application(Settings(model=made, access_log=False))
    application.load()
    assert application._loaded is not None
    of_lean = application._loaded.classifier.predict(TEXTS)
    application.close()
    assert (of_lean == served).all()
    classifier = Classifier(made)
    normalised = [each.text for each in classifier.encode(TEXTS)]
    assert softmax(fitted[0].logits(normalised) * 2, axis=1) == pytest.approx(served, abs=2e-3)  # rounded once more


def test_serving_it_needs_neither_scikit_learn_nor_an_inference_library(made: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom model_code.serving.classifier import Classifier\n"
        f"Classifier(Path({str(made)!r})).warm_up()\n"
        "print([n for n in ('sklearn', 'scipy', 'torch', 'onnxruntime', 'transformers') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_blend_multiplies_the_probabilities(blend: Path, trained: Job, fitted: tuple[LinearModel, list[str]]) -> None:
    both = Classifier(blend, native=False)
    both.warm_up()
    assert both.engine == "onnxruntime+linear"
    encoder = np.log(Classifier(trained.model, native=False).predict(TEXTS))
    linear = weights.read(blend / artifact.LINEAR_FILE)
    expected = softmax(0.4 * encoder + linear_model.Scorer(linear).logits([e.text for e in both.encode(TEXTS)]), axis=1)
    alone = np.concatenate([both.predict([text]) for text in TEXTS])
    assert alone == pytest.approx(expected, abs=0.03)  # dynamic int8 answers otherwise in a batch
    divided = both.with_threads(2)
    assert divided is not None and divided.engine == both.engine
    divided.check_reference()


def test_reference_answers_cover_each_engine(made: Path, blend: Path) -> None:
    assert {name for each in answers(made) for name in each.probabilities} == {"linear"}
    named = {name for each in answers(blend) for name in each.probabilities}
    assert named - {"int8-amx+linear"} == {"onnxruntime+linear"}
    assert len(answers(made)) == references.TEXTS


def answers(folder: Path) -> tuple[reference.Answer, ...]:
    read = reference.read(folder)
    assert read is not None
    return read.answers


def test_a_linear_model_that_answers_otherwise_does_not_come_up(folder: Path) -> None:
    path = folder / artifact.LINEAR_FILE
    given = weights.read(path)
    weights.save(replace(given, bias=given.bias + np.array([1.0, 0, 0, 0])), path)
    with pytest.raises(ArtifactError, match=r"linear\.npz has changed"):
        Classifier(folder)
    manifest.seal(folder)  # by anyone who writes the digests, too
    with pytest.raises(ArtifactError, match="by linear"):
        Classifier(folder).warm_up()


def test_a_server_that_knows_no_linear_models_would_refuse_it(folder: Path) -> None:
    metadata = artifact.read_json(folder / artifact.METADATA_FILE)
    artifact.write_json(folder / artifact.METADATA_FILE, metadata | {"format": 2})
    with pytest.raises(ArtifactError, match=r"format 2, which knows no linear\.npz"):
        Classifier(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (artifact.LINEAR_FILE, r"model\.onnx, tokenizer\.json missing"),
        (artifact.LABELS_FILE, r"labels\.json missing"),
    ],
)
def test_what_is_missing_is_named(folder: Path, name: str, message: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=message):
        artifact.read(folder)


@pytest.mark.parametrize("name", [artifact.MODEL_FILE, artifact.TOKENIZER_FILE])
def test_half_an_encoder_beside_it_is_not_passed_over(folder: Path, name: str) -> None:
    (folder / name).touch()
    with pytest.raises(ArtifactError, match="missing"):
        artifact.read(folder)


def test_a_broken_file_is_one_sentence(folder: Path) -> None:
    (folder / artifact.LINEAR_FILE).write_bytes(b"PK nothing")
    manifest.seal(folder)
    with pytest.raises(ArtifactError, match=r"cannot be loaded: .*linear\.npz cannot be read"):
        Classifier(folder)
