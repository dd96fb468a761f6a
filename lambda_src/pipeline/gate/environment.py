"""The gate's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GateSettings:
    """The minimum accuracy and macro F1, and how much worse than the approved model a new one may be.

    All of them from 0 to 1. dataset_bucket, ledger_table, erasure_key_arn: for the versions that jobs make.
    task: as in contracts/api/task.py.
    feature_store: `none` where no features are computed.
    """

    artifact_bucket: str
    dataset_bucket: str
    ledger_table: str
    erasure_key_arn: str
    min_accuracy: float
    min_macro_f1: float
    max_regression: float
    max_possible_regression: float
    task: str = ""
    feature_store: str = "none"
