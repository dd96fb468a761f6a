"""Whether a model passes. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.models.evaluation import Evaluation
from lambda_src.pipeline.gate import comparison
from lambda_src.pipeline.gate.errors import EvaluationMissing
from lambda_src.pipeline.gate.figures import figure, is_object

# SageMaker's limits for a value of CustomerMetadataProperties.
_METADATA_VALUE = 256
# Fewer test texts than this cannot refuse a model alone: its figure may miss the minimum by chance.
FEW_TEST_TEXTS = 100
# The reason becomes the model package's description.
_MAX_REASON = 1024
_NOT_METADATA = re.compile(r"[^\w .:/=+\-@]")


@dataclass(frozen=True, kw_only=True)
class GateLimits(comparison.RegressionLimits):
    """The limits of GateSettings."""

    min_accuracy: float
    min_macro_f1: float


@dataclass(frozen=True)
class Decision:
    """Whether the model passes, and why, in one sentence."""

    passed: bool
    reason: str


def decide(evaluation: Evaluation, *, limits: GateLimits) -> Decision:
    """Absolute limits first, then no worse than the approved model on the same texts. Raises EvaluationMissing.

    Of few test texts, a figure below its minimum refuses the model only if its 95 % interval is below, too.
    """
    accuracy, macro_f1 = figure(evaluation, "accuracy"), figure(evaluation, "macro_f1")
    figures = f"accuracy {accuracy:.4f}, macro F1 {macro_f1:.4f}"
    faults, doubts = [], []
    for title, name, value, minimum in (
        ("accuracy", "accuracy", accuracy, limits.min_accuracy),
        ("macro F1", "macro_f1", macro_f1, limits.min_macro_f1),
    ):
        if value >= minimum:
            continue
        high = _high_of_few(evaluation, name)
        if high is not None and high >= minimum:
            doubts.append(f"{title} is below the minimum of {minimum:g}, which may be chance")
        else:
            faults.append(f"{title} {value:.4f} is below the minimum of {minimum:g}")
    compared = _compared(evaluation, limits=limits)
    faults += compared.faults
    if faults:
        return Decision(False, ("; ".join(faults) + ".")[:_MAX_REASON])
    return Decision(True, "; ".join([figures, *_few(evaluation), *doubts, f"{compared.summary}."])[:_MAX_REASON])


def _few(evaluation: Evaluation) -> list[str]:
    """How little so few test texts say, as a clause; empty if there are enough of them."""
    tests, interval = _tests(evaluation), evaluation.get("accuracy_interval")
    if tests is None or tests >= FEW_TEST_TEXTS or not isinstance(interval, list) or len(interval) != 2:
        return []
    low, high = interval
    return [f"on only {tests:,} test texts, so the accuracy may be anything from {low:.2f} to {high:.2f}"]


def _high_of_few(evaluation: Evaluation, name: str) -> float | None:
    """The interval's upper end, if there are so few test texts that it decides."""
    tests, interval = _tests(evaluation), evaluation.get(f"{name}_interval")
    if tests is None or tests >= FEW_TEST_TEXTS or not isinstance(interval, list) or len(interval) != 2:
        return None
    return figure({name: interval[1]}, name, where="evaluation.json's interval")


def _tests(evaluation: Evaluation) -> int | None:
    counts = evaluation.get("counts")
    tests = counts.get("test") if isinstance(counts, dict) else None
    return tests if isinstance(tests, int) and not isinstance(tests, bool) else None


def _compared(evaluation: Evaluation, *, limits: GateLimits) -> comparison.Verdict:
    champion = evaluation.get("champion")
    if champion is None:
        return comparison.Verdict([], "there is no approved model to compare with")
    if not is_object(champion):
        raise EvaluationMissing("evaluation.json's champion is not an object")
    if not champion.get("comparable"):
        why = str(champion.get("reason") or "it was trained for other labels")
        return comparison.Verdict([], f"the approved model is not comparable ({why.rstrip('.')})")
    return comparison.judge(evaluation, champion, limits=limits)


def metadata(evaluation: Evaluation, *, job_name: str, reason: str) -> dict[str, str]:
    """The model package's CustomerMetadataProperties: what a person wants to see in the registry."""
    counts = evaluation.get("counts") or {}
    baseline = evaluation.get("baseline") or {}
    champion = evaluation.get("champion") or {}
    paired = champion.get("comparison") or {}
    values = {
        "model_version": job_name,
        "accuracy": _rounded(evaluation.get("accuracy")),
        "macro_f1": _rounded(evaluation.get("macro_f1")),
        "calibration_error": _rounded(evaluation.get("calibration_error")),
        "baseline_accuracy": _rounded(baseline.get("accuracy")),
        "baseline_macro_f1": _rounded(baseline.get("macro_f1")),
        "base_model": evaluation.get("base_model"),
        "model_kind": (evaluation.get("model") or {}).get("served"),
        "dataset_sha256": evaluation.get("dataset_sha256"),
        "dataset_version": evaluation.get("dataset_version"),
        "manifest_sha256": evaluation.get("manifest_sha256"),
        "labels": " / ".join(str(label) for label in evaluation.get("labels") or []),
        **{f"{name}_texts": counts.get(name) for name in ("train", "valid", "test")},
        "compared_with": champion.get("model_version"),
        **{name: paired.get(name) for name in ("only_new_right", "only_old_right")},
        "mcnemar_p": _short(paired.get("mcnemar_p")),
        "gate": reason,
    }
    cleaned = {key: _metadata_value(str(value)) for key, value in values.items() if value is not None}
    return {key: value for key, value in cleaned.items() if value}


def _metadata_value(text: str) -> str:
    return " ".join(_NOT_METADATA.sub(" ", text).split())[:_METADATA_VALUE].strip()


def _short(value: float | None) -> str | None:
    return f"{value:.2g}" if isinstance(value, int | float) else None


def _rounded(value: float | None) -> str | None:
    return f"{value:.4f}" if isinstance(value, int | float) else None
