"""A drift report in the terminal."""

from __future__ import annotations

from ops.stack_drift.report import Report, ResourceDrift
from ops.terminal import screen

_TITLES = {"modified": "Differs from its template", "deleted": "Deleted", "unknown": "Could not be read"}


def show(report: Report) -> None:
    """Print a report."""
    drifted = [each for each in report.found if each.status != "unknown"]
    count = f"{len(drifted)} of the resources" if drifted else "nothing"
    screen.heading(f"{report.environment}: {count} differ{'' if drifted else 's'} from the templates")
    for status, title in _TITLES.items():
        listed = [each for each in report.found if each.status == status]
        if listed:
            screen.heading(title)
        for each in listed:
            _one(each)
    if report.on_purpose:
        screen.heading("On purpose, and no drift")
        for note in report.on_purpose:
            screen.point(note)
    looked = ", ".join(f"{count:,} by {who}" for who, count in sorted(report.looked_at.items()))
    screen.heading("Looked at")
    screen.line(looked or "nothing")
    if report.not_looked_at:
        left = ", ".join(f"{count} {kind}" for kind, count in report.not_looked_at.items())
        screen.line(f"Not looked at, for lack of a way to read them: {left}", quiet=True)


def _one(drift: ResourceDrift) -> None:
    name = f"{drift.logical_id} ({drift.type}) of {drift.stack}" if drift.logical_id else drift.stack
    screen.point(f"{name}: {drift.reason}" if drift.reason else name)
    for each in drift.differences:
        screen.line(f"    {each.path}: {_shown(each.expected)} → {_shown(each.actual)}", quiet=True)


def _shown(value: str) -> str:
    text = value.replace("\x00", "…") or "nothing"
    return text if len(text) <= 200 else f"{text[:200]}…"
