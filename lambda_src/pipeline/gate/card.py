"""The model card that goes with a model package: what the model is for, how it was made and how it did. No I/O.

The content follows SageMaker's schema for cards of model packages and keeps its lengths. It has figures and names only,
no text of the dataset: everybody who may read the registry may read it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from contracts.api.task import Task
from contracts.models import hyperparameters as encoding
from contracts.models.evaluation import BaselineFigures, ChampionFigures, Comparison, Evaluation, Interval
from lambda_src.pipeline.gate import card_features
from lambda_src.pipeline.gate import card_words as words

# The schema's limits, in characters and items.
_NAME, _TEXT, _LONG = 63, 1024, 2048
_MATRIX = 20
# Below the schema's 100 of 255 characters: the card has to fit a state of the pipeline.
_HYPERPARAMETERS, _VALUE = 40, 100
# Of many labels the card shows the weakest: all of them are in evaluation.json.
_LABELS = 40
_NO_FEATURES: Mapping[str, Any] = {}
_CLASS_FIGURES: tuple[
    tuple[
        Literal["precision", "recall", "f1", "support"],
        Literal["precision_interval", "recall_interval", "f1_interval"] | None,
    ],
    ...,
] = (
    ("precision", "precision_interval"),
    ("recall", "recall_interval"),
    ("f1", "f1_interval"),
    ("support", None),
)


def content(
    evaluation: Evaluation,
    *,
    job_name: str,
    artifact_uri: str,
    training: Mapping[str, Any],
    reason: str,
    task: Task | None = None,
    features: Mapping[str, Any] = _NO_FEATURES,
) -> str:
    """ModelCardContent, as JSON, for any evaluation well below 100,000 characters.

    training: the job's `job_arn`, `image`, `dataset_uri`, `hyperparameters`, `instance_type`, `instance_count`, as far
    as they are known. reason: the gate's decision. task: its own words, None where the settings have none. features:
    the feature store's summary; {} for none.
    """
    card = {
        "model_overview": {"model_creator": "Rubric's training pipeline", "model_artifact": [artifact_uri[:_TEXT]]},
        "intended_uses": {
            "purpose_of_model": words.purpose(_labels(evaluation), base_model=evaluation.get("base_model"))[:_LONG],
            "intended_uses": words.intended_uses(task),
            "factors_affecting_model_efficiency": words.FACTORS,
            "risk_rating": "Unknown",
            "explanations_for_risk_rating": words.RISK,
        },
        "business_details": {"business_problem": words.BUSINESS_PROBLEM},
        "training_details": _training(evaluation, training=training),
        "evaluation_details": [
            *_evaluations(evaluation, reason=reason),
            *card_features.evaluations(features),
        ],
        "additional_information": {
            "ethical_considerations": words.ETHICS,
            "caveats_and_recommendations": words.caveats(evaluation)[:_LONG],
            "custom_details": _details(evaluation, job_name=job_name, task=task),
        },
    }
    return json.dumps(card, ensure_ascii=False, separators=(",", ":"))


def _labels(evaluation: Evaluation) -> list[str]:
    return [str(label) for label in evaluation.get("labels") or []]


def _training(evaluation: Evaluation, *, training: Mapping[str, Any]) -> dict[str, Any]:
    hyperparameters = {
        name: value for name, value in sorted(encoding.of_job(training.get("hyperparameters") or {}).items()) if value
    }
    details: dict[str, Any] = {
        "user_provided_training_metrics": [
            {"name": name, "value": value}
            for name, value in (
                ("loss", _number(evaluation.get("train_loss"))),
                ("seconds", _number(evaluation.get("train_seconds"))),
                ("texts per second", _number(evaluation.get("texts_per_second"))),
            )
            if value is not None
        ],
        "user_provided_hyper_parameters": [
            {"name": str(name)[:_VALUE], "value": str(value)[:_VALUE]}
            for name, value in list(hyperparameters.items())[:_HYPERPARAMETERS]
        ],
    }
    if training.get("job_arn"):
        details["training_arn"] = str(training["job_arn"])[:_TEXT]
    if training.get("dataset_uri"):
        details["training_datasets"] = [str(training["dataset_uri"])[:_TEXT]]
    if training.get("image"):
        details["training_environment"] = {"container_image": [str(training["image"])[:_TEXT]]}
    return {
        "training_observations": words.training(evaluation, training=training)[:_TEXT],
        "training_job_details": details,
    }


def _evaluations(evaluation: Evaluation, *, reason: str) -> Iterator[dict[str, Any]]:
    groups = [_group("overall figures", _headline(evaluation)), *_per_class(evaluation), *_confusion(evaluation)]
    yield {
        "name": "test texts",
        "evaluation_observation": f"{words.TEST} The gate: {reason}"[:_LONG],
        "metric_groups": [group for group in groups if group["metric_data"]],
    }
    baseline = evaluation.get("baseline") or {}
    if baseline:
        yield _against("baseline", str(baseline.get("name") or "a simple classifier"), baseline)
    champion = evaluation.get("champion") or {}
    if champion.get("comparable"):
        yield _against("approved model", str(champion.get("model_version") or "the approved model"), champion)


def _against(name: str, other: str, figures: BaselineFigures | ChampionFigures) -> dict[str, Any]:
    """Another classifier on the same test texts, and the comparison text by text where there is one."""
    paired: Comparison = figures.get("comparison") or {}
    accuracy = _interval(paired.get("accuracy_difference_interval"))
    macro_f1 = _interval(paired.get("macro_f1_difference_interval"))
    metrics = [
        _metric("accuracy", figures.get("accuracy")),
        _metric("macro f1", figures.get("macro_f1")),
        _metric("accuracy difference", paired.get("accuracy_difference"), notes=accuracy),
        _metric("macro f1 difference", paired.get("macro_f1_difference"), notes=macro_f1),
        _metric("only new right", paired.get("only_new_right")),
        _metric("only old right", paired.get("only_old_right")),
        _metric("mcnemar p", paired.get("mcnemar_p")),
    ]
    known = [metric for metric in metrics if metric]
    group = {"name": "comparison on the same test texts", "metric_data": known}
    return {
        "name": name,
        "evaluation_observation": f"{other}, on the same test texts. Differences are this model's figure minus its."[
            :_LONG
        ],
        "metric_groups": [group] if known else [],
    }


def _headline(evaluation: Evaluation) -> Iterator[dict[str, Any] | None]:
    yield _metric("accuracy", evaluation.get("accuracy"), notes=_interval(evaluation.get("accuracy_interval")))
    yield _metric("macro f1", evaluation.get("macro_f1"), notes=_interval(evaluation.get("macro_f1_interval")))
    yield _metric("expected calibration error", evaluation.get("calibration_error"))
    yield _metric("agreement of the served int8 model with float32", evaluation.get("int8_agreement"))
    for name, count in sorted((evaluation.get("counts") or {}).items()):
        yield _metric(f"texts: {name}", count)


def _per_class(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    classes = [(str(label), figures) for label, figures in (evaluation.get("per_class") or {}).items()]
    weakest = sorted(classes, key=lambda item: (_number(item[1].get("f1")) or 0.0, item[0]))[:_LABELS]
    shown = {label for label, _ in weakest}
    for name, interval in _CLASS_FIGURES:
        metrics = [
            _metric(label, figures.get(name), notes=_interval(figures.get(interval)) if interval else "")
            for label, figures in classes
            if label in shown
        ]
        left_out = f", the {_LABELS} weakest labels of {len(classes)}" if len(classes) > _LABELS else ""
        yield _group(f"{name}{left_out}", metrics)


def _confusion(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    matrix, names = evaluation.get("confusion_matrix") or [], [label[:_NAME] for label in _labels(evaluation)]
    if not matrix or len(matrix) > _MATRIX or len(names) != len(matrix):
        return
    metric = {
        "name": "confusion matrix",
        "type": "matrix",
        "value": matrix,
        "notes": "Row: true label. Column: predicted label.",
        "x_axis_name": names,
        "y_axis_name": names,
    }
    yield {"name": "confusion matrix", "metric_data": [metric]}


def _details(evaluation: Evaluation, *, job_name: str, task: Task | None) -> dict[str, str]:
    data = evaluation.get("data") or {}
    leak = evaluation.get("leak") or {}
    cost = evaluation.get("cost") or {}
    details = {
        "model version": job_name,
        "task": task and task.name,
        "language": task and task.language,
        "base model": evaluation.get("base_model"),
        "dataset sha256": evaluation.get("dataset_sha256"),
        "dataset version": evaluation.get("dataset_version"),
        "manifest sha256": evaluation.get("manifest_sha256"),
        "split": evaluation.get("split"),
        "rows read": data.get("rows_read"),
        "rows used": data.get("rows_used"),
        "rows dropped": words.counted(data.get("dropped")),
        "labels changed": words.labels_changed(data.get("label_mapping")),
        "grouped by": data.get("grouped_by"),
        "served precision": evaluation.get("served_precision"),
        "kind of model": words.choice(evaluation),
        "test texts with a near duplicate or story-mate in training, random split": leak.get("random_split_share"),
        "the same, in this split": leak.get("this_split_share"),
        "training cost, US dollars": cost.get("usd"),
        "card": "written by the gate; all of the figures are in the training job's evaluation.json and report.html",
    }
    return {key: str(value)[:_TEXT] for key, value in details.items() if value is not None and value != ""}


def _group(name: str, metrics: Any) -> dict[str, Any]:
    return {"name": name[:_NAME], "metric_data": [metric for metric in metrics if metric]}


def _metric(name: str, value: float | None, *, notes: str = "") -> dict[str, Any] | None:
    number = _number(value)
    if number is None:
        return None
    return {"name": name[:_NAME] or "-", "type": "number", "value": number, **({"notes": notes} if notes else {})}


def _number(value: float | None) -> float | int | None:
    """A finite number, floats at six decimals; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value, 6)


def _interval(value: Interval | None) -> str:
    if not isinstance(value, list) or len(value) != 2:
        return ""
    low, high = _number(value[0]), _number(value[1])
    return "" if low is None or high is None else f"95 % interval {low:.4f} to {high:.4f}"
