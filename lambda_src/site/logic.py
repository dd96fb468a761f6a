"""The documents that the site answers with. Pure."""

from __future__ import annotations

from typing import Any

from lambda_src.common import contract
from lambda_src.common.problems import Problem
from lambda_src.site.dal import ApprovedModel

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def model_document(model: ApprovedModel) -> dict[str, Any]:
    """GET /v1/model: the contract's Model schema, from the evaluation that the training job wrote.

    Raises KeyError for an evaluation without its labels or headline figures.
    """
    evaluation = model.evaluation
    return {
        "model_version": model.version,
        "labels": evaluation["labels"],
        "created": model.recorded,
        "base_model": evaluation["base_model"],
        "dataset": {
            "sha256": evaluation.get("dataset_sha256"),
            "split": evaluation.get("split"),
            "counts": evaluation.get("counts", {}),
        },
        "evaluation": {
            "accuracy": evaluation["accuracy"],
            "macro_f1": evaluation["macro_f1"],
            "calibration_error": evaluation.get("calibration_error"),
            "per_class": evaluation.get("per_class", {}),
            "confusion_matrix": evaluation.get("confusion_matrix", []),
            "baseline": evaluation.get("baseline"),
        },
    }


def health_document(*, environment: str, version: str | None) -> dict[str, Any]:
    """GET /health."""
    return {"status": "ok", "environment": environment, "model_version": version}


def no_route(method: str, path: str) -> Problem:
    """405 for a path of the contract that takes other methods, 404 for any other path."""
    operations = contract.document()["paths"].get(path)
    if operations is None:
        return Problem("not-found", "No such path. `GET /openapi.json` lists what there is.")
    allowed = ", ".join(name.upper() for name in _METHODS if name in operations)
    detail = f"This path takes {allowed}, not {method or 'this method'}."
    return Problem("method-not-allowed", detail, headers={"allow": allowed})
