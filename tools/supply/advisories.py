"""Advisories in the OSV format (ossf.github.io/osv-schema), and which packages they are about.

A file has one record, a list, or a record a line; a `.zip` has a record in each file, as OSV's export of an ecosystem
does (google.github.io/osv.dev/data, "Data dumps": `<bucket>/PyPI/all.zip`).
"""

from __future__ import annotations

import http.client
import json
import shutil
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from contracts.supply import bom
from tools.supply.errors import SupplyError

ECOSYSTEM = "PyPI"
EXPORT = f"https://osv-vulnerabilities.storage.googleapis.com/{ECOSYSTEM}/all.zip"
_SECONDS = 60.0
_FROM_THE_START = "0"
_BOUNDS = ("introduced", "fixed", "last_affected")
_COMPARED = {"ECOSYSTEM", "SEMVER"}


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """An advisory's part about one package. fixed: versions with a correction; unclear: why it cannot be judged."""

    id: str
    aliases: tuple[str, ...]
    summary: str
    package: str
    versions: frozenset[str]
    ranges: tuple[tuple[tuple[str, str], ...], ...]
    unclear: str = ""

    @property
    def fixed(self) -> list[str]:
        """The versions that correct it, lowest first."""
        found = {bound for events in self.ranges for kind, bound in events if kind == "fixed"}
        return sorted(found, key=Version)

    def affects(self, version: str) -> bool:
        """Whether it is about this version of its package."""
        own = Version(version)
        return any(_same(own, each) for each in self.versions) or any(_within(own, each) for each in self.ranges)


def _same(own: Version, listed: str) -> bool:
    try:
        return own == Version(listed)
    except InvalidVersion:  # some databases list names that no installer would take
        return False


def _within(own: Version, events: Iterable[tuple[str, str]]) -> bool:
    """The specification's rule ("Evaluation"): the last event at or below the version decides."""
    inside = False
    for kind, bound in sorted(events, key=_order):
        if kind == "introduced":
            inside = inside or bound == _FROM_THE_START or own >= Version(bound)
        elif kind == "fixed":
            inside = inside and own < Version(bound)
        else:
            inside = inside and own <= Version(bound)
    return inside


def _order(event: tuple[str, str]) -> tuple[Version, int]:
    kind, bound = event
    return Version("0.dev0") if bound == _FROM_THE_START else Version(bound), _BOUNDS.index(kind)


def read(places: Iterable[Path]) -> list[Advisory]:
    """Those about PyPI's packages in files, and in all files of folders. SupplyError for a file without a record."""
    found: list[Advisory] = []
    for place in places:
        if not place.exists():
            raise SupplyError(
                f"{place} does not exist: give a file of advisories in OSV's format, such as its PyPI/all.zip"
            )
        files = sorted(file for file in place.rglob("*") if file.is_file()) if place.is_dir() else [place]
        for file in files:
            for record in _records(file):
                found.extend(_of(record, where=str(file)))
    return found


def download(url: str, *, to: Path) -> int:
    """An export, whole or not at all: its size in bytes. SupplyError where it cannot be had."""
    partial = to.with_suffix(".partial")
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer, partial.open("wb") as file:
            shutil.copyfileobj(answer, file)
        if not zipfile.is_zipfile(partial):
            raise SupplyError(f"{url} answers with something that is no archive: give a mirror's address with --url")
        partial.replace(to)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise SupplyError(f"{url} cannot be downloaded ({error}): give a mirror's address with --url") from error
    finally:
        partial.unlink(missing_ok=True)
    return to.stat().st_size


def _records(file: Path) -> Iterator[Any]:
    try:
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as packed:
                for name in sorted(packed.namelist()):
                    if name.endswith(".json"):
                        yield json.loads(packed.read(name))
            return
        text = file.read_text("utf-8")
        if file.suffix == ".jsonl":
            yield from (json.loads(line) for line in text.splitlines() if line.strip())
            return
        parsed = json.loads(text)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SupplyError(f"{file} cannot be read as advisories in OSV's format: {error}") from error
    yield from parsed if isinstance(parsed, list) else [parsed]


def _of(record: Any, *, where: str) -> Iterator[Advisory]:
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        raise SupplyError(f"{where} has a record without an `id`: it is not in OSV's format")
    if record.get("withdrawn"):
        return
    try:
        for part in record.get("affected") or []:
            package = part.get("package") or {}
            if str(package.get("ecosystem", "")).partition(":")[0] == ECOSYSTEM:
                yield _about(record, part, str(package["name"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise SupplyError(f"{where}: {record['id']} is not as OSV's format has it: {error!r}") from error


def _about(record: Mapping[str, Any], part: Mapping[str, Any], name: str) -> Advisory:
    listed = frozenset(str(each) for each in part.get("versions") or [])
    ranges, unclear = [], ""
    for each in part.get("ranges") or []:
        if each.get("type") not in _COMPARED:
            continue
        events = tuple((kind, str(event[kind])) for event in each["events"] for kind in _BOUNDS if kind in event)
        try:
            for event in events:
                _order(event)
        except InvalidVersion as error:
            unclear = str(error)
            continue
        ranges.append(events)
    if not listed and not ranges and not unclear:
        unclear = "it names neither versions nor a range of them"
    return Advisory(
        id=str(record["id"]),
        aliases=tuple(str(each) for each in record.get("aliases") or []),
        summary=str(record.get("summary") or str(record.get("details") or "").partition("\n")[0])[:200],
        package=bom.canonical(name),
        versions=listed,
        ranges=tuple(ranges),
        unclear=unclear,
    )
