"""Rows of a dataset version, and the file that holds them (`contracts.datasets.manifest.COLUMNS`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.datasets import manifest
from model_code.training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A row; text and label are normalised. story: equal for rows that stay together. part "": not decided yet.

    origin: the dataset, or the source of the event that gave the label, whose id and time follow.
    """

    row_id: str
    text: str
    label: str
    part: str = ""
    story: str = ""
    publisher: str = ""
    time: str = ""
    origin: str = manifest.ORIGIN_DATASET
    event_id: str = ""
    labelled_at: str = ""

    def labelled(self, label: str, *, origin: str, event_id: str, at: str) -> VersionRow:
        """The same row with another label, from an event."""
        return replace(self, label=label, origin=origin, event_id=event_id, labelled_at=at)


def read(path: Path) -> list[VersionRow]:
    """The rows of a version's file. TrainingError if it is not one."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream, strict=True)
        try:
            if tuple(next(lines, ())) != manifest.COLUMNS:
                raise TrainingError(f"{path.name} is not the file of a dataset version: its columns are others")
            return [VersionRow(*line) for line in lines]
        except (csv.Error, TypeError, UnicodeDecodeError) as error:
            raise TrainingError(f"{path.name} is damaged at line {lines.line_num:,}: {error}") from error


def to_csv(rows: Iterable[VersionRow]) -> bytes:
    """The file's bytes; the same rows in any order have the same."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(manifest.COLUMNS)
    for row in sorted(rows, key=lambda row: row.row_id):
        table.writerow([getattr(row, name) for name in manifest.COLUMNS])
    return written.getvalue().encode()
