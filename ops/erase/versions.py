"""Dataset versions: one that holds a wanted text gets a successor without it, and loses its own rows.

Its manifest stays, so the digest that models name still leads to it. Successors come first and deletions last, so a run
that was killed is repeated without harm.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from contracts.datasets import manifest
from contracts.datasets.manifest import Manifest
from ops.datasets.versions import Stored, Versions
from ops.erase.ledger import Tombs
from ops.erase.report import Show, StoreReport
from ops.erase.targets import Wanted

STORE = "dataset versions"


class DatasetVersions:
    """The versions in `bucket`. note: called with a file's key before anything in it is erased."""

    def __init__(self, s3: Any, *, bucket: str, tombs: Tombs, show: Show, note: Callable[[str], None]) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._versions = Versions(s3, bucket=bucket)
        self._tombs = tombs
        self._show = show
        self._note = note
        self.changed: set[str] = set()  # keys of files that held a wanted text
        self.read: set[str] = set()  # keys of files that were read

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """Count wanted rows in all files and their old versions; with `apply`, erase them."""
        report = StoreReport(STORE, f"s3://{self._bucket}/{manifest.FILES}")
        stored = [self._versions.read(name) for name in self._versions.names()]
        held: list[tuple[str, str]] = []
        for key, version_id, current in self._files():
            report.looked_at += 1
            body = self._s3.get_object(Bucket=self._bucket, Key=key, VersionId=version_id)["Body"].read()
            rows = list(csv.reader(io.StringIO(body.decode("utf-8", "replace"))))
            gone = [row for row in rows[1:] if _is_wanted(row, wanted)]
            self.read.add(key)
            self._show(STORE, report.looked_at, report.found)
            if not gone:
                continue
            report.found += len(gone)
            self.changed.add(key)
            held.append((key, version_id))
            if apply:
                self._note(key)
                self._tombs.put(row[0] for row in gone)
                without = {tuple(row) for row in gone}
                kept = [row for row in rows if tuple(row) not in without]
                for one in stored if current else ():
                    if one.manifest["file"]["key"] == key:
                        self._succeed(one, kept, len(gone))
        if apply:
            for key, version_id in held:
                self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=version_id)
            report.erased = report.found
        return report

    def _files(self) -> Iterator[tuple[str, str, bool]]:
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=manifest.FILES)
        for page in pages:
            for one in page.get("Versions", []):
                yield one["Key"], one["VersionId"], bool(one["IsLatest"])

    def _succeed(self, version: Stored, rows: list[list[str]], removed: int) -> None:
        """Store the version without the rows, unless an earlier run has done so."""
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        content = written.getvalue().encode()
        sha256 = manifest.digest(content)
        all_ = [self._versions.read(name) for name in self._versions.names()]
        if any(
            one.manifest["parent"] == version.name
            and one.manifest["reason"] == manifest.ERASURE
            and one.manifest["file"]["sha256"] == sha256
            for one in all_
        ):
            return
        number = manifest.number(version.name)[0]
        revision = max(place[1] for one in all_ if (place := manifest.number(one.name))[0] == number)
        self._versions.store(_without(version.manifest, rows, removed, (number, revision + 1), content), content)


def _is_wanted(row: list[str], wanted: Wanted) -> bool:
    columns = dict(zip(manifest.COLUMNS, row, strict=False))
    row_id = columns.get("row_id", "")
    return wanted.has_row(row_id) or wanted.has_text(columns.get("text", ""))


def _without(before: Manifest, rows: list[list[str]], removed: int, place: tuple[int, int], content: bytes) -> Manifest:
    """The manifest of what is left: these rows, with the header first."""
    sha256 = manifest.digest(content)
    named = [dict(zip(manifest.COLUMNS, row, strict=False)) for row in rows[1:]]
    counts: dict[str, Counter[str]] = {}
    parts: dict[str, Counter[str]] = {}
    for row in named:
        counts.setdefault(row["origin"], Counter())[row["label"]] += 1
        parts.setdefault(row["part"], Counter())[row["label"]] += 1
    return {
        **before,
        "version": manifest.name(place),
        "parent": before["version"],
        "reason": manifest.ERASURE,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "file": {"key": manifest.file_key(sha256), "sha256": sha256, "bytes": len(content), "rows": len(named)},
        "counts": {origin: dict(of) for origin, of in counts.items()},
        "parts": {part: dict(of) for part, of in parts.items()},
        "new": 0,
        "relabelled": 0,
        "removed": removed,
    }
