"""Stacked bars: how a quantity is made up of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_code.training.drawing import svg

BAR = 22
HEIGHT = 190
WIDE = 2 * svg.WIDTH
OTHERS = "others"

Parts = Sequence[tuple[str, Mapping[str, float]]]


def limited(data: Parts, labels: Sequence[str], *, most: int = svg.SERIES) -> tuple[Parts, list[str]]:
    """The data with at most `most` labels: those after the first most - 1 are added up as "others"."""
    if len(labels) <= most:
        return data, list(labels)
    kept, rest = list(labels[: most - 1]), labels[most - 1 :]
    merged = [
        (
            name,
            {**{label: parts.get(label, 0) for label in kept}, OTHERS: sum(parts.get(label, 0) for label in rest)},
        )
        for name, parts in data
    ]
    return merged, [*kept, OTHERS]


def bars(*, title: str, data: Parts, labels: Sequence[str]) -> str:
    """A horizontal bar for each name, divided by label, with its sum beside it. data: (name, {label: value})."""
    data, labels = limited(data, labels)
    sums = [sum(parts.values()) for _, parts in data]
    gutter = min(max((svg.text_width(name) for name, _ in data), default=0), svg.WIDTH * 0.4) + 8
    right = svg.WIDTH - max((svg.text_width(svg.short(value)) for value in sums), default=0) - 10
    across = (right - gutter) / (max(sums, default=0) or 1)
    body, y = svg.legend(labels, left=0, top=12, right=svg.WIDTH)
    for index, ((name, parts), value) in enumerate(zip(data, sums, strict=True)):
        middle = y + (index + 0.5) * BAR
        body.append(svg.text(gutter - 6, middle + 4, svg.shorten(name, room=gutter - 6), anchor="end"))
        x = gutter
        for series, label in enumerate(labels):
            size = parts.get(label, 0) * across
            if size:
                hint = f"{name}, {label}: {svg.short(parts[label])} ({svg.percent(parts[label] / value)})"
                body.append(svg.rectangle(x, middle - 7, size, 14, fill=svg.series(series), hint=hint, radius=0))
            x += size
        body.append(svg.text(x + 5, middle + 4, svg.short(value)))
    return svg.picture(
        title=title, description=_description(data), width=svg.WIDTH, height=y + len(data) * BAR + 6, body=body
    )


def columns(*, title: str, data: Parts, labels: Sequence[str], y_label: str) -> str:
    """A vertical bar for each name, divided by label, on a chart of double width. data: (name, {label: value}).

    Names that would overlap are omitted.
    """
    data, labels = limited(data, labels)
    sums = [sum(parts.values()) for _, parts in data]
    scale = svg.ticks(0, max(sums, default=0) or 1)
    left = max(svg.text_width(svg.short(tick)) for tick in scale) + 8
    body, head = svg.legend(labels, left=0, top=12, right=WIDE)
    body.append(svg.text(0, head + 12, y_label, fill="chart-quiet"))
    head += 26
    floor = head + HEIGHT
    up = HEIGHT / scale[-1]
    for tick in scale:
        y = floor - tick * up
        body.append(svg.line(left, y, WIDE - 4, y, stroke="chart-axis" if tick == 0 else "chart-grid"))
        body.append(svg.text(left - 6, y + 4, svg.short(tick), anchor="end", fill="chart-quiet"))
    wide = (WIDE - 4 - left) / max(len(data), 1)
    gap = 1.5 if wide > 5 else 0
    free = left
    for index, (name, parts) in enumerate(data):
        x, y = left + index * wide, floor
        for series, label in enumerate(labels):
            tall = parts.get(label, 0) * up
            if tall:
                hint = f"{name}, {label}: {svg.short(parts[label])}"
                body.append(
                    svg.rectangle(x + gap / 2, y - tall, wide - gap, tall, fill=svg.series(series), hint=hint, radius=0)
                )
            y -= tall
        half = svg.text_width(name) / 2
        middle = min(max(x + wide / 2, left + half), WIDE - half)
        if middle - half >= free:
            body.append(svg.text(middle, floor + 16, name, anchor="middle", fill="chart-quiet"))
            free = middle + half + 14
    return svg.picture(title=title, description=_description(data), width=WIDE, height=floor + 24, body=body)


def _description(data: Parts) -> str:
    parts = [
        f"{name}: " + ", ".join(f"{label} {svg.short(value)}" for label, value in parts.items())
        for name, parts in data[:12]
    ]
    return "; ".join(parts) + (f"; and {len(data) - 12} more" if len(data) > 12 else "") + "."
