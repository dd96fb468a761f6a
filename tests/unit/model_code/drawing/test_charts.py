"""Charts: well-formed, named, harmless with any text, drawn for any data, and readable in both colour schemes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from model_code.training.drawing import axes, cells, charts, svg

SPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script> & \"quoted\" 'too'"
BINS = [{"from": i / 10, "to": (i + 1) / 10, "count": i, "confidence": i / 10, "accuracy": i / 10} for i in range(10)]
DRAWN: dict[str, Callable[[str], str]] = {
    "bar_chart": lambda name: charts.bar_chart(title=name, data={name: 3, "b": 2}, x_label=name, y_label=name),
    "bar_chart_intervals": lambda name: charts.bar_chart(title=name, data={name: 0.3}, intervals={name: [0.2, 0.4]}),
    "grouped_bars": lambda name: charts.grouped_bars(title=name, data={name: {name: 1.0}, "b": {name: 2.0, "c": 1}}),
    "line_chart": lambda name: charts.line_chart(
        title=name, data={name: [(0, 1), (1, math.nan), (2, 3)], "b": [(0, 2)]}, mark=1, mark_label=name
    ),
    "reliability_diagram": lambda name: charts.reliability_diagram(title=name, data={name: BINS, "b": BINS}),
    "heat_map": lambda name: charts.heat_map(
        title=name, data=[[1, 0], [0.2, 0.8]], rows=[name, "b"], columns=[name, "b"], notes=[[name, ""], ["", "4"]]
    ),
    "histogram": lambda name: charts.histogram(
        title=name, data=([0, 4, 8], [1, 2, 3]), x_label=name, y_label=name, mark=5, mark_label=name
    ),
    "interval_chart": lambda name: charts.interval_chart(title=name, data={name: (0.5, 0.4, 0.6)}, x_label=name),
}
EMPTY: dict[str, Callable[[], str]] = {
    "bar_chart": lambda: charts.bar_chart(title="t", data={}),
    "grouped_bars": lambda: charts.grouped_bars(title="t", data={}),
    "line_chart": lambda: charts.line_chart(title="t", data={"a": []}),
    "one_point": lambda: charts.line_chart(title="t", data={"a": [(3, 3)]}),
    "reliability_diagram": lambda: charts.reliability_diagram(title="t", data={"a": []}),
    "heat_map": lambda: charts.heat_map(title="t", data=[], rows=[], columns=[]),
    "histogram": lambda: charts.histogram(title="t", data=([], [])),
    "interval_chart": lambda: charts.interval_chart(title="t", data={}),
    "all_zero": lambda: charts.bar_chart(title="t", data={"a": 0, "b": 0}),
}


@pytest.mark.parametrize("name", DRAWN)
def test_any_words_are_drawn_as_words(name: str) -> None:
    root = ElementTree.fromstring(DRAWN[name](HOSTILE))
    assert root.find(f"{SPACE}title").text == HOSTILE  # type: ignore[union-attr]
    assert not root.findall(f".//{SPACE}script")
    assert {each.get("id") for each in root} >= set(root.get("aria-labelledby", "").split())


@pytest.mark.parametrize("name", DRAWN)
def test_marks_stay_inside_the_picture(name: str) -> None:
    root = ElementTree.fromstring(DRAWN[name]("name"))
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for each in root.iter():
        at = [float(value) for key in ("x", "cx", "x1", "x2") if (value := each.get(key))]
        up = [float(value) for key in ("y", "cy", "y1", "y2") if (value := each.get(key))]
        assert all(0 <= value <= width for value in at), ElementTree.tostring(each)
        assert all(0 <= value <= height for value in up), ElementTree.tostring(each)


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_draw_is_still_a_chart(name: str) -> None:
    drawn = EMPTY[name]()
    assert ElementTree.fromstring(drawn).tag == f"{SPACE}svg"
    assert "nan" not in drawn.casefold()


def test_description_tells_the_data_in_words() -> None:
    root = ElementTree.fromstring(charts.bar_chart(title="Rows", data={"Business": 1200, "Health": 30}))
    assert root.find(f"{SPACE}desc").text == "Business 1,200; Health 30."  # type: ignore[union-attr]


def test_many_labels_make_a_wide_heat_map_and_a_short_description() -> None:
    names = [f"label {index}" for index in range(60)]
    root = ElementTree.fromstring(charts.heat_map(title="t", data=[[0.5] * 60] * 60, rows=names, columns=names))
    assert "min-width" in root.get("style", "")
    assert "and 3576 more" in root.find(f"{SPACE}desc").text  # type: ignore[union-attr,operator]


def test_ticks_cover_the_values_with_round_steps() -> None:
    assert svg.ticks(0, 1862) == [0, 500, 1000, 1500, 2000]
    assert svg.ticks(0.902, 0.948) == pytest.approx([0.9, 0.92, 0.94, 0.96])
    assert svg.ticks(0, 1, whole=True) == [0, 1]
    assert svg.ticks(5, 5) == [5, 6]


def test_axis_leaves_out_zeros_that_say_nothing() -> None:
    assert axes.named([0, 0.5, 1], lambda value: f"{value:.3f}") == ["0.0", "0.5", "1.0"]
    assert axes.named([0.9, 0.95], lambda value: f"{value:.1%}") == ["90%", "95%"]
    assert axes.named([10, 20], svg.short) == ["10", "20"]


@pytest.mark.parametrize("scheme", [svg.LIGHT, svg.DARK])
def test_colours_have_contrast(scheme: dict[str, str]) -> None:
    ground = rgb(scheme["chart-surface"])
    for name in ("chart-text", "chart-quiet", *(f"chart-{index + 1}" for index in range(svg.SERIES))):
        assert contrast(rgb(scheme[name]), ground) >= 4.5, name
    for share in [step / 100 for step in range(101)]:
        opacity = 0.05 + 0.95 * share
        cell = tuple(
            opacity * top + (1 - opacity) * below for top, below in zip(rgb(scheme["chart-heat"]), ground, strict=True)
        )
        words = scheme["chart-on-heat" if share >= cells.DARK_CELL else "chart-text"]
        assert contrast(rgb(words), cell) >= 3.5, share


def test_both_schemes_name_the_same_colours() -> None:
    assert svg.LIGHT.keys() == svg.DARK.keys()
    assert set(re.findall(r"--(chart-[\w-]+):", svg.STYLE)) == svg.LIGHT.keys()


def rgb(written: str) -> tuple[float, ...]:
    return tuple(int(written[at : at + 2], 16) / 255 for at in (1, 3, 5))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    light = [
        sum(
            weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
            for weight, part in zip((0.2126, 0.7152, 0.0722), each, strict=True)
        )
        for each in (one, other)
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)
