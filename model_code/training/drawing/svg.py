"""SVG elements as strings: the marks, scales and colours of charts.

Colours are CSS variables with a light fallback, so a chart works alone; a page that includes STYLE gets dark ones too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from html import escape

# A phone's width: text keeps its size there, and grows a little in a column of a wide page.
WIDTH = 340
FONT = 12
# Mean width of a character of a sans-serif face, in ems.
CHARACTER = 0.58

LIGHT = {
    "chart-text": "#1d1f24",
    "chart-quiet": "#57606a",
    "chart-grid": "#e2e5e9",
    "chart-axis": "#8b939c",
    "chart-surface": "#ffffff",
    "chart-heat": "#0b5cad",
    "chart-on-heat": "#ffffff",
    "chart-1": "#0b5cad",
    "chart-2": "#b8500a",
    "chart-3": "#0f7566",
    "chart-4": "#7a4fa3",
    "chart-5": "#b32d68",
    "chart-6": "#66661a",
}
DARK = {
    "chart-text": "#e8eaed",
    "chart-quiet": "#a5adb7",
    "chart-grid": "#31353c",
    "chart-axis": "#737b85",
    "chart-surface": "#1b1d22",
    "chart-heat": "#2668b0",
    "chart-on-heat": "#ffffff",
    "chart-1": "#6cb2f5",
    "chart-2": "#f0a35e",
    "chart-3": "#4cc9b0",
    "chart-4": "#c3a0ee",
    "chart-5": "#f284b0",
    "chart-6": "#c9c36a",
}
SERIES = 6
# Distinguishes series without colour.
DASHES = ("", "6 3", "2 3", "9 3 2 3", "12 4", "4 2")


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in colours.items())


STYLE = (
    f":root{{{_variables(LIGHT)}}}"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    "svg.chart{width:100%;height:auto;display:block}"
)


def colour(name: str) -> str:
    """The CSS value of a colour of LIGHT."""
    return f"var(--{name},{LIGHT[name]})"


def series(index: int) -> str:
    """The colour of the series at ``index``; they repeat after SERIES."""
    return colour(f"chart-{index % SERIES + 1}")


def picture(*, title: str, description: str, width: float, height: float, body: Sequence[str]) -> str:
    """A whole ``<svg>`` element, with a title and description for screen readers."""
    key = "c" + hashlib.sha256(f"{title}\0{description}".encode()).hexdigest()[:10]
    # At least as wide as drawn, if there are more cells than fit on a phone.
    style = f' style="min-width:{number(width * 0.75)}px"' if width > WIDTH else ""
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
        f'role="img" aria-labelledby="{key}t {key}d" font-family="system-ui,sans-serif" font-size="{FONT}"{style}>'
        f'<title id="{key}t">{escape(title)}</title><desc id="{key}d">{escape(description)}</desc>'
        f"{''.join(body)}</svg>"
    )


def number(value: float) -> str:
    """A coordinate, rounded to a tenth of a unit, in few characters."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value else "0"


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    fill: str = "chart-text",
    bold: bool = False,
    turn: int = 0,
) -> str:
    """Text with its baseline at (x, y), rotated by ``turn`` degrees about that point."""
    weight = ' font-weight="600"' if bold else ""
    turned = f' transform="rotate({turn} {number(x)} {number(y)})"' if turn else ""
    paint = colour(fill) if fill in LIGHT else fill
    return (
        f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" fill="{paint}"{weight}{turned}>'
        f"{escape(words)}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = "chart-grid", width: float = 1) -> str:
    """A straight line in one of the named colours."""
    return (
        f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" '
        f'stroke="{colour(stroke)}" stroke-width="{number(width)}"/>'
    )


def rectangle(
    x: float, y: float, width: float, height: float, *, fill: str, hint: str = "", opacity: float = 1, radius: float = 2
) -> str:
    """A filled rectangle; ``hint``: its tooltip."""
    shade = "" if opacity == 1 else f' fill-opacity="{opacity:.3g}"'
    head = (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(max(width, 0))}" height="{number(max(height, 0))}" '
        f'rx="{number(radius)}" fill="{fill}"{shade}'
    )
    return f"{head}>{tooltip(hint)}</rect>" if hint else f"{head}/>"


def tooltip(words: str) -> str:
    """The tooltip of the enclosing mark."""
    return f"<title>{escape(words)}</title>"


def text_width(words: str) -> float:
    """The approximate width of a text."""
    return len(words) * FONT * CHARACTER


def shorten(words: str, *, room: float) -> str:
    """The text, shortened with an ellipsis to fit into ``room`` units."""
    fits = max(int(room / (FONT * CHARACTER)), 2)
    return words if len(words) <= fits else words[: fits - 1].rstrip() + "…"


def legend(names: Sequence[str], *, left: float, top: float, right: float) -> tuple[list[str], float]:
    """A swatch and a name for each series, in several lines if needed; the drawing and the y below it."""
    drawn, x, y = [], left, top
    for index, name in enumerate(names):
        shown = shorten(name, room=right - left - 20)
        if x > left and x + 20 + text_width(shown) > right:
            x, y = left, y + FONT * 1.5
        drawn.append(rectangle(x, y - 9, 12, 10, fill=series(index)))
        drawn.append(text(x + 17, y, shown))
        x += 32 + text_width(shown)
    return drawn, y + FONT * 0.8


def ticks(low: float, high: float, *, about: int = 5, whole: bool = False) -> list[float]:
    """Round values from ``low`` or below to ``high`` or above, about that many; ``whole`` numbers for counts."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low, low + 1]
    raw = span / max(about - 1, 1)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw * 0.999)
    step = max(math.ceil(step), 1) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def short(value: float) -> str:
    """A number for an axis or a bar: 12,500, 0.93, 3e-05."""
    if value and abs(value) < 0.001:
        return f"{value:.0e}"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(value: float) -> str:
    """A share as a percentage: 93.4 %; whole ones without a fraction."""
    return f"{value * 100:.1f}".removesuffix(".0") + "\u00a0%"


def runs(points: Sequence[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """The runs of points between those whose value is NaN."""
    stretch: list[tuple[float, float]] = []
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y):
            stretch.append((x, y))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch
