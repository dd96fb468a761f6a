"""Cells shaded by value: confusion matrices and other tables of shares."""

from __future__ import annotations

from collections.abc import Sequence

from model_code.training.drawing import svg
from model_code.training.drawing.axes import Format, sentence

# At this share of full colour, text changes from dark to light; both are legible around it.
DARK_CELL = 0.78


def heat_map(
    *,
    title: str,
    data: Sequence[Sequence[float]],
    x_label: str = "",
    y_label: str = "",
    rows: Sequence[str],
    columns: Sequence[str],
    form: Format = svg.percent,
    notes: Sequence[Sequence[str]] | None = None,
    high: float | None = None,
) -> str:
    """Cells shaded by value (``high`` is full colour: the largest value), each with its value and, below, its note."""
    full = high or max((value for row in data for value in row), default=0) or 1
    gutter = min(max((svg.text_width(name) for name in rows), default=0), 110) + (22 if y_label else 6)
    side = max((svg.WIDTH - gutter) / max(len(columns), 1), 38)
    turned = any(svg.text_width(name) > side - 4 for name in columns)
    tall = min(side, 46) if notes else min(side, 38)
    wide = gutter + side * len(columns)
    names = [svg.shorten(name, room=110 if turned else side) for name in columns]
    drop = max(map(svg.text_width, names), default=0) * 0.72 + 12 if turned else 20
    over = (18 if x_label else 2) + drop
    lean = max(svg.text_width(names[-1]) * 0.72 - side / 2 + 4, 0) if turned and names else 0
    body = [svg.text(gutter + side * len(columns) / 2, 12, x_label, anchor="middle", fill="chart-quiet")]
    if y_label:
        middle = over + tall * len(rows) / 2
        body.append(svg.text(12, middle, y_label, anchor="middle", fill="chart-quiet", turn=-90))
    for index, name in enumerate(names):
        at = gutter + (index + 0.5) * side
        body.append(
            svg.text(at - 2, over - 8, name, turn=-45) if turned else svg.text(at, over - 8, name, anchor="middle")
        )
    for row, values in enumerate(data):
        y = over + row * tall
        room = gutter - (22 if y_label else 6)
        body.append(svg.text(gutter - 6, y + tall / 2 + 4, svg.shorten(rows[row], room=room), anchor="end"))
        for column, value in enumerate(values):
            note = notes[row][column] if notes else ""
            x, share = gutter + column * side, min(max(value / full, 0), 1)
            hint = f"{rows[row]}, {columns[column]}: {form(value)}" + (f" ({note})" if note else "")
            body.append(
                svg.rectangle(
                    x + 1,
                    y + 1,
                    side - 2,
                    tall - 2,
                    fill=svg.colour("chart-heat"),
                    opacity=0.05 + 0.95 * share,
                    hint=hint,
                )
            )
            body += _cell(x + side / 2, y, side, tall, form(value) if value else "", note, light=share >= DARK_CELL)
    described = sentence(
        [f"{rows[r]}, {columns[c]}: {form(value)}" for r, values in enumerate(data) for c, value in enumerate(values)]
    )
    height = over + tall * len(data) + 4
    return svg.picture(title=title, description=described, width=max(wide + lean, svg.WIDTH), height=height, body=body)


def _cell(middle: float, y: float, side: float, tall: float, value: str, note: str, *, light: bool) -> list[str]:
    fill = "chart-on-heat" if light else "chart-text"
    both = note and tall >= 34
    drawn = []
    if value and svg.text_width(value) <= side + 4:
        drawn.append(svg.text(middle, y + tall / 2 + (-1 if both else 4), value, anchor="middle", fill=fill))
    if both and value and svg.text_width(note) <= side:
        drawn.append(svg.text(middle, y + tall / 2 + 13, note, anchor="middle", fill=fill))
    return drawn
