"""Tests the view of progress in a terminal."""

import io

import pytest
from rich.console import Console

from contracts.models.progress import Progress
from ops.deployment.executions import Ended, Entered, Execution
from ops.terminal import progress_views
from ops.terminal.progress_views import BarView, CountView, readable


@pytest.mark.parametrize("width", [80, 120])
def test_bars_keep_within_the_terminal_and_end_an_early_stop(width):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None)
    with BarView(console) as view:
        view.show(Entered("Train"))
        view.show(Progress("train", 50, 100, "epoch=4.0 loss=0.21"))
        view.show(Progress("validate", 4, 8, "accuracy=0.9321 macro_f1=0.9187 loss=0.2213"))
        view.show(Progress("export", 1, 1, "precision=int8-dynamic"))
        view.show(Ended(Execution("arn", "SUCCEEDED")))
    last = screen.getvalue().rpartition("training")[2]
    assert "epoch 4.0" in last and "accuracy 0.93" in last
    assert "stopped early" in last and "  export" in last and max(map(len, last.splitlines())) <= width
    assert not any(task.total != task.completed for task in view._bars.tasks)


def test_details_are_readable():
    assert readable("macro_f1=0.91 base_model=my_model") == "macro F1 0.91  base model my model"
    assert readable("") == ""


def test_counts_are_a_line_when_a_stage_begins_and_every_few_seconds(monkeypatch):
    clock, screen = [100.0], io.StringIO()
    monkeypatch.setattr(progress_views.time, "monotonic", lambda: clock[0])
    view = CountView(Console(file=screen, width=80))
    for passed, stage, looked_at, result in (
        (0, "log", 0, 0),
        (4.9, "log", 900, 1),
        (0.2, "log", 1200, 2),
        (0, "s3", 7, 0),
    ):
        clock[0] += passed
        view.show(stage, looked_at, result)
    assert screen.getvalue().splitlines() == ["log", "log: 1,200 looked at, 2 found", "s3: 7 looked at, 0 found"]
