"""The documents about the service: the model, health, and problems for paths without a route. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.models.evaluation import CLASS_FIGURES, Evaluation
from lambda_src.common.api import contract
from lambda_src.common.approved_model import ApprovedEvaluation
from lambda_src.common.problems import Problem

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


# The figures of an evaluation that callers may see. The rest holds texts of the dataset, for operators only.
_OF_BASELINE = ("accuracy", "macro_f1", "fit_seconds")
_COUNTS = ("train", "valid", "test")


def model_document(model: ApprovedEvaluation) -> dict[str, Any]:
    """GET /v1/model: the contract's Model schema, with names and figures from the training job's evaluation.

    Raises KeyError for an evaluation without its labels or headline figures.
    """
    evaluation: Evaluation = model.document
    labels = [str(label) for label in evaluation["labels"]]
    per_class = evaluation.get("per_class") or {}
    baseline = evaluation.get("baseline")
    return {
        "model_version": model.version,
        "labels": labels,
        "backend": "sagemaker",
        "created": model.recorded,
        "base_model": str(evaluation["base_model"]),
        "dataset": {
            "sha256": evaluation.get("dataset_sha256"),
            **_version(evaluation),
            "split": evaluation.get("split"),
            "counts": _figures(evaluation.get("counts"), _COUNTS),
        },
        "evaluation": {
            "accuracy": evaluation["accuracy"],
            "macro_f1": evaluation["macro_f1"],
            **_figures(evaluation, ("accuracy_interval", "macro_f1_interval")),
            "calibration_error": evaluation.get("calibration_error"),
            "per_class": {label: _figures(per_class[label], CLASS_FIGURES) for label in labels if label in per_class},
            "confusion_matrix": [row for row in evaluation.get("confusion_matrix", []) if _is_figure(row)],
            "baseline": {"name": str(baseline.get("name", "")), **_figures(baseline, _OF_BASELINE)}
            if baseline
            else None,
        },
    }


def _version(evaluation: Evaluation) -> dict[str, str]:
    """The dataset version; nothing where the dataset is not one."""
    version, digest = evaluation.get("dataset_version"), evaluation.get("manifest_sha256")
    return {"version": str(version), "manifest_sha256": str(digest)} if version and digest else {}


def foundation_model_document(*, model_id: str, labels: Sequence[str]) -> dict[str, Any]:
    """GET /v1/model if a Bedrock foundation model answers: it was not trained or evaluated here."""
    return {"model_version": model_id, "labels": list(labels), "backend": "bedrock"}


def _figures(source: Any, names: Sequence[str]) -> dict[str, Any]:
    """The named members that are a number or a list of numbers."""
    members = source if isinstance(source, Mapping) else {}
    return {name: members[name] for name in names if name in members and _is_figure(members[name])}


def _is_figure(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_figure(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def health_document(*, environment: str, version: str | None) -> dict[str, Any]:
    """GET /health."""
    return {"status": "ok", "environment": environment, "model_version": version}


def _operations(path: str) -> Mapping[str, Any] | None:
    """The contract's operations at a path, parts of which may be path parameters."""
    paths = contract.document()["paths"]
    parts = path.split("/")
    for template, operations in paths.items():
        named = template.split("/")
        if len(named) == len(parts) and all(
            one == other or (one.startswith("{") and other) for one, other in zip(named, parts, strict=True)
        ):
            matched: Mapping[str, Any] = operations
            return matched
    return None


def no_route(method: str, path: str) -> Problem:
    """405 for a path of the contract that takes other methods, 404 for any other path."""
    operations = _operations(path)
    if operations is None:
        return Problem("not-found", "No such path. `GET /openapi.json` lists the paths.")
    allowed = ", ".join(name.upper() for name in _METHODS if name in operations)
    detail = f"This path supports {allowed}, not {method or 'this method'}."
    return Problem("method-not-allowed", detail, headers={"allow": allowed})
