"""Tests the gate's model card."""

from __future__ import annotations

import json
from typing import Any, cast

import jsonschema
import pytest

from contracts.api.task import Task
from lambda_src.pipeline.gate import card
from tests.unit.lambda_src.pipeline.gate.model_card_schema import CARD

ARTIFACT = "s3://artifacts/models/job-1/output/model.tar.gz"
SECRET = "Minister's secret diary found"
TRAINING = {
    "job_arn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/job-1",
    "image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13.0-cpu-amzn2023-sagemaker",
    "dataset_uri": "s3://datasets/ab/headlines.csv",
    "hyperparameters": {"epochs": "3", "sagemaker_program": "train.py", "text_column": ""},
    "instance_type": "ml.c7i.large",
    "instance_count": 2,
}
COMPARISON = {
    "texts": 400,
    "only_new_right": 12,
    "only_old_right": 8,
    "mcnemar_p": 0.5,
    "accuracy_difference": 0.01,
    "accuracy_difference_interval": [-0.01, 0.03],
    "macro_f1_difference": 0.012,
    "macro_f1_difference_interval": [-0.01, 0.034],
    "confidence_level": 0.95,
    "resamples": 1000,
}
CLASS = {"precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 12, "f1_interval": [0.8, 0.9]}
EVALUATION = {
    "model_version": "job-1",
    "base_model": "compact",
    "labels": ["Business", "Health"],
    "accuracy": 0.93,
    "macro_f1": 0.92,
    "accuracy_interval": [0.91, 0.95],
    "macro_f1_interval": [0.9, 0.94],
    "per_class": {"Business": CLASS, "Health": {**CLASS, "support": 388}},
    "confusion_matrix": [[10, 2], [30, 358]],
    "calibration_error": 0.02,
    "baseline": {"name": "TF-IDF + LinearSVC", "accuracy": 0.94, "macro_f1": 0.93, "comparison": COMPARISON},
    "champion": {"model_version": "job-0", "accuracy": 0.92, "comparable": True, "comparison": COMPARISON},
    "mistakes": [{"text": SECRET, "truth": "Health", "words": [{"word": SECRET, "influence": 0.4}]}],
    "history": [{"step": 1, "loss": 0.4}],
    "counts": {"train": 3200, "valid": 200, "test": 400},
    "split": "by story",
    "leak": {"random_split_share": 0.31, "this_split_share": 0.0, "inflation": 0.021, "examples": [SECRET]},
    "data": {
        "name": "headlines.csv",
        "rows_read": 4000,
        "rows_used": 3800,
        "dropped": {"empty text": 150, "no label": 50},
        "near_duplicates": {"groups": 3, "examples": [[SECRET, SECRET]]},
        "conflicts": {"texts": 1, "examples": [SECRET]},
        "grouped_by": "near duplicates",
    },
    "train_seconds": 61.2,
    "train_loss": 0.21,
    "train_precision": "fp32",
    "kept_epoch": 3.0,
    "stopped_early": True,
    "resumed_from_step": 40,
    "texts_per_second": 950.5,
    "served_precision": "int8-dynamic",
    "int8_agreement": 0.998,
    "cost": {"usd": 0.012, "instance_type": "ml.c7i.large"},
    "dataset_sha256": "ab" * 32,
}  # fmt: skip


def made(evaluation=EVALUATION, **changes):
    """The card, checked against the schema."""
    facts = {"job_name": "job-1", "artifact_uri": ARTIFACT, "training": TRAINING, "reason": "fine."} | changes
    text = card.content(evaluation, **facts)
    document = json.loads(text)
    jsonschema.validate(document, CARD)
    return document, text


def test_the_card_tells_what_a_reader_of_the_registry_needs():
    document, _ = made()
    assert document["model_overview"]["model_artifact"] == [ARTIFACT]
    assert "2 labels, with a probability for each: Business, Health" in document["intended_uses"]["purpose_of_model"]
    job = document["training_details"]["training_job_details"]
    assert job["training_arn"] == TRAINING["job_arn"]
    assert job["user_provided_hyper_parameters"] == [{"name": "epochs", "value": "3"}]
    observations = document["training_details"]["training_observations"]
    assert "Texts: train 3,200, valid 200, test 400. On 2 x ml.c7i.large." in observations
    assert "Epoch kept: 3, where training stopped early. Resumed from its checkpoint at step 40 after" in observations
    details = document["additional_information"]["custom_details"]
    assert details["dataset sha256"] == "ab" * 32
    assert details["rows dropped"] == "200 (empty text 150, no label 50)"
    caveats = document["additional_information"]["caveats_and_recommendations"]
    assert "simple classifier's accuracy by +0.0210" in caveats
    assert "Fewer than 30 test texts have the label Business:" in caveats
    assert "A simple linear classifier does as well" in caveats


def test_it_names_the_dataset_version_by_its_manifest():
    document, _ = made(evaluation={**EVALUATION, "dataset_version": "v3", "manifest_sha256": "cd" * 32})
    details = document["additional_information"]["custom_details"]
    assert (details["dataset version"], details["manifest sha256"]) == ("v3", "cd" * 32)


def test_it_tells_which_kind_of_model_was_taken_and_why():
    kinds = [
        {"kind": "linear", "test_accuracy": 0.9365, "ms_per_text": 0.1234},
        {"kind": "blend", "test_accuracy": 0.942, "ms_per_text": 0.5, "comparison": COMPARISON},
        {"kind": "encoder"},
    ]
    model = {"asked": "best", "served": "linear", "reason": "no other is better", "weights": None, "candidates": kinds}
    document, _ = made({**EVALUATION, "base_model": "linear", "model": model})
    said = document["additional_information"]["custom_details"]["kind of model"]
    assert said == (
        "linear, asked for best: no other is better; linear: accuracy 0.9365 on the test texts, 0.123 ms of a core a "
        "text; blend: accuracy 0.9420 on the test texts, 0.5 ms of a core a text"
    )
    assert "It is a linear model" in document["intended_uses"]["purpose_of_model"]
    assert "linear support vector machine" in document["training_details"]["training_observations"]
    assert "Epoch" not in document["training_details"]["training_observations"]
    assert "does as well" not in document["additional_information"]["caveats_and_recommendations"]
    blended, _ = made({**EVALUATION, "model": {**model, "served": "blend", "weights": {"encoder": 0.4, "linear": 0.6}}})
    weights = blended["additional_information"]["custom_details"]["kind of model"]
    assert "weight of the encoder 0.40; weight of the linear 0.60" in weights


def test_its_figures_are_grouped_with_their_intervals():
    document, _ = made()
    test, baseline, approved = document["evaluation_details"]
    assert "The gate: fine." in test["evaluation_observation"]
    groups = {group["name"]: group["metric_data"] for group in test["metric_groups"]}
    assert list(groups) == ["overall figures", "precision", "recall", "f1", "support", "confusion matrix"]
    accuracy = groups["overall figures"][0]
    assert accuracy == {
        "name": "accuracy", "type": "number", "value": 0.93, "notes": "95 % interval 0.9100 to 0.9500",
    }  # fmt: skip
    assert [metric["value"] for metric in groups["support"]] == [12, 388]
    assert groups["confusion matrix"][0]["value"] == [[10, 2], [30, 358]]
    assert baseline["evaluation_observation"].startswith("TF-IDF + LinearSVC, on the same test texts.")
    found = {metric["name"]: metric for metric in approved["metric_groups"][0]["metric_data"]}
    assert (found["only new right"]["value"], found["mcnemar p"]["value"]) == (12, 0.5)
    assert found["accuracy difference"]["notes"] == "95 % interval -0.0100 to 0.0300"


def test_what_the_job_warned_about_is_among_the_caveats():
    document, _ = made({**EVALUATION, "warnings": ["Few labels: 12 rows for a typical label."]})
    assert "Few labels: 12 rows" in document["additional_information"]["caveats_and_recommendations"]


def test_it_has_no_text_of_the_dataset():
    _, text = made()
    assert "secret" not in text


@pytest.mark.parametrize(
    "evaluation",
    [
        {},
        {"accuracy": 0.9, "macro_f1": 0.9, "champion": None, "baseline": None},
        {**EVALUATION, "champion": {"comparable": False, "reason": "other labels"}},
        {"calibration_error": float("nan"), "counts": {"test": "many"}, "confusion_matrix": [], "labels": ["A"]},
    ],
)
def test_what_is_not_known_is_left_out(evaluation):
    document, _ = made(evaluation, training={})
    assert "training_arn" not in document["training_details"]["training_job_details"]
    assert "approved model" not in [item["name"] for item in document["evaluation_details"]]


def test_however_many_labels_it_keeps_within_the_limits():
    """A state of a state machine holds 262,144 bytes, in which the card is one of several values."""
    labels = [f"{number} " + "訓" * 300 for number in range(500)]
    evaluation = {
        **EVALUATION,
        "labels": labels,
        "per_class": {label: {**CLASS, "f1": number / 500} for number, label in enumerate(labels)},
        "confusion_matrix": [[1] * 500] * 500,
        "data": {"dropped": {"訓" * 900: 1, "b": 2}},
    }
    hyperparameters = {f"name{number}" + "訓" * 300: "値" * 3000 for number in range(100)}
    document, text = made(evaluation, training={**TRAINING, "hyperparameters": hyperparameters}, reason="r" * 1024)
    assert len(text) < 100_000
    assert len(json.dumps(text, ensure_ascii=False).encode()) < 150_000
    test = document["evaluation_details"][0]["metric_groups"]
    assert [group["name"] for group in test][1] == "precision, the 40 weakest labels of 500"
    assert test[3]["metric_data"][39]["value"] == 39 / 500


def test_the_card_says_what_became_of_labels_and_columns_in_the_users_words() -> None:
    changed = [
        {"label": "r&d", "becomes": "R&D", "rows": 1200},
        {"label": "nan", "becomes": None, "rows": 15},
    ]
    training = {**TRAINING, "hyperparameters": {"label_column": "%43lass%20Index", "sagemaker_program": "train.py"}}
    evaluation: Any = {**EVALUATION, "data": {"label_mapping": changed}}
    document = json.loads(
        card.content(evaluation, job_name="job-1", artifact_uri=ARTIFACT, training=training, reason="Good.")
    )
    jsonschema.validate(document, CARD)
    details = document["additional_information"]["custom_details"]
    assert details["labels changed"] == "r&d is now R&D (1,200 rows); nan left out (15 rows)"
    given = document["training_details"]["training_job_details"]["user_provided_hyper_parameters"]
    assert given == [{"name": "label_column", "value": "Class Index"}]


def test_a_card_speaks_of_the_tasks_own_texts() -> None:
    reviews = Task(name="Sentiment of reviews", text_noun="review", texts_noun="reviews", language="de", examples=())
    made = json.loads(
        card.content(
            cast(Any, EVALUATION), job_name="job-1", artifact_uri=ARTIFACT, training=TRAINING, reason="", task=reviews
        )
    )
    jsonschema.validate(made, CARD)
    assert made["intended_uses"]["intended_uses"].startswith("Sorting reviews of the kind that it was trained on")
    details = made["additional_information"]["custom_details"]
    assert (details["task"], details["language"]) == ("Sentiment of reviews", "de")
    assert "headline" not in json.dumps(made).replace("headlines.csv", "")
