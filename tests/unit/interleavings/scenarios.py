"""What promotions are started with, and how their rollouts end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.interleavings.cloud import Answers, artifact


def package(name: str) -> str:
    """The ARN of a model's package."""
    return f"arn:aws:sagemaker:us-east-1:1:model-package/rubric-dev/{name}"


@dataclass(frozen=True)
class Scenario:
    """`starts`: what executions are started with, by name, and after how many seconds. Serving at first: x."""

    starts: Mapping[str, tuple[float, dict[str, Any]]]
    outcomes: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)


def promoting(name: str, **given: Any) -> dict[str, Any]:
    return {"artifact_uri": artifact(name), "model_package_arn": package(name), **given}


def approving(name: str) -> dict[str, Any]:
    """The registry's event of an approval."""
    return {
        "time": "2026-09-21T13:46:40Z",
        "detail": {
            "ModelPackageArn": package(name),
            "ModelApprovalStatus": "Approved",
            "LastModifiedTime": "2026-09-21T13:46:40Z",
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
            "of": name,
        },
    }


TWO = {"a": (0.0, promoting("a")), "b": (5.0, promoting("b"))}
SCENARIOS = {
    "two that work": Scenario(TWO),
    "the first fails": Scenario(TWO, {"a": "bad"}),
    "the second fails": Scenario(TWO, {"b": "bad"}),
    "both fail": Scenario(TWO, {"a": "bad", "b": "bad"}),
    "an approval whose event comes twice": Scenario(
        {"a": (0.0, approving("a")), "again": (1.0, approving("a"))}, {"a": "bad"}
    ),
    "the first is taken back unnoticed": Scenario(TWO, {"a": "silent"}),
    "two that were compared with the same champion": Scenario(
        {name: (after, {**given, "champion": artifact("x")}) for name, (after, given) in TWO.items()}
    ),
}
