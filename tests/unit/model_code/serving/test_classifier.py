"""The classifier's two steps, the texts it sees, and the memory it asks for."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from contracts import artifact
from model_code.serving import manifest
from model_code.serving.classifier import Classifier
from model_code.serving.engines import huge_pages
from model_code.serving.layout import runs
from tests.unit.model_code.conftest import Job

TEXTS = ["Fed keeps interest rates unchanged", "x", "Flu vaccine trial begins " * 20, "NASA finds water on Mars"]


@pytest.fixture(scope="module")
def classifier(trained: Job) -> Classifier:
    return Classifier(trained.model)


def test_predicting_encodings_is_predicting_texts(classifier: Classifier) -> None:
    encodings = classifier.encode(TEXTS)
    assert (classifier.predict_encodings(encodings) == classifier.predict(TEXTS)).all()
    lengths = [len(encoding.ids) for encoding in encodings]
    assert lengths[2] == max(lengths) <= runs.TOKENS_PER_RUN
    assert all(sum(encoding.attention_mask) == length for encoding, length in zip(encodings, lengths, strict=True))
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


def test_huge_pages_are_asked_for_where_a_whole_one_fits(tmp_path: Path) -> None:
    size = huge_pages.SIZE
    maps = tmp_path / "maps"
    maps.write_text(
        f"{size + 4096:x}-{4 * size:x} rw-p 00000000 00:00 0 \n"
        f"{10 * size + 4096:x}-{11 * size:x} rw-p 00000000 00:00 0 \n"  # no whole one
        f"{20 * size:x}-{22 * size:x} r--p 00000000 00:00 0 \n"
        f"{30 * size:x}-{32 * size:x} rw-p 00000000 00:00 0 [heap]\n"
        f"{40 * size:x}-{42 * size:x} rw-p 00000000 fd:00 7 /usr/lib/model.bin\n"
        f"{50 * size:x}-{52 * size:x} rw-p 00000000 00:00 0 [stack]\n",
        encoding="ascii",
    )
    assert list(huge_pages._regions(maps)) == [(2 * size, 4 * size), (30 * size, 32 * size)]
    assert huge_pages.use(tmp_path / "no map here") == 0


def test_asking_for_huge_pages_changes_no_memory() -> None:
    values = np.random.default_rng(3).integers(0, 255, 16 << 20, dtype=np.uint8)
    before = values.copy()
    huge_pages.use()
    assert (values == before).all()
