"""Combinations of settings that cannot work, refused at synth instead of by AWS an hour later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from environments.rules import (
    ab_tests,
    api,
    classifier,
    data,
    features,
    labelling,
    network,
    pinned,
    region,
    retraining,
    serving,
    task,
    training,
)
from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings


def check(settings: Settings, *, root: Path) -> Problem | None:
    """The first combination that cannot work, or None."""
    rules = (
        region.problems(settings),
        task.problems(settings),
        data.dataset_problems(settings, root=root),
        data.column_problems(settings),
        data.label_problems(settings),
        training.problems(settings, root=root),
        pinned.problems(settings, root=root),
        serving.problems(settings),
        network.problems(settings),
        classifier.problems(settings),
        api.problems(settings),
        data.text_problems(settings),
        labelling.problems(settings),
        features.problems(settings, root=root),
        retraining.problems(settings),
        ab_tests.problems(settings),
    )
    return next((problem for rule in rules for problem in rule), None)
