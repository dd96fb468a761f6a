"""From a row forward: its labels, the dataset versions that it is in, and the models that learnt from it."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contracts.datasets import ledger
from contracts.datasets.manifest import PART_COLUMN
from ops.datasets import stores
from ops.datasets.versions import Stored, Versions
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, USAGE, OpsError
from ops.models import registry
from ops.trace import models

_SHOWN = (
    *("time", "kind", "source", "label", "trusted", "key_id", "labeller", "request_id", "position"),
    *("model_version", "model_label", "sample", "note"),
)
# What a model does with the rows of each part.
_USED = {"train": "learnt from it", "valid": "was chosen with it", "test": "was judged on it"}
_HEXADECIMAL = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Used:
    """A model whose dataset version has the row. how: what it did with it; approved: whether it is the one in use."""

    version: str
    dataset_version: str
    part: str
    label: str
    how: str
    passed: bool | None
    approved: bool


@dataclass(frozen=True)
class Traced:
    """A row: the events of the ledger, oldest first, without texts; the versions that have it, with its part and label;
    the models, of which those that `learnt` had it in training. problems: what cannot be told, and why.
    """

    row_id: str
    events: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    models: list[Used]
    problems: list[str]

    def document(self) -> dict[str, Any]:
        """For JSON output."""
        return asdict(self)


def row_of(*, row_id: str | None, text: str | None) -> str:
    """The row's id. Raises OpsError unless exactly one is given, in the right form."""
    if (row_id is None) == (text is None):
        raise OpsError("give a request's id, --row or --text, and only one of them", status=USAGE)
    if text is not None:
        return ledger.row_of(text)
    wanted = str(row_id).lower()
    if len(wanted) != 64 or not set(wanted) <= _HEXADECIMAL:
        raise OpsError(
            f"--row {row_id!r}: a row's id is 64 hexadecimal digits; --text finds it by its text", status=USAGE
        )
    return wanted


def trace(cloud: Cloud, row_id: str) -> Traced:
    """Raises OpsError if neither the ledger nor a dataset version has the row."""
    events = [
        {name: event[name] for name in _SHOWN if name in event}  # type: ignore[literal-required]
        for event in sorted(stores.ledger_of(cloud).of_row(row_id), key=ledger.order)
    ]
    problems: list[str] = []
    versions = list(_versions(stores.versions_of(cloud), row_id, problems))
    if not events and not versions:
        raise OpsError(
            f"Nothing is known of the row {row_id}: no label of it came in and no dataset version has it, or it was "
            "erased. A model that was trained on a file that is no version cannot be traced",
            status=NOT_FOUND,
        )
    has = {str(each["version"]): each for each in versions}
    approved = registry.approved_version(cloud)
    used = [
        Used(
            version=model.version,
            dataset_version=model.dataset_version,
            part=str(has[model.dataset_version]["part"]),
            label=str(has[model.dataset_version]["label"]),
            how=_USED.get(str(has[model.dataset_version]["part"]), "had it"),
            passed=model.passed,
            approved=model.version == approved,
        )
        for model in models.every(cloud)
        if model.dataset_version in has
    ]
    return Traced(row_id, events, versions, used, problems)


def _versions(versions: Versions, row_id: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    """The versions with the row. A file of rows that several share is read once."""
    found: dict[str, dict[str, Any] | None] = {}
    for name in versions.names():
        stored = versions.read(name)
        sha256 = stored.manifest["file"]["sha256"]
        if sha256 not in found:
            try:
                found[sha256] = _find(versions, stored, row_id)
            except OpsError as error:
                problems.append(str(error))
                found[sha256] = None
        row = found[sha256]
        if row is not None:
            yield {"version": name, **row}


def _find(versions: Versions, stored: Stored, row_id: str) -> dict[str, Any] | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        versions.download(stored, path)
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row.get("row_id") == row_id:
                    named = ("label", PART_COLUMN, "origin", "event_id", "labelled_at", "story", "publisher")
                    return {name: row[name] for name in named if row.get(name)}
    return None
