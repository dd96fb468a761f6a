"""Tests preflight and the mirror's step: an empty mirror stops no run, since the run fills it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tools.acceptance.errors import StepError
from tools.acceptance.run import Run, Skip
from tools.acceptance.steps import deploy

EMPTY = {"area": "mirror", "verdict": "refused", "what": "there is no mirror yet", "todo": "fill it"}
WRONG = {"area": "network", "verdict": "refused", "what": "two subnets are in one zone", "todo": "use another"}


class Commands:
    """A run whose preflight finds these, and which notes what it was asked to do."""

    def __init__(self, *findings: dict[str, str], isolated: bool = True) -> None:
        self.findings = list(findings)
        self.asked: list[str] = []
        self.place = SimpleNamespace(is_local=False)
        self.folder: Any = None
        self.env_file: Any = None
        self.settings = SimpleNamespace(
            classifier=SimpleNamespace(trained=True),
            isolated_training=isolated,
            stack_name=lambda part: f"Rubric-acc-{part}",
        )

    def rubric(self, *words: str, allowed: tuple[int, ...] = (0,)) -> str:
        self.asked.append(words[0])
        return json.dumps({"ready": False, "findings": self.findings})

    def cdk(self, *words: str) -> None:
        self.asked.append(" ".join(words[:2]))


def run(*findings: dict[str, str], isolated: bool = True, tmp: Any = None) -> tuple[Run, Commands]:
    made = Commands(*findings, isolated=isolated)
    made.folder = made.env_file = tmp
    return cast(Run, made), made


def test_preflight_lets_an_empty_mirror_pass_and_nothing_else() -> None:
    assert deploy.preflight(run(EMPTY)[0]) == {"mirror: there is no mirror yet": "refused"}
    with pytest.raises(StepError, match="two subnets are in one zone -> use another"):
        deploy.preflight(run(EMPTY, WRONG)[0])


def test_the_mirror_is_filled_once_its_bucket_is_there(tmp_path: Any) -> None:
    made, commands = run(tmp=tmp_path)
    deploy.mirror(made)
    assert commands.asked == ["deploy Rubric-acc-Data", "mirror", "preflight"]


def test_a_mirror_that_still_lacks_something_fails_the_step(tmp_path: Any) -> None:
    with pytest.raises(StepError, match="there is no mirror yet"):
        deploy.mirror(run(EMPTY, tmp=tmp_path)[0])


def test_without_isolated_jobs_there_is_nothing_to_mirror(tmp_path: Any) -> None:
    made, commands = run(isolated=False, tmp=tmp_path)
    with pytest.raises(Skip):
        deploy.mirror(made)
    assert commands.asked == []
