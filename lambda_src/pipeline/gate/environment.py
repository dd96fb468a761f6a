"""The gate's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The least accuracy and macro F1; how much worse than the approved model a new one may be, and may turn out to be.

    All of them from 0 to 1.
    """

    artifact_bucket: str
    min_accuracy: float
    min_macro_f1: float
    max_regression: float
    max_possible_regression: float
