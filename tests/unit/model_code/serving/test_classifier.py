"""The classifier: artifacts loaded or refused, the texts it sees, the order of its answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from contracts.models import artifact
from model_code.serving import manifest
from model_code.serving.classifier import Classifier
from model_code.serving.layout import runs
from tests.unit.model_code.conftest import Job

TEXTS = ["Fed keeps interest rates unchanged", "x", "Flu vaccine trial begins " * 20, "NASA finds water on Mars"]

MIXED = [
    "Fed keeps interest rates unchanged",
    "Actress stuns at Oscars",
    "x",
    "Flu vaccine trial begins " * 20,
    "NASA finds water on Mars",
    "Füm 東京 🎬 – «ünïcode»",
]


def test_predicting_encodings_is_predicting_texts(classifier: Classifier) -> None:
    encodings = classifier.encode(TEXTS)
    assert (classifier.predict_encodings(encodings) == classifier.predict(TEXTS)).all()
    lengths = [len(encoding.ids) for encoding in encodings]
    assert lengths[2] == max(lengths) <= runs.TOKENS_PER_RUN
    assert all(sum(each.encoding.attention_mask) == len(each.ids) == len(each) for each in encodings)
    # Encodings of several requests, in any order, are one batch.
    mixed = classifier.predict_encodings([encodings[3], *classifier.encode(["x"]), encodings[0]])
    assert mixed == pytest.approx(classifier.predict([TEXTS[3], "x", TEXTS[0]]), abs=1e-6)
    assert classifier.predict_encodings([]).shape == classifier.predict([]).shape == (0, len(classifier.labels))


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("AT&amp;T &quot;buys&quot; Time&#39;s owner", 'AT&T "buys" Time\'s owner'),
        ("two  spaces\u00a0and\ttabs ", "two spaces and tabs"),
        ("in\u200bvisible \ufeffmarks", "invisible marks"),
        ("cafe\u0301 owner", "café owner"),
    ],
)
def test_a_served_text_is_normalised_as_a_training_text(classifier: Classifier, raw: str, seen: str) -> None:
    assert classifier.encode([raw])[0].ids == classifier.encode([seen])[0].ids
    assert (classifier.predict([raw]) == classifier.predict([seen])).all()


def test_a_long_list_is_cut_by_word_pieces_and_comes_back_in_order(classifier: Classifier) -> None:
    texts = [text for pair in ((TEXTS[2], f"word {number}") for number in range(100)) for text in pair]
    together = classifier.predict(texts)
    assert together[::2] == pytest.approx(np.tile(classifier.predict([TEXTS[2]]), (100, 1)), abs=0.02)
    assert together[7] == pytest.approx(classifier.predict([texts[7]])[0], abs=0.02)


def test_warming_up_tells_a_model_that_does_not_fit_its_labels(trained: Job, tmp_path: Path) -> None:
    folder = shutil.copytree(trained.model, tmp_path / "model")
    artifact.write_json(folder / artifact.LABELS_FILE, ["one", "two"])
    manifest.seal(folder)
    with pytest.raises(artifact.ArtifactError, match="probabilities for 2 labels"):
        Classifier(folder).warm_up()


@pytest.mark.parametrize("native", [True, False])
def test_probabilities_sum_to_one_and_keep_the_order(trained: Job, native: bool) -> None:
    classifier = Classifier(trained.model, native=native)
    together = classifier.predict(MIXED)
    assert together.shape == (len(MIXED), 4)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-9)
    for text, row in zip(MIXED, together, strict=True):
        assert classifier.predict([text])[0] == pytest.approx(
            row, abs=0.06
        )  # int8 scales are chosen over the whole batch
    assert classifier.predict([]).shape == (0, 4)


def test_loading_refuses_a_folder_that_is_not_an_artifact(trained: Job, tmp_path: Path) -> None:
    with pytest.raises(artifact.ArtifactError, match=r"model\.onnx, .* missing"):
        Classifier(tmp_path)
    broken = tmp_path / "broken"
    shutil.copytree(trained.model, broken)
    (broken / "model.onnx").write_bytes(b"not a graph")
    manifest.seal(broken)
    with pytest.raises(artifact.ArtifactError, match="cannot be loaded"):
        Classifier(broken, native=False)
    shutil.copyfile(trained.model / "model.onnx", broken / "model.onnx")
    artifact.write_json(broken / "labels.json", ["A", "B"])
    manifest.seal(broken)
    for native in (False, True):
        with pytest.raises(artifact.ArtifactError, match="4 probabilities for 2 labels"):
            Classifier(broken, native=native).warm_up()
