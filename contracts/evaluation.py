"""The figures of evaluation.json: how well a model answers its test texts. Training writes them, others read them."""

from __future__ import annotations

from typing import TypedDict

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
