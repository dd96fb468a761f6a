"""A test as a page in one file: no script, nothing loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from contracts.ab_tests import record
from ops.ab_tests import chart, view
from ops.terminal import html

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 260, 52, 30, 8
_STYLE = """
.goal { fill: none; stroke: var(--old); stroke-width: 2; } .worse { fill: none; stroke: var(--new); stroke-width: 2; }
.threshold { stroke: var(--ink); stroke-dasharray: 5 4; } .axis { stroke: var(--line); }
.challenger { fill: var(--old); } .champion { fill: var(--new); } .won { color: var(--old); }
"""


def page(test: Mapping[str, Any]) -> str:
    """The whole HTML document."""
    won = ' class="won"' if test["verdict"] in record.WINS else ""
    parts = [
        f"<h1>A/B test {escape(test['test_id'])}: <span{won}>{escape(view.state(test))}</span></h1>",
        f"<p>{escape(view.models(test))}</p>",
        f"<p>{escape(view.sentence(test['reason']))}</p>" if test["reason"] else "",
        *(f'<p class="quiet">{escape(fact)}</p>' for fact in view.facts(test)),
        _evidence(test),
        _variants(test),
        _steps(test["steps"]),
    ]
    return html.document(f"A/B test {test['test_id']}", parts, style=_STYLE)


def _evidence(test: Mapping[str, Any]) -> str:
    """The evidence over the labels, with the threshold, and below it who won each label."""
    found = chart.lines(test)
    labels = len(found.winning) - 1
    if not labels:
        return ""
    top = 1.15 * max(found.threshold, *found.winning, *found.losing)
    low = min(0.0, *found.winning, *found.losing)

    def x(label: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 8) * label / labels

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _BOTTOM - _TOP) * (top - value) / (top - low)

    def line(name: str, values: Sequence[float]) -> str:
        points = " ".join(f"{x(label):.1f},{y(value):.1f}" for label, value in enumerate(values))
        return f'<polyline class="{name}" points="{points}"/>'

    goal = "better" if test["plan"]["goal"] == record.BETTER else "not worse"
    said = f"Evidence for {goal}: 10^{found.winning[-1]:.1f}; for worse: 10^{found.losing[-1]:.1f}"
    marks = "".join(
        f'<circle class="{look["right"]}" cx="{x(label):.1f}" cy="{_HEIGHT - 16}" r="2"/>'
        for label, look in enumerate(test["looks"], 1)
        if look["right"] != "neither"
    )
    level = y(found.threshold)
    return (
        f"<h2>Evidence after each label</h2>"
        f'<p class="quiet">Blue: for {goal}; red: for worse; from the dashed line on it decides. '
        f"Dots: whose answer the label was.</p>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">'
        f"<title>{escape(said)}</title>"
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{y(0):.1f}" y2="{y(0):.1f}"/>'
        f'<line class="threshold" x1="{_LEFT}" x2="{_WIDTH}" y1="{level:.1f}" y2="{level:.1f}"/>'
        f'<text x="0" y="{level + 4:.1f}">{10**found.threshold:g}</text><text x="0" y="{y(0) + 4:.1f}">1</text>'
        f"{line('worse', found.losing)}{line('goal', found.winning)}{marks}"
        f'<text x="{_WIDTH}" y="{_HEIGHT - 2}" text-anchor="end">{labels:,} labels</text></svg>'
    )


def _variants(test: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in view.variants(test))
    head = "".join(f'<th scope="col">{column}</th>' for column in view.BEHAVIOUR)
    return f"<h2>Behaviour</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""


def _steps(steps: Sequence[Mapping[str, str]]) -> str:
    return "<h2>Steps</h2>" + "".join(f"<p>{escape(view.said(step))}</p>" for step in steps)
