"""Dataset versions and waiting rows on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.datasets import manifest
from ops.datasets.differences import Difference
from ops.datasets.versions import Stored
from ops.terminal import screen

SHOWN = 12  # letters of a row's id, and of a digest
_SHORT = 70  # letters of a text


def versions(stored: Sequence[Stored], *, gone: set[str]) -> None:
    """A line for each version, newest first."""
    rows = []
    for each in reversed(stored):
        found = each.manifest
        note = f"{found['parent']} without erased rows" if found["reason"] == manifest.ERASURE else ""
        rows.append(
            [
                each.name,
                found["created"][:16].replace("T", " "),
                f"{found['file']['rows']:,}",
                f"{found['new']:,}",
                " / ".join(f"{_total(found['parts'].get(part)):,}" for part in manifest.PARTS),
                each.sha256[:SHOWN],
                "its rows are gone" if each.name in gone else note,
            ]
        )
    columns = ("Version", "Created", "Rows", "New", "Train / valid / test", "Manifest", "")
    screen.table(*columns, rows=rows, numeric=("Rows", "New"), whole=("Version", "Created", "Manifest"))


def facts(found: Mapping[str, Any], *, parent: str | None) -> None:
    """What a version holds, or what the next one would. parent: the version before; None of the first."""
    labels = sorted({label for of in found["counts"].values() for label in of})
    rows = [
        [label, *(f"{found['parts'].get(part, {}).get(label, 0):,}" for part in manifest.PARTS), _origins(found, label)]
        for label in labels
    ]
    screen.table("Label", "Train", "Valid", "Test", "From", rows=rows, numeric=("Train", "Valid", "Test"))
    changes = [f"{found[name]:,} {name}" for name in ("new", "relabelled", "removed") if found[name]]
    screen.line("")
    told = ", ".join(changes) or ("no change" if parent else "the first version")
    screen.line(f"{told}, from {found['events']:,} events of the ledger")
    for state in ("waiting", "quarantined", "left_out"):
        for reason, count in sorted(found[state].items()):
            screen.point(f"{state.replace('_', ' ')}: {count:,} ({reason})")


def pending(rows: Sequence[Mapping[str, Any]], *, most: int) -> None:
    """The rows that wait, most of them at most."""
    table = [
        [
            row["row_id"][:SHOWN],
            row["state"],
            row["reason"],
            row["label"] or " or ".join(sorted(set(row["votes"].values()))),
            row["base"],
            _shortened(row["text"]),
        ]
        for row in rows[:most]
    ]
    screen.table("Row", "State", "Why", "Label", "In the dataset", "Text", rows=table, whole=("Row",))
    if len(rows) > most:
        screen.say(f"{len(rows) - most:,} more: --rows shows more, --csv FILE writes all.")


def difference(found: Difference, *, most: int) -> None:
    """The rows that differ."""
    for title, rows in found.document().items():
        screen.heading(f"{title}: {len(rows):,}")
        table = [
            [row["row_id"][:SHOWN], row["part"], _change(row, title), _shortened(row["text"])] for row in rows[:most]
        ]
        if table:
            screen.table("Row", "Part", "Label", "Text", rows=table, whole=("Row",))


def _change(row: Mapping[str, str], title: str) -> str:
    return f"{row['before']} -> {row['label']}" if title == "relabelled" else row["label"]


def _origins(found: Mapping[str, Any], label: str) -> str:
    counted = {origin: of[label] for origin, of in sorted(found["counts"].items()) if of.get(label)}
    return ", ".join(f"{count:,} {origin}" for origin, count in counted.items())


def _total(counts: Mapping[str, int] | None) -> int:
    return sum((counts or {}).values())


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORT else f"{plain[: _SHORT - 1]}…"
