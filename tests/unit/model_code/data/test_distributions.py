"""The reference for drift: what is counted, in which bins, and how large the file may become."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.models import baseline
from contracts.models.artifact import BASELINE_FILE
from contracts.models.baseline import MAX_BYTES, MAX_TERMS, Baseline
from contracts.models.measures import Measures
from model_code.training.data import distributions
from model_code.training.data.distributions import Answered
from model_code.training.data.rows import Row
from model_code.training.data.split import Split

LABELS = ("Business", "Health")


class Model:
    """Answers with a confidence that grows with the text, and measures words; ``tokenizer`` as of an encoder or not."""

    labels, model_version = LABELS, "rubric-1"

    def __init__(self, *, encoder: bool = True) -> None:
        self.tokenizer = object() if encoder else None

    def encode(self, texts: list[str]) -> list[str]:
        return texts

    def predict_encodings(self, texts: list[str]) -> np.ndarray:
        first = np.array([0.5 + min(len(text), 49) / 100 for text in texts])
        return np.stack([first, 1 - first], axis=1)

    def measure(self, texts: list[str]) -> list[Measures]:
        return [measures(len(text.split()), 0.0 if self.tokenizer else None) for text in texts]


def measures(length: int, unknown: float | None = 0.0, unseen: float | None = 0.25) -> Measures:
    return {"length": length, "unknown_pieces": unknown, "unseen_words": unseen}


def rows(*texts: str, label: str = "Business", near: str = "", line: int = 1) -> list[Row]:
    return [Row(text, label, line + number, near=near) for number, text in enumerate(texts)]


def described(model: Any, parts: Split, **changes: Any) -> Baseline:
    texts = [row.text for row in parts.test]
    tested = Answered(parts.test, model.predict_encodings(texts), changes.get("measures", model.measure(texts)))
    found = distributions.describe(model, parts, tested, on_valid=changes.get("on_valid"))
    return baseline.read(json.loads(json.dumps(found)))


def parts(*tested: Row) -> Split:
    train = [*rows("fed keeps rates", "fed raises rates"), *rows("flu season", label="Health", line=3)]
    return Split(train, rows("fed " * 3, "rates " * 5, "growth " * 9, line=10), list(tested))


def test_the_answers_to_the_test_texts_are_counted() -> None:
    tested = [*rows("a b c", "a b c d e f", line=20), *rows("flu", label="Health", line=30)]
    found = described(Model(), parts(*tested))
    assert (found["texts"], found["length_unit"], found["model_version"]) == (3, "pieces", "rubric-1")
    assert found["streams"]["predicted_label"] == {"counts": [3, 0]}
    assert found["confusion"] == [[2, 0], [1, 0]]
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["mean_confidence"] == pytest.approx(np.mean([0.55, 0.61, 0.53]))
    assert found["prior"] == pytest.approx([2 / 3, 1 / 3])
    for stream in found["streams"].values():
        assert sum(stream["counts"]) == 3
    length = found["streams"]["length"]
    assert length["edges"] == [0, 4, 5, 6, 7, 8, 9] and length["counts"] == [2, 0, 0, 1, 0, 0, 0]
    assert found["streams"]["unseen_words"]["counts"] == [0, 0, 0, 0, 0, 3, 0, 0, 0]
    assert found["streams"]["unknown_pieces"]["counts"][0] == 3
    assert found["terms"] == {"fed": 2, "rates": 2} and found["term_texts"] == 3


def test_of_near_duplicates_one_is_counted() -> None:
    alone, twins = rows("alone", line=20), rows("one story", "one story!", "One story", near="x", line=30)
    found = described(Model(), parts(*twins, *alone))
    assert found["texts"] == 2 and found["streams"]["predicted_label"]["counts"] == [2, 0]
    same = Split(rows("the fed", "the fed!", near="y"), parts().valid, alone)
    assert described(Model(), same)["term_texts"] == 1 and described(Model(), same)["terms"] == {}


def test_a_text_without_a_measure_is_not_counted_there_and_a_stream_without_texts_is_left_out() -> None:
    tested = rows("a", "b", line=20)
    some = described(Model(), parts(*tested), measures=[measures(1, None, None), measures(1, 0.5, None)])
    assert sum(some["streams"]["unknown_pieces"]["counts"]) == 1
    assert "unseen_words" not in some["streams"]
    linear = described(Model(encoder=False), parts(*tested))
    assert linear["length_unit"] == "words" and "unknown_pieces" not in linear["streams"]


def test_the_bins_do_not_depend_on_the_texts_that_are_counted() -> None:
    few, many = (described(Model(), parts(*rows(*texts, line=20))) for texts in (["a"], ["a b c d", "z " * 40]))
    for name in few["streams"]:
        assert few["streams"][name].get("edges") == many["streams"][name].get("edges")


def test_a_model_that_was_fitted_on_the_validation_texts_does_not_choose_the_bins_of_confidence() -> None:
    given = parts(*rows("a", line=20))
    unseen = np.array([[0.3, 0.7], [0.9, 0.1], [0.8, 0.2]])
    found = described(Model(), given, on_valid=unseen)["streams"]["confidence"]["edges"]
    assert found == distributions.confidence_edges(np.array([0.7, 0.9, 0.8]))
    twice = Split(given.train, rows("one story", "one story!", "else", near="x", line=10), given.test)
    assert described(Model(), twice, on_valid=unseen)["streams"]["confidence"]["edges"] == [0.0, 0.7]


def test_confidence_is_binned_no_finer_than_an_engine_is_exact() -> None:
    values = np.concatenate([np.linspace(0.3, 0.9, 20), np.full(80, 0.99995)])
    edges = distributions.confidence_edges(values)
    assert edges[0] == 0.0 and edges[-1] == 0.99
    assert all(later - earlier >= 0.0099 for earlier, later in pairwise(edges))
    assert distributions.confidence_edges(np.full(5, 0.001)) == [0.0]


def test_terms_are_the_most_frequent_words_in_an_order_of_their_own() -> None:
    texts = [f"the word{number} word{number // 2}" for number in range(3 * MAX_TERMS)] + ["x" * 41] * 2
    found = distributions.terms(texts)
    assert len(found) == MAX_TERMS and next(iter(found)) == "the" and min(found.values()) >= 2
    random.Random(1).shuffle(texts)
    assert list(distributions.terms(texts).items()) == list(found.items())


@pytest.mark.parametrize(("labels", "texts"), [(500, 20_000), (2_000, 20_000)])
def test_the_file_stays_below_its_limit_with_many_labels(tmp_path: Path, labels: int, texts: int) -> None:
    chance = np.random.Generator(np.random.PCG64(1))
    truth, predicted = chance.integers(labels, size=(2, texts))
    words = [f"{'ü' * 20}{number}" for number in range(MAX_TERMS)]
    reference: Baseline = {
        "layout": 2,
        "model_version": "rubric-1",
        "texts": texts,
        "length_unit": "pieces",
        "labels": [f"a label of some length {number}" for number in range(labels)],
        "streams": {"predicted_label": {"counts": np.bincount(predicted, minlength=labels).tolist()}},
        "confusion": distributions.confusion(truth, predicted, labels=labels),
        "prior": [1 / labels] * labels,
        "mean_confidence": 0.9,
        "accuracy": 0.9,
        "term_texts": texts,
        "terms": dict.fromkeys(words, 12_345),
    }
    distributions.write(tmp_path, reference)
    path = tmp_path / BASELINE_FILE
    assert path.stat().st_size <= MAX_BYTES
    assert baseline.read(json.loads(path.read_text(encoding="utf-8"))) == reference
    assert (reference["confusion"] is None) is (labels > 500)


def test_what_is_too_large_is_left_out_and_a_log_line_says_if_nothing_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / BASELINE_FILE
    reference = described(Model(), parts(*rows("a", line=20)))
    distributions.write(tmp_path, {**reference, "terms": {"x" * MAX_BYTES: 1}})
    smaller = json.loads(path.read_text())
    assert smaller["confusion"] is None and smaller["terms"] == {} and smaller["streams"] == reference["streams"]
    path.unlink()
    distributions.write(tmp_path, {**reference, "labels": ["x" * MAX_BYTES, "y"]})
    assert not path.exists() and capsys.readouterr().out.startswith("no baseline.json: the labels alone")
