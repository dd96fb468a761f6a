"""Points with confidence intervals, one below the other, on a scale that fits their range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_code.training.drawing import svg
from model_code.training.drawing.axes import Format, caption, sentence, upright_grid

ROW = 26


def interval_chart(
    *,
    title: str,
    data: Mapping[str, Sequence[float]],
    x_label: str = "",
    y_label: str = "",
    form: Format = svg.percent,
    zero: bool = False,
) -> str:
    """A point and a whisker for each name: ``data`` is name -> (value, low end, high end).

    ``zero`` keeps 0 on the scale and draws it strongly: for differences.
    """
    ends = [value for point in data.values() for value in point] + ([0.0] if zero else [])
    scale = svg.ticks(min(ends, default=0), max(ends, default=1), about=4)
    names = max((svg.text_width(name) for name in data), default=0)
    shown = max((svg.text_width(form(point[0])) for point in data.values()), default=0)
    left, right = min(names, svg.WIDTH * 0.36) + 18, svg.WIDTH - shown - 16
    across = (right - left) / (scale[-1] - scale[0])
    body, head = caption(y_label)
    floor = head + len(data) * ROW
    body += upright_grid(scale, left=left, across=across, head=head, floor=floor, form=form)
    if zero:
        x = left - scale[0] * across
        body.append(svg.line(x, head, x, floor, stroke="chart-axis", width=1.5))
    for index, (name, (value, low, high)) in enumerate(data.items()):
        y = head + (index + 0.5) * ROW
        at = [left + (each - scale[0]) * across for each in (value, low, high)]
        hint = svg.tooltip(f"{name}: {form(value)}, interval {form(low)} to {form(high)}")
        body.append(svg.text(left - 16, y + 4, svg.shorten(name, room=left - 16), anchor="end"))
        body.append(
            f'<rect x="{svg.number(at[1])}" y="{svg.number(y - 4)}" width="{svg.number(max(at[2] - at[1], 1))}" '
            f'height="8" rx="4" fill="{svg.series(0)}" fill-opacity="0.35">{hint}</rect>'
            f'<circle cx="{svg.number(at[0])}" cy="{svg.number(y)}" r="5" fill="{svg.series(0)}" '
            f'stroke="{svg.colour("chart-surface")}">{hint}</circle>'
        )
        body.append(svg.text(svg.WIDTH, y + 4, form(value), anchor="end", bold=True))
    if x_label:
        body.append(svg.text((left + right) / 2, floor + 32, x_label, anchor="middle", fill="chart-quiet"))
    words = [f"{name} {form(value)} ({form(low)} to {form(high)})" for name, (value, low, high) in data.items()]
    height = floor + (38 if x_label else 20)
    return svg.picture(title=title, description=sentence(words), width=svg.WIDTH, height=height, body=body)
