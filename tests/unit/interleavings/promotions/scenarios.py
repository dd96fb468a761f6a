"""Scenarios: the inputs of promotions, and how their rollouts end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.interleavings.fakes.cloud import ALARMS, UPDATE_SECONDS, Answers, artifact


def package(name: str) -> str:
    """The ARN of a model's package."""
    return f"arn:aws:sagemaker:us-east-1:1:model-package/rubric-dev/{name}"


@dataclass(frozen=True)
class Scenario:
    """starts: by an execution's name, after how many seconds it starts and its input; ROLLBACK is what `rubric models
    rollback` starts at that time. serving: the first model, "" if none was approved and there is no stack. afterwards:
    what a person does when nothing runs any more, deploy or mend. rollout_seconds: how long one takes. ringing: alarms
    that ring whatever serves. armed: whether a model that was not tested keeps its alarms armed; one rings then.
    """

    starts: Mapping[str, tuple[float, dict[str, Any]]]
    outcomes: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)
    serving: str = "x"
    rollback_seconds: float = 0.0
    afterwards: str = ""
    rollout_seconds: float = UPDATE_SECONDS
    ringing: tuple[str, ...] = ()
    armed: bool = False


ROLLBACK: dict[str, Any] = {"rollback": True}


def promoting(name: str, **fields: Any) -> dict[str, Any]:
    return {"artifact_uri": artifact(name), "model_package_arn": package(name), **fields}


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
PROMOTIONS = {
    "two that work": Scenario(TWO),
    "the first fails": Scenario(TWO, {"a": "bad"}),
    "the second fails": Scenario(TWO, {"b": "bad"}),
    "both fail": Scenario(TWO, {"a": "bad", "b": "bad"}),
    "an approval whose event comes twice": Scenario(
        {"a": (0.0, approving("a")), "again": (1.0, approving("a"))}, {"a": "bad"}
    ),
    "the first is taken back unnoticed": Scenario(TWO, {"a": "silent"}),
    "two that were compared with the same champion": Scenario(
        {name: (after, {**payload, "champion": artifact("x")}) for name, (after, payload) in TWO.items()}
    ),
}
# A concurrent rollback, the very first model, and stacks that fail in other ways.
OTHERS = {
    "a rollback while the first rolls out": Scenario({"a": (0.0, promoting("a")), "back": (30.0, ROLLBACK)}),
    "a rollback while a bad one rolls out": Scenario(
        {"a": (0.0, promoting("a")), "back": (30.0, ROLLBACK)}, {"a": "bad"}
    ),
    "a rollback after a bad one": Scenario({"a": (0.0, promoting("a")), "back": (300.0, ROLLBACK)}, {"a": "bad"}),
    "a rollback of what serves": Scenario({"a": (0.0, promoting("a")), "back": (300.0, ROLLBACK)}),
    "two rollbacks": Scenario({"a": (0.0, promoting("a")), "back": (300.0, ROLLBACK), "again": (301.0, ROLLBACK)}),
    "a rollback while a long one rolls out": Scenario(
        {"a": (0.0, promoting("a")), "back": (100.0, ROLLBACK)}, rollout_seconds=3000.0
    ),
    "a rollback while one rolls out and another waits": Scenario({**TWO, "back": (30.0, ROLLBACK)}),
    # A training or a test has compared b with a, which is rolled back from before b's turn.
    "a rollback of the champion of another": Scenario(
        {
            "a": (0.0, promoting("a")),
            "back": (300.0, ROLLBACK),
            "b": (310.0, promoting("b", champion=artifact("a"))),
        }
    ),
    "an alarm that rings for what serves": Scenario(
        {"a": (0.0, promoting("a")), "back": (300.0, {**promoting("c"), "rollback": True})}, ringing=(ALARMS[0],)
    ),
    "an alarm that rings for a model that was not tested": Scenario({"a": (0.0, promoting("a"))}, armed=True),
    "a long way back that the second meets": Scenario(TWO, {"a": "bad"}, rollback_seconds=200.0),
    "the first of all": Scenario({"a": (0.0, promoting("a", champion=""))}, serving="", afterwards="deploy"),
    "two at first": Scenario(TWO, serving="", afterwards="deploy"),
    "the first of all, whose stack fails": Scenario(
        {"a": (0.0, promoting("a"))}, {"a": "bad"}, serving="", afterwards="deploy"
    ),
    "a stack that is stuck": Scenario(TWO, {"a": "stuck"}, afterwards="mend"),
    "a stack that is stuck with the new model": Scenario(TWO, {"a": "stuck late"}, afterwards="mend"),
}
SCENARIOS = PROMOTIONS | OTHERS
