"""A drift report as a page in one file: no script, nothing loaded."""

from __future__ import annotations

from html import escape
from typing import Any

from contracts.logs import drift_report
from ops.monitoring import drift_slices
from ops.monitoring.drift_view import STREAMS, accuracy, counted, minute, most_moved, percent, terms
from ops.terminal import html

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 560, 150, 44, 22
_BAR = 150
_SHARES = 12
_STYLE = """
.drift { color: var(--new); }
.evidence { fill: none; stroke: var(--old); stroke-width: 2; }
.threshold { stroke: var(--new); stroke-dasharray: 5 4; }
.axis { stroke: var(--line); } .old { fill: var(--old); } .new { fill: var(--new); } .range { stroke: var(--quiet); }
"""


def page(report: dict[str, Any]) -> str:
    """The whole HTML document."""
    title = f"Drift of {report['model_version']}"
    state = escape(report["status"].replace("-", " "))
    drifted = ' class="drift"' if report["status"] == drift_report.DRIFT else ""
    parts = [
        f"<h1>{escape(title)}: <span{drifted}>{state}</span></h1>",
        f"<p>{escape(report['reason'])}</p>",
        f'<p class="quiet">{escape(counted(report))}. Written {escape(minute(report["written"]))} UTC.</p>',
        *map(_stream, report["streams"]),
        *(_slice(title, rows) for title, rows in drift_slices.titled(report)),
        _accuracy(report),
        _explanation(report),
    ]
    return html.document(title, parts, style=_STYLE)


def _slice(title: str, rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in drift_slices.COLUMNS)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<h2>By {escape(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _accuracy(report: dict[str, Any]) -> str:
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in accuracy(report))
    return f"<h2>Accuracy</h2>{sentences}" if sentences else ""


def _explanation(report: dict[str, Any]) -> str:
    found = report.get("explanation")
    if not found:
        return ""
    parts = [f'<p class="quiet">{escape(report["explanation_reason"])}</p>'] if report["explanation_reason"] else []
    for title, each in (("More frequent", found["more"]), ("Less frequent", found["less"])):
        if each:
            parts.append(f"<p>{title}: {escape(terms(each))}</p>")
    grown = [f"{one['label']} ({percent(one['reference'])} to {percent(one['live'])} %)" for one in found["grown"]]
    if grown:
        parts.append(f"<p>Labels that grew: {escape(', '.join(grown))}</p>")
    texts = "".join(f"<li>{escape(one['text'])}</li>" for one in found["typical"])
    return "<h2>What the newest texts are about</h2>" + "".join(parts) + (f"<ul>{texts}</ul>" if texts else "")


def _stream(stream: dict[str, Any]) -> str:
    name = STREAMS.get(stream["name"], stream["name"])
    alarm = stream["alarm"]
    said = f"drifted at {minute(alarm['time'])} UTC, request {alarm['request']:,}" if alarm else "no evidence of drift"
    mark = ' class="drift"' if alarm else ""
    return (
        f"<h2>{escape(name.capitalize())}: <span{mark}>{escape(said)}</span></h2>{_plot(stream, name)}{_shares(stream)}"
    )


def _plot(stream: dict[str, Any], name: str) -> str:
    """The evidence over the requests, with the threshold."""
    threshold = float(stream["log10_threshold"])
    if not stream["evidence"]:
        return ""
    points = [("", 0, 0.0), *stream["evidence"]]
    top = max(threshold * 1.3, *(float(point[2]) for point in points))
    low = min(0.0, *(float(point[2]) for point in points))
    last = max(1, int(points[-1][1]))

    def x(requests: float) -> float:
        return _LEFT + (_WIDTH - _LEFT) * requests / last

    def y(value: float) -> float:
        return (_HEIGHT - _BOTTOM) * (1 - (value - low) / (top - low)) + 6

    line = " ".join(f"{x(float(n)):.1f},{y(float(value)):.1f}" for _, n, value in points)
    said = (
        f"Evidence of drift in the {name}: now 10^{stream['log10_evidence']:.1f}, an alarm from 10^{threshold:.1f} on"
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">'
        f"<title>{escape(said)}</title>"
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{y(low):.1f}" y2="{y(low):.1f}"/>'
        f'<line class="threshold" x1="{_LEFT}" x2="{_WIDTH}" y1="{y(threshold):.1f}" y2="{y(threshold):.1f}"/>'
        f'<text x="0" y="{y(threshold) + 4:.1f}">10^{threshold:.1f}</text><text x="0" y="{y(0) + 4:.1f}">1</text>'
        f'<polyline class="evidence" points="{line}"/>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 4}" text-anchor="end">{last:,} requests</text></svg>'
    )


def _shares(stream: dict[str, Any]) -> str:
    """The shares that moved most: the reference's with its interval, and the newest."""
    chosen = most_moved(stream)[:_SHARES]
    widest = max((max(share["high"], share["live"] or 0.0, share["late"] or 0.0) for share in chosen), default=0.0)
    rows = "".join(_row(share, widest or 1.0) for share in chosen)
    columns = ("Share", "", "Reference %", "95 %", "Since the start", "Lately")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(share: dict[str, Any], widest: float) -> str:
    interval = f"{percent(share['low'])} to {percent(share['high'])}"
    figures = (percent(share["reference"]), interval, percent(share["live"]), percent(share["late"]))
    cells = "".join(f"<td>{figure}</td>" for figure in figures)
    return f"<tr><td>{escape(share['name'])}</td><td>{_bar(share, widest)}</td>{cells}</tr>"


def _bar(share: dict[str, Any], widest: float) -> str:
    scale = _BAR / widest
    newest = share["late"] if share["late"] is not None else share["live"]
    low, high = share["low"] * scale, share["high"] * scale
    return (
        f'<svg viewBox="0 0 {_BAR} 18" width="{_BAR}" height="18" aria-hidden="true">'
        f'<rect class="old" x="0" y="2" height="6" width="{share["reference"] * scale:.1f}"/>'
        f'<line class="range" x1="{low:.1f}" x2="{high:.1f}" y1="5" y2="5"/>'
        f'<rect class="new" x="0" y="10" height="6" width="{(newest or 0.0) * scale:.1f}"/></svg>'
    )
