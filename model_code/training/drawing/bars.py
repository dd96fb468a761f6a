"""Bar charts: one bar or several for each name, and histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_code.training.drawing import svg
from model_code.training.drawing.axes import Format, caption, frame_of, sentence, upright_grid

BAR = 22

Pairs = Mapping[str, float] | Sequence[tuple[str, float]]


def bar_chart(
    *,
    title: str,
    data: Pairs,
    x_label: str = "",
    y_label: str = "",
    form: Format = svg.short,
    intervals: Mapping[str, Sequence[float]] | None = None,
    high: float | None = None,
) -> str:
    """A horizontal bar for each name, in the order of ``data``, with its value (``form`` writes it) beside it.

    ``intervals`` are low and high ends to draw as whiskers; ``high`` is the end of the scale (else a tick).
    """
    pairs = list(data.items() if isinstance(data, Mapping) else data)
    ends = [end for _, end in (intervals or {}).values()]
    most = high or max([value for _, value in pairs] + ends, default=0) or 1
    scale = svg.ticks(0, most, whole=form(0.5) in {form(0), form(1)})
    top = high or scale[-1]
    names = max((svg.text_width(name) for name, _ in pairs), default=0)
    gutter = min(names, svg.WIDTH * 0.36) + 8
    left, right = gutter, svg.WIDTH - max((svg.text_width(form(value)) for _, value in pairs), default=0) - 10
    across = (right - left) / top
    body, y = caption(y_label)
    floor = y + len(pairs) * BAR
    body += upright_grid(
        [tick for tick in scale if tick <= top], left=left, across=across, head=y, floor=floor, form=form
    )
    for index, (name, value) in enumerate(pairs):
        middle = y + (index + 0.5) * BAR
        body.append(svg.text(gutter - 6, middle + 4, svg.shorten(name, room=gutter - 6), anchor="end"))
        hint = f"{name}: {form(value)}"
        body.append(svg.rectangle(left, middle - 7, value * across, 14, fill=svg.series(0), hint=hint))
        end = value
        if intervals and name in intervals:
            low, end = intervals[name]
            body += _whisker(left + low * across, left + end * across, middle)
        body.append(svg.text(left + max(end, value) * across + 5, middle + 4, form(value)))
    if x_label:
        body.append(svg.text((left + right) / 2, floor + 32, x_label, anchor="middle", fill="chart-quiet"))
    described = sentence([f"{name} {form(value)}" for name, value in pairs])
    return svg.picture(
        title=title, description=described, width=svg.WIDTH, height=floor + (38 if x_label else 20), body=body
    )


def grouped_bars(
    *,
    title: str,
    data: Mapping[str, Mapping[str, float]],
    x_label: str = "",
    y_label: str = "",
    form: Format = svg.short,
    high: float | None = None,
) -> str:
    """Bars side by side for each name: ``data`` is series -> name -> value; names in the first series' order."""
    names = list(dict.fromkeys(name for values in data.values() for name in values))
    scale = svg.ticks(0, high or max((value for values in data.values() for value in values.values()), default=0) or 1)
    top = high or scale[-1]
    thick = 12 if len(data) > 2 else 14
    group = thick * len(data) + 8
    gutter = min(max((svg.text_width(name) for name in names), default=0), svg.WIDTH * 0.36) + 8
    shown = [form(value) for values in data.values() for value in values.values()]
    right = svg.WIDTH - max((svg.text_width(value) for value in shown), default=0) - 10
    across = (right - gutter) / top
    body, y = svg.legend(list(data), left=0, top=12, right=svg.WIDTH)
    more, y = caption(y_label, top=y)
    body += more
    floor = y + len(names) * group
    grid = [tick for tick in scale if tick <= top]
    body += upright_grid(grid, left=gutter, across=across, head=y, floor=floor, form=form)
    for row, name in enumerate(names):
        start = y + row * group + 4
        middle = start + thick * len(data) / 2
        body.append(svg.text(gutter - 6, middle + 4, svg.shorten(name, room=gutter - 6), anchor="end"))
        for index, (series, values) in enumerate(data.items()):
            if name not in values:
                continue
            value, at = values[name], start + index * thick
            hint = f"{name}, {series}: {form(value)}"
            body.append(svg.rectangle(gutter, at + 1, value * across, thick - 2, fill=svg.series(index), hint=hint))
            body.append(svg.text(gutter + value * across + 5, at + thick - 2, form(value)))
    if x_label:
        body.append(svg.text((gutter + right) / 2, floor + 32, x_label, anchor="middle", fill="chart-quiet"))
    described = sentence(
        [f"{s}, {name}: {form(value)}" for s, values in data.items() for name, value in values.items()]
    )
    return svg.picture(
        title=title, description=described, width=svg.WIDTH, height=floor + (38 if x_label else 20), body=body
    )


def histogram(
    *,
    title: str,
    data: tuple[Sequence[float], Sequence[float]],
    x_label: str = "",
    y_label: str = "",
    form: Format = svg.short,
    mark: float | None = None,
    mark_label: str = "",
) -> str:
    """Vertical bars: ``data`` is edges and counts; with as many edges as counts, the last bin has no upper end."""
    edges, counts = list(data[0]), list(data[1])
    open_ended = len(edges) == len(counts)
    if open_ended and edges:
        edges.append(edges[-1] + (edges[-1] - edges[-2] if len(edges) > 1 else 1))
    body, head = caption(y_label)
    scale = svg.ticks(0, max(counts, default=0) or 1)
    # Bins of equal width on the page, whatever their width in units: long tails have wide bins.
    frame = frame_of(
        [], scale, head=head + (14 if mark_label else 0), form=form, right=12, span=(0, max(len(counts), 1))
    )
    body += frame.body
    across = (frame.right - frame.left) / max(len(counts), 1)
    every = max(round(len(counts) / 7), 1)
    for index, count in enumerate(counts):
        x = frame.left + index * across
        last = open_ended and index == len(counts) - 1
        bin_name = (
            f"{svg.short(edges[index])} and more"
            if last
            else f"{svg.short(edges[index])} to {svg.short(edges[index + 1])}"
        )
        top = frame.y(count)
        body.append(
            svg.rectangle(
                x + 0.75,
                top,
                across - 1.5,
                frame.floor - top,
                fill=svg.series(0),
                hint=f"{bin_name}: {form(count)}",
                radius=1,
            )
        )
        if index % every == 0:
            body.append(svg.text(x, frame.floor + 16, svg.short(edges[index]), anchor="middle", fill="chart-quiet"))
    if mark is not None and len(edges) > 1:
        x = frame.left + _place(mark, edges) * across
        body.append(svg.line(x, frame.head, x, frame.floor, stroke="chart-text", width=1.5))
        anchor = "end" if x > svg.WIDTH / 2 else "start"
        body.append(svg.text(x, frame.head - 4, mark_label, anchor=anchor))
    if x_label:
        middle = (frame.left + frame.right) / 2
        body.append(svg.text(middle, frame.floor + 34, x_label, anchor="middle", fill="chart-quiet"))
    described = sentence([f"from {svg.short(edge)}: {form(count)}" for edge, count in zip(edges, counts, strict=False)])
    return svg.picture(title=title, description=described, width=svg.WIDTH, height=frame.floor + 40, body=body)


def _whisker(low: float, high: float, middle: float) -> list[str]:
    return [
        svg.line(low, middle, high, middle, stroke="chart-text", width=1.5),
        svg.line(low, middle - 4, low, middle + 4, stroke="chart-text", width=1.5),
        svg.line(high, middle - 4, high, middle + 4, stroke="chart-text", width=1.5),
    ]


def _place(value: float, edges: Sequence[float]) -> float:
    """The position of a value on an axis of equal bins, in bins."""
    for index in range(len(edges) - 1):
        if value < edges[index + 1]:
            return index + max(value - edges[index], 0) / ((edges[index + 1] - edges[index]) or 1)
    return len(edges) - 1
