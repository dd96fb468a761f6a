"""Compares two models by their evaluations, and tells whether those are comparable. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.models.evaluation import Comparison, Evaluation, Interval

# What determines the test texts: if one of these differs, so do the texts.
SPLIT_SETTINGS = ("seed", "valid_fraction", "test_fraction", "text_column", "label_column", "labels_sha256")
FIGURES = ("accuracy", "macro_f1", "calibration_error")
CLASS_FIGURES = ("f1", "precision", "recall")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two: its version, evaluation.json, known hyperparameters, and the gate's reason."""

    version: str
    evaluation: Evaluation
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    gate: str = ""
    seconds: float | None = None


def compare(a: Side, b: Side) -> dict[str, Any]:
    """All differences, ready for JSON. Numeric differences are B minus A; unknown values are None."""
    return {
        "a": a.version,
        "b": b.version,
        "figures": {name: _pair(a.evaluation, b.evaluation, name) for name in FIGURES},
        "per_class": _classes(a.evaluation, b.evaluation),
        "paired": _paired(a, b),
        "data": _data(a, b),
        "hyperparameters": {
            name: {"a": a.hyperparameters.get(name), "b": b.hyperparameters.get(name)}
            for name in sorted({*a.hyperparameters, *b.hyperparameters})
            if str(a.hyperparameters.get(name)) != str(b.hyperparameters.get(name))
        },
        "run": {
            "base_model": _both(a, b, "base_model"),
            "served_precision": _both(a, b, "served_precision"),
            "model": {side: (each.evaluation.get("model") or {}).get("served") for side, each in (("a", a), ("b", b))},
            "train_seconds": _both(a, b, "train_seconds"),
            "job_seconds": {
                side: each.evaluation.get("job_seconds", each.seconds) for side, each in (("a", a), ("b", b))
            },
            "usd": {side: (each.evaluation.get("cost") or {}).get("usd") for side, each in (("a", a), ("b", b))},
        },
        "gate": {"a": a.gate, "b": b.gate},
    }


def overlap(first: Any, second: Any) -> bool | None:
    """Whether two intervals overlap; None if one is not known."""
    if not first or not second:
        return None
    return bool(first[0] <= second[1] and second[0] <= first[1])


def _both(a: Side, b: Side, name: str) -> dict[str, Any]:
    return {"a": a.evaluation.get(name), "b": b.evaluation.get(name)}


def _pair(a: Mapping[str, Any], b: Mapping[str, Any], name: str) -> dict[str, Any]:
    old, new = a.get(name), b.get(name)
    intervals = a.get(f"{name}_interval"), b.get(f"{name}_interval")
    return {
        "a": old,
        "b": new,
        "difference": new - old if isinstance(old, int | float) and isinstance(new, int | float) else None,
        "a_interval": intervals[0],
        "b_interval": intervals[1],
        "intervals_overlap": overlap(*intervals),
    }


def _classes(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    first, second = a.get("per_class") or {}, b.get("per_class") or {}
    return {
        label: {
            **{name: _pair(first.get(label, {}), second.get(label, {}), name) for name in CLASS_FIGURES},
            "support": {"a": first.get(label, {}).get("support"), "b": second.get(label, {}).get("support")},
        }
        for label in dict.fromkeys([*first, *second])
    }


def _paired(a: Side, b: Side) -> Comparison | None:
    """The paired comparison that one model's training job made with the other on the same texts, as B minus A."""
    for new, old, sign in ((b, a, 1), (a, b, -1)):
        champion = new.evaluation.get("champion") or {}
        made = champion.get("comparison")
        if champion.get("model_version") == old.version and made:
            return made if sign > 0 else _turned(made)
    return None


def _turned(comparison: Comparison) -> Comparison:
    return {
        **comparison,
        "only_new_right": comparison["only_old_right"],
        "only_old_right": comparison["only_new_right"],
        "accuracy_difference": -comparison["accuracy_difference"],
        "accuracy_difference_interval": _negated(comparison["accuracy_difference_interval"]),
        "macro_f1_difference": -comparison["macro_f1_difference"],
        "macro_f1_difference_interval": _negated(comparison["macro_f1_difference_interval"]),
    }


def _negated(interval: Interval) -> Interval:
    low, high = interval
    return [-high, -low]


def _data(a: Side, b: Side) -> dict[str, Any]:
    digests = _both(a, b, "dataset_sha256")
    counts = _both(a, b, "counts")
    known = all(digests.values())
    same = known and digests["a"] == digests["b"]
    test = [(each or {}).get("test") for each in counts.values()]
    moved = [
        name
        for name in SPLIT_SETTINGS
        if name in a.hyperparameters
        and name in b.hyperparameters
        and str(a.hyperparameters[name]) != str(b.hyperparameters[name])
    ]
    if not known:
        why = "an evaluation does not name its dataset file"
    elif not same:
        why = "they were trained on different files, so their test texts differ"
    elif moved or test[0] != test[1]:
        why = f"the same file was split differently ({', '.join(moved) or 'another number of test texts'})"
    else:
        why = ""
    return {"sha256": digests, "counts": counts, "same_file": same, "same_test_texts": not why, "warning": why}
