"""Reading figures from an evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lambda_src.pipeline.gate.errors import EvaluationMissing


def figure(evaluation: Mapping[str, object], name: str, *, where: str = "evaluation.json") -> float:
    """A figure between 0 and 1; raises EvaluationMissing for anything else."""
    value = evaluation.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1:
        raise EvaluationMissing(f"{where} has no {name} between 0 and 1 (it has {value!r})")
    return float(value)


def is_object(value: object) -> bool:
    """Whether a member of an evaluation is a JSON object, as the contract says."""
    return isinstance(value, dict)
