"""Whether a model passes. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

# SageMaker's limits for a value of CustomerMetadataProperties.
_METADATA_VALUE = 256
# The reason becomes the model package's description.
_MAX_REASON = 1024
_NOT_METADATA = re.compile(r"[^\w .:/=+\-@]")


class EvaluationMissing(Exception):  # noqa: N818 (the state machine matches this name)
    """The training job left no evaluation that can be judged; one sentence."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """See Settings."""

    min_accuracy: float
    min_macro_f1: float
    max_regression: float


@dataclass(frozen=True)
class Decision:
    """Whether the model passes, and why, in one sentence."""

    passed: bool
    reason: str


def figure(evaluation: dict[str, Any], name: str, *, where: str = "evaluation.json") -> float:
    """A figure between 0 and 1; raises EvaluationMissing for anything else."""
    value = evaluation.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1:
        raise EvaluationMissing(f"{where} has no {name} between 0 and 1 (it has {value!r})")
    return float(value)


def decide(evaluation: dict[str, Any], *, limits: Limits) -> Decision:
    """Absolute limits first, then no worse than the approved model on the same texts. Raises EvaluationMissing."""
    accuracy, macro_f1 = figure(evaluation, "accuracy"), figure(evaluation, "macro_f1")
    figures = f"accuracy {accuracy:.4f}, macro F1 {macro_f1:.4f}"
    faults = []
    if accuracy < limits.min_accuracy:
        faults.append(f"accuracy {accuracy:.4f} is below the minimum of {limits.min_accuracy:g}")
    if macro_f1 < limits.min_macro_f1:
        faults.append(f"macro F1 {macro_f1:.4f} is below the minimum of {limits.min_macro_f1:g}")
    champion = evaluation.get("champion")
    if champion is None:
        comparison = "there is no approved model to compare with"
    elif not champion.get("comparable"):
        why = str(champion.get("reason") or "it was trained for other labels")
        comparison = f"the approved model is not comparable ({why.rstrip('.')})"
    else:
        faults += _regressions(accuracy, macro_f1, champion, max_regression=limits.max_regression)
        comparison = f"no worse than {champion.get('model_version', 'the approved model')}"
    if faults:
        return Decision(False, ("; ".join(faults) + ".")[:_MAX_REASON])
    return Decision(True, f"{figures}; {comparison}."[:_MAX_REASON])


def _regressions(accuracy: float, macro_f1: float, champion: dict[str, Any], *, max_regression: float) -> list[str]:
    version = champion.get("model_version", "the approved model")
    faults = []
    for name, title, new in (("accuracy", "accuracy", accuracy), ("macro_f1", "macro F1", macro_f1)):
        old = figure(champion, name, where="evaluation.json's champion")
        # Half a step of the sixth decimal: 0.91 - 0.90 is 0.010000000000000009 in binary.
        if old - new > max_regression + 5e-7:
            fall = f"{title} {new:.4f} is {old - new:.4f} below the {old:.4f} of {version}"
            faults.append(f"{fall}, more than {max_regression:g}")
    return faults


def metadata(evaluation: dict[str, Any], *, job_name: str, reason: str) -> dict[str, str]:
    """The model package's CustomerMetadataProperties: what a person wants to see in the registry."""
    counts = evaluation.get("counts") or {}
    baseline = evaluation.get("baseline") or {}
    values = {
        "model_version": job_name,
        "accuracy": _rounded(evaluation.get("accuracy")),
        "macro_f1": _rounded(evaluation.get("macro_f1")),
        "calibration_error": _rounded(evaluation.get("calibration_error")),
        "baseline_accuracy": _rounded(baseline.get("accuracy")),
        "baseline_macro_f1": _rounded(baseline.get("macro_f1")),
        "base_model": evaluation.get("base_model"),
        "dataset_sha256": evaluation.get("dataset_sha256"),
        "labels": " / ".join(str(label) for label in evaluation.get("labels") or []),
        **{f"{name}_texts": counts.get(name) for name in ("train", "valid", "test")},
        "gate": reason,
    }
    cleaned = {key: _metadata_value(str(value)) for key, value in values.items() if value is not None}
    return {key: value for key, value in cleaned.items() if value}


def _metadata_value(text: str) -> str:
    return " ".join(_NOT_METADATA.sub(" ", text).split())[:_METADATA_VALUE].strip()


def _rounded(value: Any) -> str | None:
    return f"{value:.4f}" if isinstance(value, int | float) else None
