"""Tests what the answers of a batch list."""

from __future__ import annotations

import json

import pytest

from ops.batch.listing import ALL, Listing

ANSWER = {"predicted_label": "B", "probabilities": [[0.3, 0.5, 0.2]], "labels": ["A", "B", "C"], "model_version": "m"}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_an_answer_lists_its_most_probable_labels(end: bytes) -> None:
    line = Listing(top_k=2, threshold=0.6).line(json.dumps(ANSWER).encode() + end)
    assert line.endswith(end)
    assert json.loads(line) == {
        "predicted_label": "B",
        "uncertain": True,
        "probabilities": [[0.5, 0.3]],
        "labels": ["B", "A"],
        "labels_omitted": 1,
        "model_version": "m",
    }


def test_each_answer_of_a_line_with_several_texts_does() -> None:
    line = Listing(threshold=0.4).line(json.dumps({"predictions": [ANSWER, ANSWER], "model_version": "m"}).encode())
    answers = json.loads(line)["predictions"]
    assert answers == [{**ANSWER, "uncertain": False}] * 2


@pytest.mark.parametrize(
    "line",
    [b"nonsense\n", b'{"error": {"code": "empty"}}\n', b"[1]\n", b'{"predictions": 3}\n', b'{"probabilities": [[]]}'],
)
def test_what_is_no_answer_stays_as_it_is(line: bytes) -> None:
    assert Listing(top_k=2).line(line) == line


def test_a_command_repeats_its_options() -> None:
    assert (Listing(top_k=2, threshold=0.5).options, ALL.options) == (" --top-k 2 --threshold 0.5", "")
