"""What changed from one dataset version to another."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.datasets import manifest


@dataclass
class Difference:
    """Rows by what became of them. relabelled: with the label `before`; moved: with the part `before`."""

    added: list[dict[str, str]] = field(default_factory=list)
    removed: list[dict[str, str]] = field(default_factory=list)
    relabelled: list[dict[str, str]] = field(default_factory=list)
    moved: list[dict[str, str]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """For JSON output."""
        return vars(self)


def between(before: Path, after: Path) -> Difference:
    """The difference of two versions, from their files."""
    found = Difference()
    old = {row["row_id"]: row for row in _rows(before)}
    for row in _rows(after):
        was = old.pop(row["row_id"], None)
        if was is None:
            found.added.append(row)
            continue
        if was["label"] != row["label"]:
            found.relabelled.append({**row, "before": was["label"]})
        if was["part"] != row["part"]:
            found.moved.append({**row, "before": was["part"]})
    found.removed = list(old.values())
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    kept = ("row_id", "text", "label", "part", "origin")
    with path.open(encoding="utf-8", newline="") as stream:
        return [{name: row[name] for name in kept} for row in csv.DictReader(stream, manifest.COLUMNS)][1:]
