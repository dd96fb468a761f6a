"""A drift report in the terminal."""

from __future__ import annotations

from typing import Any

from ops.monitoring import drift_slices
from ops.terminal import screen

STREAMS = {
    "predicted_label": "predicted labels",
    "confidence": "confidence",
    "length": "length",
    "unknown_pieces": "unknown word pieces",
    "unseen_words": "unseen words",
}
_SHARES = 5
_LONGEST = 160


def show(report: dict[str, Any]) -> None:
    """Print the verdict, each stream's evidence, and what moved in those that drifted, and the slices."""
    screen.line(f"{report['model_version']}  {report['status'].replace('-', ' ')}", bold=True)
    screen.line(report["reason"])
    screen.line(counted(report), quiet=True)
    streams = report["streams"]
    if streams:
        screen.out.print()
        columns = ("Stream", "Requests", "Evidence", "Alarm at", "Since", "Moved most")
        numeric = ("Requests", "Evidence", "Alarm at")
        screen.table(*columns, rows=[_row(stream) for stream in streams], numeric=numeric, whole=("Stream", "Since"))
    for stream in streams:
        if stream["alarm"]:
            _moved(stream)
    for title, rows in drift_slices.titled(report):
        screen.heading(f"By {title}")
        screen.table(*drift_slices.COLUMNS, rows=rows, numeric=drift_slices.COLUMNS[1:])
    if sentences := accuracy(report):
        screen.heading("Accuracy")
        for sentence in sentences:
            screen.point(sentence)
    if report.get("explanation"):
        _explanation(report["explanation"], report["explanation_reason"])


def accuracy(report: dict[str, Any]) -> list[str]:
    """What is known of the accuracy, in sentences; [] if nothing is."""
    found = report.get("accuracy") or {}
    estimate, audit = found.get("estimate"), found.get("audit")
    sentences = []
    if estimate:
        sentences.append(
            f"Without labels: {percent(estimate['accuracy'])} % of the newest {estimate['texts']:,} answers are right "
            f"(95 %: {percent(estimate['low'])} to {percent(estimate['high'])}), if texts of a label still look as "
            f"they did; it was {percent(estimate['reference'])} % of the held-out texts."
        )
    if audit:
        late = audit["late"]
        sentences.append(
            f"By the labels of the audit sample: {late['right']:,} of the last {late['texts']:,} answers were right; "
            f"between {percent(late['low'])} and {percent(late['high'])} % of all are (95 %, at any time)."
        )
    if waiting := found.get("waiting"):
        sentences.append(f"Texts of the audit sample that wait for a label of a trusted key: {waiting:,}.")
    return [*sentences, found["sentence"]] if found.get("sentence") else sentences


def terms(found: list[dict[str, Any]]) -> str:
    """Words with their shares, `storm (0.1 to 4.2 %)`, in one line."""
    return ", ".join(f"{one['term']} ({percent(one['reference'])} to {percent(one['live'])} %)" for one in found)


def counted(report: dict[str, Any]) -> str:
    """How much was counted, of which time, and compared with what."""
    sums, promise = report["counted"], report["promise"]
    late = f", {sums['late']:,} of them late" if sums["late"] else ""
    span = f" from {minute(report['since'])} to {minute(report['until'])}" if report["since"] else ""
    behind = f"; {report['behind_seconds']:,} s behind" if report["behind_seconds"] else ""
    reference = f"; reference: {report['reference']['texts']:,} texts" if report["reference"] else ""
    return (
        f"{sums['requests']:,} requests with {sums['texts']:,} texts{late}{span}{behind}{reference}; "
        f"the chance of ever a false alarm is at most {promise['alpha']:g} "
        f"while no share moves by more than {promise['tolerance'] * 100:g} points"
    )


def minute(time: str) -> str:
    """`2026-11-20 21:35` of a time of the log."""
    return time[:16].replace("T", " ")


def percent(share: float | None) -> str:
    """A share in percent, or a dash."""
    return "-" if share is None else f"{share * 100:.1f}"


def most_moved(stream: dict[str, Any]) -> list[dict[str, Any]]:
    """The shares whose newest value is furthest from the reference's, first."""

    def distance(share: dict[str, Any]) -> float:
        newest = share["late"] if share["late"] is not None else share["live"]
        return 0.0 if newest is None else abs(newest - share["reference"])

    return sorted(stream["shares"], key=distance, reverse=True)


def _row(stream: dict[str, Any]) -> list[str]:
    alarm = stream["alarm"]
    since = f"{minute(alarm['time'])}, request {alarm['request']:,}" if alarm else "-"
    return [
        STREAMS.get(stream["name"], stream["name"]),
        f"{stream['requests']:,}",
        f"10^{stream['log10_evidence']:.1f}",
        f"10^{stream['log10_threshold']:.1f}",
        since,
        stream["moved"] or "-",
    ]


def _explanation(found: dict[str, Any], reason: str) -> None:
    screen.heading("What the newest texts are about")
    if reason:
        screen.line(reason, quiet=True)
    for title, each in (("More frequent", found["more"]), ("Less frequent", found["less"])):
        if each:
            screen.point(f"{title}: {terms(each)}")
    grown = ", ".join(
        f"{one['label']} ({percent(one['reference'])} to {percent(one['live'])} %)" for one in found["grown"]
    )
    if grown:
        screen.point(f"Labels that grew: {grown}")
    for one in found["typical"]:
        screen.point(one["text"][:_LONGEST])


def _moved(stream: dict[str, Any]) -> None:
    screen.heading(f"What moved: {STREAMS.get(stream['name'], stream['name'])}")
    rows = [
        [
            share["name"],
            percent(share["reference"]),
            f"{percent(share['low'])} to {percent(share['high'])}",
            percent(share["live"]),
            percent(share["late"]),
        ]
        for share in most_moved(stream)[:_SHARES]
    ]
    numeric = ("Reference %", "Since the start", "Lately")
    screen.table("Share", "Reference %", "95 %", "Since the start", "Lately", rows=rows, numeric=numeric)
