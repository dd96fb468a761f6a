"""The figures of evaluation.json: how well a model answers its test texts. Training writes them, others read them."""

from __future__ import annotations

from typing import Any, TypedDict

# [low, high] at `confidence_level`; [0, 1] if there was nothing to count.
Interval = list[float]


class ClassFigures(TypedDict):
    """A label's figures. support: its number of test texts."""

    precision: float
    recall: float
    f1: float
    support: int
    precision_interval: Interval
    recall_interval: Interval
    f1_interval: Interval


class Figures(TypedDict):
    """A model's figures. confusion_matrix: numbers of texts, a row for each true label, in the order of `labels`."""

    accuracy: float
    macro_f1: float
    accuracy_interval: Interval
    macro_f1_interval: Interval
    confidence_level: float
    per_class: dict[str, ClassFigures]
    confusion_matrix: list[list[int]]
    labels: list[str]
    calibration_error: float


CLASS_FIGURES = tuple(ClassFigures.__annotations__)


class ModelCandidate(TypedDict):
    """A kind of model that might serve. Figures of the validation texts are None if only one kind was trained.

    ms_per_text: of one core. comparison: the served kind (new) with this one (old) on the test texts; None for itself.
    """

    kind: str
    ms_per_text: float
    valid_log_loss: float | None
    valid_accuracy: float | None
    test_accuracy: float
    test_macro_f1: float
    test_calibration_error: float
    comparison: dict[str, Any] | None


class ModelChoice(TypedDict):
    """What `training.model` asked for, what serves and why. weights: a blend's, by kind; they sum to 1."""

    asked: str
    served: str
    reason: str
    weights: dict[str, float] | None
    candidates: list[ModelCandidate]
