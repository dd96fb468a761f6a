"""What the sentences say about the estimate, and about too little data."""

from __future__ import annotations

from typing import Any

from model_code.training.exploring import suggestions as sentences


def suggestions(**more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "rows_used": 1000,
        "unlabelled": 0,
        "model": {"accuracy": 0.9, "accuracy_interval": [0.88, 0.92], "most_frequent": 0.4},
        "not_judged": [],
        "wrong": {"estimate": 40.4, "interval": [30.0, 55.0], "share": 0.0404},
        "contradictions": 0,
        "suspects": [{}],
        "next": [],
        **more,
    }
    return {**made, "trusted": sentences.is_trusted(made)}


def test_the_estimate_comes_with_its_uncertainty_and_what_it_includes():
    said = " ".join(sentences.sentences(suggestions()))
    assert "About 40 of 1,000 labels look wrong (4" in said and "confidence 30 to 55" in said
    assert (
        "rather too many than too few" in said
        and "only the linear model gets wrong: it gives the file's label to 90" in said
        and "rough" not in said
    )


def test_no_suspect_is_no_proof():
    wrong = {"estimate": 0.2, "interval": [0.0, 3.7], "share": 0.0}
    assert sentences.sentences(suggestions(suspects=[], wrong=wrong)) == [
        "No label looks wrong; with 95 % confidence at most 4 of 1,000 do."
    ]


def test_a_model_that_learned_nothing_says_so_instead():
    model = {"accuracy": 0.5, "accuracy_interval": [0.35, 0.65], "most_frequent": 0.4}
    poor = suggestions(model=model, rows_used=40)
    assert not poor["trusted"]
    first, *others = sentences.sentences(poor)
    assert (
        first.startswith("There is too little data to judge labels") and "35" in first and "add labelled rows" in first
    )
    assert not any("look wrong" in each for each in (first, *others))


def test_few_rows_labels_that_were_not_judged_and_contradictions_are_named():
    labels = [f"label {number}" for number in range(7)]
    said = " ".join(sentences.sentences(suggestions(rows_used=120, not_judged=labels, contradictions=3)))
    assert "With only 120 rows the estimate is rough" in said
    assert "label 4 and 2 more" in said and "3 texts are in the file under several labels" in said


def test_texts_to_label_next_are_explained():
    said = sentences.sentences(suggestions(next=[{}] * 20, unlabelled=1500, suspects=[]))
    assert said[-1].startswith("20 of 1,500 texts without a label are suggested") and not any("stop" in e for e in said)
