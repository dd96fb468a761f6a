"""Locust's HTML report, preceded by our steps."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ops.load.steps import Step

STYLE = (
    "<style>#rubric{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1f24;"
    "background:#fff}#rubric table{border-collapse:collapse;font-variant-numeric:tabular-nums}#rubric td,#rubric th{"
    "padding:.2rem .8rem;text-align:right;border-bottom:1px solid #d8dee4}#rubric .knee{background:#dafbe1;"
    "font-weight:600}#rubric p{margin:.5rem 0}</style>"
)
ANCHOR = '<div id="root">'  # the element that Locust's page renders into, after its scripts
COLUMNS = ("Users", "Requests/s", "p50 ms", "p95 ms", "p99 ms", "Failed", "")


def with_steps(page: str, *, title: str, sentences: Sequence[str], steps: Sequence[Step], knee: Step | None) -> str:
    """`page` preceded by our section, or a page with our section alone if Locust wrote none."""
    section = _section(title, sentences, steps, knee)
    before, anchor, after = page.rpartition(ANCHOR)
    if not anchor:
        head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
        return f"{head}<body>{section}</body></html>\n"
    return f"{before}{section}{anchor}{after}"


def _section(title: str, sentences: Sequence[str], steps: Sequence[Step], knee: Step | None) -> str:
    paragraphs = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences)
    header = "".join(f"<th>{column}</th>" for column in COLUMNS)
    rows = "".join(_row(step, is_knee=step is knee) for step in sorted(steps, key=lambda step: step.users))
    table = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>" if steps else ""
    return f'{STYLE}<section id="rubric"><h1>{html.escape(title)}</h1>{paragraphs}{table}</section>'


def _row(step: Step, *, is_knee: bool) -> str:
    cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in [*cells_of(step), "knee" if is_knee else ""])
    return f'<tr class="knee">{cells}</tr>' if is_knee else f"<tr>{cells}</tr>"


def cells_of(step: Step) -> list[str]:
    """A step's figures, formatted for the table and the page."""
    times = ["-" if value is None else f"{value:.0f}" for value in (step.p50_ms, step.p95_ms, step.p99_ms)]
    failed = f"{step.failed} ({step.error_share:.1%})" if step.failed else "0"
    return [str(step.users), f"{step.throughput:.1f}", *times, failed]
