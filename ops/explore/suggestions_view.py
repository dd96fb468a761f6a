"""The suggestions in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.terminal import screen

LONGEST_TEXT = 100


def show(suggestions: Mapping[str, Any], *, rows: int) -> None:
    """Print what to know, then at most ``rows`` suspicious labels and as many texts to label next."""
    screen.line(
        f"{suggestions['file']}  {suggestions['rows_used']:,} rows of {len(suggestions['labels'])} labels", bold=True
    )
    for sentence in suggestions["findings"]:
        screen.point(sentence.replace("\u00a0", " ").replace(" %", "%"))  # keeps number and unit on one line
    _suspects(suggestions["suspects"], rows)
    _next(suggestions["next"], rows)


def _suspects(suspects: list[dict[str, Any]], rows: int) -> None:
    if not suspects:
        return
    screen.heading("Labels to check")
    cells = [
        [f"{each['line']:,}", each["given"], each["likely"], screen.figure(each["margin"]), _short(each["text"])]
        for each in suspects[:rows]
    ]
    screen.table("Line", "Given", "Likely", "Margin", "Text", rows=cells, numeric=("Line", "Margin"))
    _more(len(suspects) - rows)


def _next(chosen: list[dict[str, Any]], rows: int) -> None:
    if not chosen:
        return
    screen.heading("Texts to label next")
    cells = [
        [f"{each['line']:,}", each["likely"], screen.figure(each["probability_likely"]), _short(each["text"])]
        for each in chosen[:rows]
    ]
    screen.table("Line", "Likely", "Probability", "Text", rows=cells, numeric=("Line", "Probability"))
    _more(len(chosen) - rows)


def _more(count: int) -> None:
    if count > 0:
        screen.line(f"and {count:,} more: --output FILE writes all of them", quiet=True)


def _short(text: str) -> str:
    # Cleaned before it is cut, so that characters which are not shown take no room.
    shown = screen.clean(text)
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[: LONGEST_TEXT - 1]}…"
