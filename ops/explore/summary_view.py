"""The exploratory analysis in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.terminal import screen
from ops.terminal.screen import percent

BAR = 24
SPARKS = "▁▂▃▄▅▆▇█"
SPARK_WIDTH = 40
LABELS = 30
PUBLISHERS = 8
TERMS = 8


def show(analysis: Mapping[str, Any]) -> None:
    """Print the summary: findings, labels, lengths, terms, copies and leak, publishers, time."""
    screen.line(f"{analysis['file']}  {analysis['rows_used']:,} rows of {len(analysis['labels'])} labels", bold=True)
    screen.line(f"{analysis['layout']}, {analysis['rows_read']:,} rows read, SHA-256 {analysis['sha256'][:12]}")
    screen.heading("What to know before training")
    for sentence in analysis["findings"]:
        screen.point(sentence.replace("\u00a0", " ").replace(" %", "%"))  # keeps number and unit on one line
    _labels(analysis)
    _lengths(analysis["lengths"])
    if scripts := analysis.get("scripts"):
        screen.line(f"Scripts: {', '.join(f'{name} {percent(share)}' for name, share in scripts.items())}.", quiet=True)
    _copies(analysis)
    if analysis.get("publishers"):
        _publishers(analysis["publishers"])
    if analysis.get("time"):
        _time(analysis["time"])


def bar(value: float, largest: float, *, width: int = BAR) -> str:
    """A bar of block characters, at least a sliver where there is anything."""
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(round(value / largest * width * 8), 1)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def sparks(values: Sequence[float], *, width: int = SPARK_WIDTH) -> str:
    """Values as a line of bars. Sums neighbours if there are more than `width`; zero is a blank."""
    step = -(-len(values) // width)
    sums = [sum(values[start : start + step]) for start in range(0, len(values), step)]
    largest = max(sums, default=0) or 1
    return "".join(SPARKS[round(value / largest * (len(SPARKS) - 1))] if value else " " for value in sums)


def _labels(analysis: Mapping[str, Any]) -> None:
    labels, rows = analysis["labels"], analysis["rows_used"]
    ranked = sorted(labels, key=lambda label: (-labels[label], label))
    screen.heading("Labels")
    cells = [
        [label, f"{labels[label]:,}", percent(labels[label] / rows), bar(labels[label], labels[ranked[0]])]
        for label in ranked[:LABELS]
    ]
    screen.table("Label", "Rows", "Share", "", rows=cells, numeric=("Rows", "Share"))
    if len(ranked) > LABELS:
        screen.line(f"and {len(ranked) - LABELS} smaller ones")
    screen.heading("Most distinctive terms")
    terms = analysis["terms"]["labels"]
    cells = [[label, ", ".join(each["term"] for each in terms[label][:TERMS]) or "-"] for label in ranked[:LABELS]]
    screen.table("Label", "Terms", rows=cells)
    screen.line(f"By {analysis['terms']['method']}.", quiet=True)


def _lengths(lengths: Mapping[str, Any]) -> None:
    screen.heading("Lengths")
    columns = ("mean", "median", "95 %", "99 %", "max")
    cells = []
    for name, key in (("words", "words"), ("word pieces", "pieces")):
        figures = lengths[key]
        values = [
            f"{figures['mean']:.1f}",
            *(f"{figures[each]:,}" for each in ("median", "p95", "p99", "max")),
        ]
        edges = figures["histogram"]["edges"]
        cells.append([name, *values, f"{edges[0]:>3} {sparks(figures['histogram']['counts'], width=20)} {edges[-1]}"])
    screen.table("", *columns, "From shortest to longest", rows=cells, numeric=columns)
    tokenizer = lengths["tokenizer"]
    screen.line(f"Tokenizer: {tokenizer['name']}, {tokenizer['vocabulary']:,} entries.", quiet=True)


def _copies(analysis: Mapping[str, Any]) -> None:
    data, leak = analysis["data"], analysis.get("leak") or {}
    near, conflicts = data.get("near_duplicates") or {}, data.get("conflicts") or {}
    screen.heading("Duplicates and the split")
    cells = [
        ["exact duplicates", f"{data.get('exact_duplicates', 0):,} rows"],
        ["near duplicates", f"{near.get('rows', 0):,} rows in {near.get('groups', 0):,} groups"],
        ["conflicting texts", f"{conflicts.get('texts', 0):,}"],
        *([["stories", f"{data['stories']:,}"]] if data.get("stories") is not None else []),
        *([f"left out: {reason.partition(':')[0]}", f"{count:,} rows"] for reason, count in data["dropped"].items()),
        ["split", ", ".join(f"{name} {count:,}" for name, count in analysis["split"].items())],
    ]
    screen.table("", "", rows=cells)
    if leak.get("random_split_share") is None:
        return
    screen.out.print()
    numbers = [
        [title, percent(leak[f"{key}_split_share"]), screen.figure(leak.get(f"baseline_accuracy_{key}"))]
        for title, key in (("random split", "random"), ("this split", "this"))
    ]
    columns = ("", "Test texts with a copy in training", "Accuracy of TF-IDF + LinearSVC")
    screen.table(*columns, rows=numbers, numeric=columns[1:])


def _publishers(publishers: Mapping[str, Any]) -> None:
    screen.heading(f"Publishers ({publishers['count']:,})")
    top = publishers["top"][:PUBLISHERS]
    cells = []
    for each in top:
        label, rows = max(each["labels"].items(), key=lambda item: item[1])
        cells.append(
            [
                each["publisher"],
                f"{each['rows']:,}",
                bar(each["rows"], top[0]["rows"], width=16),
                f"{rows / each['rows']:.0%} {label}",
            ]
        )
    screen.table("Publisher", "Rows", "", "Mostly", rows=cells, numeric=("Rows",))


def _time(time: Mapping[str, Any]) -> None:
    bins = time["bins"]
    screen.heading(
        f"Rows by {time['unit']}, {bins[0]['start'].replace('T', ' ')} to {bins[-1]['start'].replace('T', ' ')}"
    )
    cells = []
    for label in bins[0]["labels"]:
        values = [each["labels"][label] for each in bins]
        cells.append([label, sparks(values), f"{max(values):,}"])
    screen.table(
        "Label", "", f"Most in one {time['unit']}", rows=cells[:LABELS], numeric=(f"Most in one {time['unit']}",)
    )
