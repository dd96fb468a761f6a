import io

import pytest
from rich.console import Console

from local.screen.board import Board, State
from local.screen.views import LiveView, PlainView, shown


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_lines_come_at_begin_and_end_and_seldom_in_between(clock: Clock) -> None:
    out = io.StringIO()
    board = Board(clock=clock)
    with shown(board, Console(file=out, width=120)):
        board.begin("x", "stack Data")
        for step in range(20):
            clock.now += 1
            board.progress("x", done=step, total=20, detail="Bucket")
        board.end("x", "")
    lines = out.getvalue().splitlines()
    assert lines[0].endswith("stack Data: started")
    assert [line.split(": ")[1] for line in lines[1:-1]] == [
        "4/20 Bucket",
        "9/20 Bucket",
        "14/20 Bucket",
        "19/20 Bucket",
    ]
    assert lines[-1].endswith("stack Data: done in 20.0 s")


def test_a_stage_ends_once(clock: Clock) -> None:
    board = Board(clock=clock)
    board.begin("x")
    board.fail("x", "no")
    board.end("x", "yes")
    board.begin("x")
    assert (board.stages["x"].state, board.stages["x"].detail) == (State.FAILED, "no")


def test_what_runs_at_an_error_has_failed_and_what_waits_still_waits(clock: Clock) -> None:
    board = Board(clock=clock)
    board.begin("x")
    board.add("y", "later")
    board.fail_running()
    assert [stage.state for stage in board.stages.values()] == [State.FAILED, State.WAITING]


def test_the_live_screen_has_a_row_a_stage_with_its_count(clock: Clock) -> None:
    board = Board(clock=clock)
    board.begin("x", "stack Data")
    board.progress("x", done=3, total=7, detail="Bucket [x]")
    board.add("y", "stack Api")
    clock.now += 2
    console = Console(width=120)
    with console.capture() as capture:
        console.print(LiveView(board).render())
    screen = capture.get()
    assert "stack Data" in screen
    assert "3/7 Bucket [x]" in screen
    assert "2.0 s" in screen
    assert "stack Api" in screen


def test_a_plain_view_does_not_read_markup(clock: Clock) -> None:
    out = io.StringIO()
    board = Board(clock=clock)
    board.view = PlainView(board, Console(file=out, width=120), every=0)
    board.begin("x", "job")
    board.progress("x", detail="[red]loss[/red]")
    assert "[red]loss[/red]" in out.getvalue()
