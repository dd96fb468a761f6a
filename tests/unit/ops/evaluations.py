"""evaluation.json as training jobs write it, with every key of the report."""

from __future__ import annotations

from typing import Any, cast

from contracts.models.evaluation import ClassFigures, Comparison, Evaluation, Interval

OLD, NEW = "rubric-dev-20261119-000000-aaaa", "rubric-dev-20261120-000000-bbbb"
LABELS = ["Business", "Entertainment", "Health", "Science"]
MATRIX = [[310, 6, 4, 14], [5, 380, 3, 8], [6, 4, 92, 7], [15, 9, 5, 200]]


def comparison(*, new: int = 40, old: int = 21, texts: int = 1068) -> Comparison:
    """A paired comparison."""
    return {
        "texts": texts,
        "only_new_right": new,
        "only_old_right": old,
        "mcnemar_p": 0.0204,
        "accuracy_difference": (new - old) / texts,
        "accuracy_difference_interval": [0.0037, 0.0318],
        "macro_f1_difference": 0.0211,
        "macro_f1_difference_interval": [0.0021, 0.0405],
        "confidence_level": 0.95,
        "resamples": 2000,
    }


def _figures(label: int) -> ClassFigures:
    right, support = MATRIX[label][label], sum(MATRIX[label])
    precision, recall = right / sum(row[label] for row in MATRIX), right / support
    f1 = 2 * precision * recall / (precision + recall)
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "support": support,
        "precision_interval": _around(precision),
        "recall_interval": _around(recall),
        "f1_interval": _around(f1),
    }


def _around(value: float) -> Interval:
    return [value - 0.03, min(value + 0.025, 1.0)]


def full(version: str, *, accuracy: float = 0.918, champion: str = "", **changes: Any) -> Evaluation:
    """A whole evaluation; `champion` is the approved model's version, `changes` replace keys."""
    per_class = {label: _figures(index) for index, label in enumerate(LABELS)}
    evaluation: Evaluation = {
        "model_version": version,
        "base_model": "compact",
        "labels": LABELS,
        "accuracy": accuracy,
        "accuracy_interval": [accuracy - 0.013, accuracy + 0.013],
        "macro_f1": 0.91,
        "macro_f1_interval": [0.892, 0.927],
        "confidence_level": 0.95,
        "warnings": ["Few labels: 12 rows for a typical label."],
        "per_class": per_class,
        "confusion_matrix": MATRIX,
        "calibration_error": 0.012,
        "calibration": {
            "temperature": 1.31,
            "method": "temperature, on the validation texts",
            "before": {"calibration_error": 0.041, "log_loss": 0.301},
            "after": {"calibration_error": 0.012, "log_loss": 0.272},
        },
        "baseline": {
            "name": "TF-IDF (words 1-2, characters 2-5) + LinearSVC",
            "accuracy": 0.90,
            "macro_f1": 0.88,
            "comparison": comparison(),
        },
        "champion": {
            "model_version": champion,
            "accuracy": 0.91,
            "macro_f1": 0.902,
            "comparable": True,
            "reason": "evaluated on the same test rows",
            "comparison": comparison(new=30, old=22),
        }
        if champion
        else None,
        "model": {
            "asked": "best",
            "served": "blend",
            "reason": "blend is better than linear: log loss -0.0300, p 0.001",
            "weights": {"encoder": 0.41, "linear": 0.59},
            "candidates": [
                {
                    "kind": kind,
                    "ms_per_text": ms,
                    "valid_log_loss": loss,
                    "valid_accuracy": 0.91,
                    "test_accuracy": 0.915,
                    "test_macro_f1": 0.905,
                    "test_calibration_error": 0.011,
                    "comparison": None if kind == "blend" else comparison(),
                }
                for kind, ms, loss in (("linear", 0.1, 0.23), ("encoder", 0.22, 0.25), ("blend", 0.33, 0.2))
            ],
        },
        "mistakes": [
            {
                "text": "Gene therapy start-up doubles its sales",
                "truth": "Health",
                "predicted": "Business",
                "confidence": 0.987,
                "probability_of_truth": 0.008,
                "words": [{"word": "sales", "influence": 0.61}, {"word": "therapy", "influence": -0.2}],
            },
            {
                "text": "Studio sued over a streaming patent",
                "truth": "Science",
                "predicted": "Entertainment",
                "confidence": 0.954,
                "probability_of_truth": 0.02,
                "words": [{"word": "Studio", "influence": 0.44}],
            },
        ],
        "epochs": [{"epoch": n, "valid_accuracy": 0.9, "valid_macro_f1": 0.9, "valid_loss": 0.3} for n in range(1, 7)],
        "kept_epoch": 4.0,
        "stopped_early": True,
        "resumed_from_step": 0,
        "processes": 1,
        "texts_per_second": 2841.0,
        "served_precision": "int8-dynamic",
        "int8_agreement": 0.9972,
        "export": {
            "candidates": [
                {
                    "precision": name,
                    "agreement": agreement,
                    "accuracy": 0.917,
                    "max_probability_difference": 0.002,
                    "ms_per_text": ms,
                    "megabytes": size,
                }
                for name, agreement, ms, size in (
                    ("float32", 1.0, 0.41, 9.6),
                    ("int8-dynamic", 0.9972, 0.22, 2.5),
                    ("int8-static", 0.991, 0.2, 2.5),
                )
            ],
            "reason": "int8-dynamic is the fastest of those that agree with float32 on 99.5 % of the texts.",
        },
        "counts": {"train": 9081, "valid": 534, "test": 1068},
        "data": {
            "label_mapping": [
                {"label": "r&d", "becomes": "R&D [new]", "rows": 1200},
                {"label": "nan", "becomes": None, "rows": 15},
            ]
        },
        "split": "by hash of the text, stratified by label, groups on one side",
        "leak": {
            "random_split_share": 0.08,
            "this_split_share": 0.0,
            "baseline_accuracy_random": 0.926,
            "baseline_accuracy_this": 0.918,
        },
        "train_seconds": 31.4,
        "train_precision": "bf16",
        "job_seconds": 52.8,
        "cost": {
            "instance_type": "ml.c7i.2xlarge",
            "instance_count": 1,
            "seconds": 52.8,
            "usd_per_hour": 0.43,
            "usd": 0.0063,
            "note": "an estimate: on-demand list price; spot is billed below it",
        },
        "dataset_sha256": "a5e7e39cffa3fdc02d561031d07792d02b91eba2",
    }
    return cast(Evaluation, {**evaluation, **changes})
