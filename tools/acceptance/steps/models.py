"""A second model: trained, promoted and rolled back."""

from __future__ import annotations

import json
from typing import Any

from tools.acceptance.errors import StepError
from tools.acceptance.run import Run, Skip
from tools.acceptance.steps import api

_ROLLOUT = 3600.0


def promotion(run: Run) -> dict[str, Any]:
    """A second training run, and approval where the environment wants a person's: the API answers with its model."""
    before = _in_use(run)
    run.rubric("train", "--plain")
    if run.settings.training.approval == "manual":
        if _in_use(run) != before:
            raise StepError("An unapproved model serves")
        waiting = [each for each in _models(run) if each["approval"] == "PendingManualApproval"]
        run.rubric("models", "approve", waiting[0]["version"], "--note", "acceptance")
    after = run.wait("The rollout", lambda: _changed(run, before), seconds=_ROLLOUT)
    _answers_with(run, after)
    # A rollback begins where a rollout has ended: until then the first model still serves.
    run.wait("The rollout's end", lambda: _serving(run) == after, seconds=_ROLLOUT)
    return {"before": before, "after": after}


def rollback(run: Run) -> dict[str, Any]:
    """`rubric models rollback`: the API answers with the first model again."""
    before = _in_use(run)
    run.rubric("models", "rollback")
    after = _in_use(run)
    if after == before:
        raise StepError(f"{before} is still in use")
    _answers_with(run, after)
    return {"before": before, "after": after}


def _models(run: Run) -> list[dict[str, Any]]:
    return list(json.loads(run.rubric("models", "list", "--json")))


def _in_use(run: Run) -> str:
    if not run.settings.classifier.trained:
        raise Skip("a Bedrock model classifies: there is nothing to promote")
    return str(json.loads(run.rubric("status", "--json"))["model_version"])


def _serving(run: Run) -> str:
    return str(json.loads(run.rubric("status", "--json"))["serving_version"])


def _changed(run: Run, before: str) -> str:
    now = _in_use(run)
    return now if now != before else ""


def _answers_with(run: Run, version: str) -> None:
    if "key" in run.facts:
        run.wait(f"An answer of {version}", lambda: api.serving(run) == version, seconds=_ROLLOUT)
