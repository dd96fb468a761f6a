"""A table whose rows say of whom, and at which time, something is to be known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from contracts.features import event, values
from contracts.features.registry import ENTITIES
from contracts.features.values import FeatureError
from contracts.texts import text_normalization
from dataset_files import files
from dataset_files.errors import FileError
from dataset_files.files import Content
from ops.errors import OpsError

ENTITY: Final = "entity"
_TEXT_ID = re.compile(r"[0-9a-f]{64}")
# The row's time, and how far a clock may be behind that of whoever wrote it.
_AHEAD_SECONDS = 60


@dataclass(frozen=True)
class Wanted:
    """Whose features, and as of when. id: as the store has it; "" where the row names nobody. time: UTC."""

    entity: str
    id: str
    time: str


@dataclass(frozen=True)
class Labels:
    """The table as it was read, and what each of its rows wants."""

    columns: tuple[str, ...]
    rows: list[Sequence[str]]
    wanted: list[Wanted]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Where a row's entity, id and time are. entity: of all rows; "" where the column `entity` has it."""

    entity: str = ""
    id: str = "id"
    time: str = "time"


def read(path: Path, columns: Columns, *, now: datetime) -> Labels:
    """The table at a path; raises OpsError, in a sentence with the file and the line, for what cannot be read."""
    if not path.is_file():
        raise OpsError(f"{path}: there is no such file")
    try:
        [content] = files.inside(Content(path.name, path.read_bytes()))
        table = files.table(content)
        numbered = list(table.rows)
    except ValueError:
        raise OpsError(f"{path}: it is an archive of several files: unpack it and name one of them") from None
    except FileError as error:
        raise OpsError(str(error)) from None
    if table.findings.odd:
        line, reason = table.findings.odd[0]
        raise OpsError(f"{path.name}:{line}: correct this row: {reason}")
    if not numbered:
        raise OpsError(f"{path.name}: it has no rows")
    at = _positions(path.name, table.columns, columns)
    latest = values.earlier(values.time_text(now), seconds=-_AHEAD_SECONDS)
    wanted = []
    for line, fields in numbered:
        try:
            wanted.append(_wanted(fields, at, entity=columns.entity, latest=latest))
        except FeatureError as error:
            raise OpsError(f"{path.name}:{line}: {error}") from None
    return Labels(columns=table.columns, rows=[fields for _, fields in numbered], wanted=wanted)


def _positions(file: str, names: Sequence[str], columns: Columns) -> Mapping[str, int]:
    """Where each of `entity`, `id` and `time` is."""
    needed = {"id": columns.id, "time": columns.time} | ({} if columns.entity else {ENTITY: ENTITY})
    for what, name in needed.items():
        if name not in names:
            option = "--entity" if what == ENTITY else f"--{what}-column"
            raise OpsError(f"{file}: it has no column {name!r} (it has: {', '.join(names)}): add it, or use {option}")
        if names.count(name) > 1:
            raise OpsError(f"{file}: it has the column {name!r} twice: leave one out")
    return {what: names.index(name) for what, name in needed.items()}


def _wanted(fields: Sequence[str], at: Mapping[str, int], *, entity: str, latest: str) -> Wanted:
    kind = entity or fields[at[ENTITY]].strip()
    if kind not in ENTITIES:
        raise FeatureError(f"there is no entity {values.shown(kind)}: it is one of {', '.join(ENTITIES)}")
    time = _utc(fields[at["time"]].strip())
    if time > latest:
        raise FeatureError(f"the time {fields[at['time']].strip()} is still to come, so nothing is known of it")
    one = _id(kind, str(fields[at["id"]]))
    return Wanted(entity=kind, id=event.checked_id(kind, one) if one else "", time=time)


def _id(entity: str, written: str) -> str:
    """The id in the store of what a person writes: a publisher's name in any spelling, a text or its hash."""
    bare = written.strip()
    if not bare or entity == "caller":
        return bare
    if entity == "publisher":
        return event.publisher_id(bare)
    if _TEXT_ID.fullmatch(bare):
        return bare
    return text_normalization.text_id(text_normalization.normalised(written))


def _utc(written: str) -> str:
    """A time with its zone, in UTC; raises FeatureError for one without, which could be hours too late."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        problem = "is not a time" if found is None else "does not say its time zone"
        raise FeatureError(f"{values.shown(written)} {problem}: write it like 2026-11-20T21:35:00Z")
    return values.time_text(found)
