"""Lines: values over steps, and accuracy over confidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from model_code.training.drawing import svg
from model_code.training.drawing.axes import Format, Frame, caption, frame_of, sentence

Points = Sequence[tuple[float, float]]


def line_chart(
    *,
    title: str,
    data: Mapping[str, Points],
    x_label: str = "",
    y_label: str = "",
    form: Format = svg.short,
    low: float | None = None,
    high: float | None = None,
    mark: float | None = None,
    mark_label: str = "",
) -> str:
    """A line for each series of (x, y) points, labelled with its last value. ``mark``: draws a vertical line at that x.

    ``low`` and ``high`` are ends of the upright scale. A value that is not a number is a gap.
    """
    points = [(x, y) for values in data.values() for stretch in svg.runs(values) for x, y in stretch]
    xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
    body, head = (svg.legend(list(data), left=0, top=12, right=svg.WIDTH)) if len(data) > 1 else ([], 4.0)
    more, head = caption(y_label, top=head)
    body += more
    frame = frame_of(
        svg.ticks(min(xs), max(xs)),
        svg.ticks(min(ys) if low is None else low, max(ys) if high is None else high),
        head=head + (14 if mark is not None and mark_label else 0),
        form=form,
        right=max((svg.text_width(form(values[-1][1])) for values in data.values() if values), default=0) + 10,
        span=(min(xs), max(xs)),
    )
    body += frame.body
    if mark is not None:
        x = frame.x(mark)
        body.append(svg.line(x, frame.head, x, frame.floor, stroke="chart-axis", width=1.5))
        anchor = "end" if x > svg.WIDTH / 2 else "start"
        body.append(svg.text(x, frame.head - 4, mark_label, anchor=anchor, fill="chart-quiet"))
    for index, values in enumerate(data.values()):
        for stretch in svg.runs(values):
            body.append(path([(frame.x(x), frame.y(y)) for x, y in stretch], index=index))
    if max(map(len, data.values()), default=0) <= 40:
        for index, (name, values) in enumerate(data.items()):
            for x, y in (point for stretch in svg.runs(values) for point in stretch):
                body.append(dot(frame.x(x), frame.y(y), index=index, hint=f"{name}, {svg.short(x)}: {form(y)}"))
    body += _ends(data, frame, form=form)
    if x_label:
        middle = (frame.left + frame.right) / 2
        body.append(svg.text(middle, frame.floor + 34, x_label, anchor="middle", fill="chart-quiet"))
    described = sentence(
        [
            f"{name}: from {form(v[0][1])} at {svg.short(v[0][0])} to {form(v[-1][1])} at {svg.short(v[-1][0])}"
            for name, v in data.items()
            if v
        ]
    )
    return svg.picture(
        title=title, description=described, width=svg.WIDTH, height=frame.floor + (40 if x_label else 22), body=body
    )


def reliability_diagram(
    *,
    title: str,
    data: Mapping[str, Sequence[Mapping[str, float]]],
    x_label: str = "confidence",
    y_label: str = "share that is right",
) -> str:
    """Accuracy against confidence, by bin, a line for each series; on the diagonal the model is calibrated.

    A bin has ``confidence``, ``accuracy`` and ``count``; one without texts is left out. A dot's area follows its count.
    """
    filled = {name: [each for each in bins if each.get("count")] for name, bins in data.items()}
    body, head = svg.legend(list(data), left=0, top=12, right=svg.WIDTH) if len(data) > 1 else ([], 4.0)
    more, head = caption(y_label, top=head)
    body += more
    spread = [each[key] for bins in filled.values() for each in bins for key in ("confidence", "accuracy")]
    low = min(math.floor(min(spread, default=0) * 10) / 10, 0.8)
    steps = svg.ticks(low, 1)
    frame = frame_of(steps, steps, head=head, form=svg.percent, form_x=svg.percent, right=18, height=300, span=(low, 1))
    body += frame.body
    body.append(
        f'<line x1="{svg.number(frame.x(low))}" y1="{svg.number(frame.y(low))}" x2="{svg.number(frame.x(1))}" '
        f'y2="{svg.number(frame.y(1))}" stroke="{svg.colour("chart-axis")}" stroke-dasharray="4 4"/>'
    )
    most = max((each["count"] for bins in filled.values() for each in bins), default=1)
    # The first series (after) is drawn last, on top.
    for index, (name, bins) in reversed(list(enumerate(filled.items()))):
        spots = [(frame.x(each["confidence"]), frame.y(each["accuracy"])) for each in bins]
        body.append(path(spots, index=index))
        for (x, y), each in zip(spots, bins, strict=True):
            hint = (
                f"{name}: {each['count']:,.0f} texts with mean confidence {svg.percent(each['confidence'])}, "
                f"{svg.percent(each['accuracy'])} right"
            )
            body.append(dot(x, y, index=index, hint=hint, radius=2.5 + 5.5 * (each["count"] / most) ** 0.5))
    middle = (frame.left + frame.right) / 2
    body.append(svg.text(middle, frame.floor + 34, x_label, anchor="middle", fill="chart-quiet"))
    described = sentence(
        [
            f"{name}: confidence {svg.percent(each['confidence'])}, right {svg.percent(each['accuracy'])}"
            for name, bins in filled.items()
            for each in bins
        ]
    )
    return svg.picture(title=title, description=described, width=svg.WIDTH, height=frame.floor + 40, body=body)


def path(points: Points, *, index: int) -> str:
    if not points:
        return ""
    dash = svg.DASHES[index % len(svg.DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    drawn = " ".join(f"{svg.number(x)},{svg.number(y)}" for x, y in points)
    return (
        f'<polyline points="{drawn}" fill="none" stroke="{svg.series(index)}" stroke-width="2" '
        f'stroke-linejoin="round"{dashed}/>'
    )


def dot(x: float, y: float, *, index: int, hint: str, radius: float = 3) -> str:
    return (
        f'<circle cx="{svg.number(x)}" cy="{svg.number(y)}" r="{svg.number(radius)}" fill="{svg.series(index)}" '
        f'stroke="{svg.colour("chart-surface")}">{svg.tooltip(hint)}</circle>'
    )


def _ends(data: Mapping[str, Points], frame: Frame, *, form: Format) -> list[str]:
    """The last value of each line, moved apart where two would overlap."""
    last = sorted((frame.y(values[-1][1]), index, values[-1]) for index, values in enumerate(data.values()) if values)
    drawn, free = [], -100.0
    for y, index, (x, value) in last:
        at = max(y, free)
        drawn.append(svg.text(frame.x(x) + 6, at + 4, form(value), fill=svg.series(index), bold=True))
        free = at + svg.FONT
    return drawn
