"""Axes: a frame with grid lines, tick labels and captions; and a chart's description."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model_code.training.drawing import svg

HEIGHT = 240
_FINAL_ZERO = re.compile(r"(\.\d+)0(\D*)$|\.0(\D*)$")
DESCRIBED = 24

Format = Callable[[float], str]


@dataclass(frozen=True)
class Frame:
    """The plotting area, the values at its sides, and its grid."""

    left: float
    right: float
    head: float
    floor: float
    xs: tuple[float, float]
    ys: tuple[float, float]
    body: list[str]

    def x(self, value: float) -> float:
        """The x position of a value."""
        return self.left + (value - self.xs[0]) / ((self.xs[1] - self.xs[0]) or 1) * (self.right - self.left)

    def y(self, value: float) -> float:
        """The y position of a value, limited to the scale."""
        inside = min(max(value, self.ys[0]), self.ys[1])
        return self.floor - (inside - self.ys[0]) / ((self.ys[1] - self.ys[0]) or 1) * (self.floor - self.head)


def frame_of(
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    head: float,
    form: Format,
    right: float,
    span: tuple[float, float],
    height: float = HEIGHT,
    form_x: Format = svg.short,
) -> Frame:
    """A frame below ``head`` with ticks ``ys`` upright and ``xs`` along it; ``span`` is its range from left to right.

    ``right`` is the room kept free beside it.
    """
    names = named(ys, form)
    left = max(map(svg.text_width, names)) + 8
    low, high = span if span[1] > span[0] else (span[0], span[0] + 1)
    frame = Frame(left, svg.WIDTH - right, head + 6, head + height - 46, (low, high), (ys[0], ys[-1]), [])
    for tick, name in zip(ys, names, strict=True):
        y = frame.y(tick)
        frame.body.append(svg.line(left, y, frame.right, y, stroke="chart-axis" if tick == ys[0] else "chart-grid"))
        frame.body.append(svg.text(left - 6, y + 4, name, anchor="end", fill="chart-quiet"))
    for tick in xs:
        if low - 1e-9 <= tick <= high + 1e-9:
            x = frame.x(tick)
            frame.body.append(svg.text(x, frame.floor + 16, form_x(tick), anchor="middle", fill="chart-quiet"))
    return frame


def caption(y_label: str, *, top: float = 0) -> tuple[list[str], float]:
    """The upright axis' name above it, and the y below."""
    if not y_label:
        return [], top + 2
    return [svg.text(0, top + 12, y_label, fill="chart-quiet")], top + 20


def upright_grid(
    scale: Sequence[float], *, left: float, across: float, head: float, floor: float, form: Format
) -> list[str]:
    """Upright lines at the ticks, from ``left``, ``across`` a unit apart, and what names have room."""
    places = [left + (tick - scale[0]) * across for tick in scale]
    drawn = [
        svg.line(x, head, x, floor, stroke="chart-axis" if tick == 0 else "chart-grid")
        for tick, x in zip(scale, places, strict=True)
    ]
    widest = max(map(svg.text_width, named(scale, form)), default=0)
    # Only every second or third name if there is not enough room for all.
    every = max(math.ceil((widest + 6) / (places[1] - places[0])), 1) if len(places) > 1 else 1
    for x, words in zip(places[::every], named(scale[::every], form), strict=True):
        drawn.append(svg.text(x, floor + 15, words, anchor="middle", fill="chart-quiet"))
    return drawn


def named(scale: Sequence[float], form: Format) -> list[str]:
    """The ticks' names, without decimal zeros that all have in common: 80 %, 90 %."""
    names = [form(tick) for tick in scale]
    while names and all(_FINAL_ZERO.search(name) for name in names):
        names = [_FINAL_ZERO.sub(r"\1\2\3", name) for name in names]
    return names


def sentence(parts: Sequence[str]) -> str:
    """A chart's data as a sentence, for its description."""
    more = f"; and {len(parts) - DESCRIBED} more" if len(parts) > DESCRIBED else ""
    return ("; ".join(parts[:DESCRIBED]) + more + ".") if parts else "No data."
