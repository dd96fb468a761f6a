"""Two views of a board: a live screen for a terminal, plain lines otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.screen.board import Board, Stage, State

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown(board: Board, console: Console) -> Iterator[None]:
    """Show the board while the block runs: live on a terminal, line by line otherwise."""
    if not console.is_terminal:
        board.view = PlainView(board, console)
        yield
        return
    view = LiveView(board)
    board.view = view
    with Live(get_renderable=view.render, console=console, refresh_per_second=5, transient=False):
        yield


class PlainView:
    """Prints a line when a stage begins and ends, and every few seconds in between."""

    def __init__(self, board: Board, console: Console, *, every: float = _SECONDS_BETWEEN_LINES) -> None:
        self._board = board
        self._console = console
        self._every = every
        self._last = board.clock()

    def began(self, stage: Stage) -> None:
        """Print the beginning."""
        self._print(stage, "started")

    def progressed(self, stage: Stage) -> None:
        """Print the progress, unless a line was printed a moment ago."""
        if self._board.clock() - self._last >= self._every:
            self._print(stage, " ".join(part for part in (_count(stage), stage.detail) if part))

    def ended(self, stage: Stage) -> None:
        """Print the result and the duration."""
        detail = f": {stage.detail}" if stage.detail else ""
        self._print(stage, f"{stage.state.value} in {stage.seconds(self._board.clock()):.1f} s{detail}")

    def _print(self, stage: Stage, text: str) -> None:
        self._last = self._board.clock()
        elapsed = self._last - self._board.started
        self._console.print(f"{elapsed:6.1f} s  {stage.title}: {text}", markup=False, highlight=False, soft_wrap=True)


class LiveView:
    """A table that redraws itself: a mark, the title, a bar, the seconds and the detail of each stage."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._spinner = Spinner("dots", style="cyan")

    def began(self, stage: Stage) -> None:
        """Nothing to do: the screen redraws automatically."""

    def progressed(self, stage: Stage) -> None:
        """Nothing to do: the screen redraws automatically."""

    def ended(self, stage: Stage) -> None:
        """Nothing to do: the screen redraws automatically."""

    def render(self) -> RenderableType:
        """The current screen."""
        now = self._board.clock()
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(width=24)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True, style="dim")
        for stage in list(self._board.stages.values()):
            seconds = f"{stage.seconds(now):.1f} s" if stage.began is not None else ""
            table.add_row(self._mark(stage), _title(stage), _bar(stage), seconds, Text(_full_detail(stage)))
        return Group(table, Text(f"{now - self._board.started:.0f} s in total", style="dim"))

    def _mark(self, stage: Stage) -> RenderableType:
        marks = {State.WAITING: Text("·", "dim"), State.DONE: Text("✓", "green"), State.FAILED: Text("✗", "bold red")}
        return marks.get(stage.state, self._spinner)


def _title(stage: Stage) -> Text:
    styles = {State.WAITING: "dim", State.RUNNING: "bold", State.FAILED: "red", State.DONE: ""}
    return Text(stage.title, styles[stage.state])


def _bar(stage: Stage) -> RenderableType:
    if stage.total is None or stage.state is State.WAITING:
        return Text("")
    return ProgressBar(total=max(stage.total, 1), completed=stage.done, width=24)


def _full_detail(stage: Stage) -> str:
    return " ".join(part for part in (_count(stage), stage.detail) if part)


def _count(stage: Stage) -> str:
    return f"{stage.done}/{stage.total}" if stage.total is not None else ""
