"""Progress of downloads and uploads: bars on a terminal, a line for each file elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from ops.terminal import screen


class Transfers:
    """Shows each file as it is transferred."""

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars

    @contextmanager
    def file(self, verb: str, name: str, *, size: int | None) -> Iterator[Callable[[int], None]]:
        """Show a file, of `size` bytes; gives what to call with the number of each further bytes."""
        bars = self._bars
        if bars is None:
            screen.say(f"{verb} {name}{f' ({size:,} bytes)' if size else ''}")
            yield lambda _: None
            return
        task = bars.add_task(f"{verb} {screen.clean(name)}", total=size)
        try:
            yield lambda count: bars.advance(task, count)
        finally:
            bars.remove_task(task)


@contextmanager
def shown() -> Iterator[Transfers]:
    """Progress on standard error."""
    if not screen.err.is_terminal:
        yield Transfers(None)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, console=screen.err, transient=True) as bars:
        yield Transfers(bars)
