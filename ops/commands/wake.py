"""`rubric wake`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.deployment.cloud import Cloud
from ops.monitoring import wakes
from ops.terminal import durations, screen


def wake(
    context: typer.Context,
    timeout: Annotated[str, typer.Option("--timeout", help="Give up after this long, such as 90s or 20m.")] = "20m",
) -> None:
    """Wake a model that sleeps (serving.min_instances: 0), and wait until it can answer.

    \b
    rubric --env prod wake       # before a demonstration, or at the start of a working day
    """
    cloud: Cloud = context.obj
    now, took = wakes.wake(cloud, timeout=durations.seconds(timeout, option="--timeout"), say=_say)
    copies = f"{now.copies} cop{'y' if now.copies == 1 else 'ies'}"
    _say(f"{now.component} is awake with {copies}" + (f", after {took:.0f} s." if took >= 1 else "."))


def _say(line: str) -> None:
    screen.out.print(line, highlight=False, markup=False)
