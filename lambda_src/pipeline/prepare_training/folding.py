"""What a run that folds the ledger needs: the newest version or the environment's dataset, events, and a request."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts.datasets import fold, manifest
from contracts.datasets.fold import Next, Request
from contracts.texts import label_mapping
from lambda_src.common import aws, erased_rows
from lambda_src.pipeline.prepare_training import events
from lambda_src.pipeline.prepare_training.dal import Datasets, DatasetUnavailable, Version
from lambda_src.pipeline.prepare_training.environment import PrepareTrainingSettings
from lambda_src.pipeline.prepare_training.events import Dumped


@dataclass(frozen=True)
class Fold:
    """The channel of a folding job, its request's digest, and the version that it makes."""

    channel_uri: str
    sha256: str
    makes: Next


@dataclass(frozen=True)
class NothingNew:
    """No label has come in since the newest version. reason: a sentence."""

    reason: str


class Folding:
    """Prepares a run on what the ledger has at the moment."""

    def __init__(
        self, datasets: Datasets, settings: PrepareTrainingSettings, *, now: Callable[[], float] = time.time
    ) -> None:
        self._datasets = datasets
        self._settings = settings
        self._now = now

    def prepare(self, *, job_name: str, start_time: str) -> tuple[str, Fold] | NothingNew:
        """The dataset that the version is made of, and what the job is asked. Raises DatasetUnavailable.

        start_time: of the execution, which the version has as its own.
        """
        settings, parent = self._settings, self._datasets.newest()
        dataset_uri = parent.rows_uri if parent else self._datasets.ensure(settings, override_uri="")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / fold.EVENTS_FILE
            client = aws.client("dynamodb", read_timeout=30.0)
            dumped = events.dump(client, table=settings.ledger_table, path=file, key=self._key, now=self._now())
            gone = self._gone(parent, dumped, folder=Path(folder))
            if parent and not gone and self._is_old(parent, dumped):
                return NothingNew(
                    f"{fold.NOTHING_NEW}: no label has come in since {parent.name}; `rubric train --dataset "
                    f"{parent.name}` trains on it again, `rubric data freeze` takes changed settings into account"
                )
            makes: Next = {
                "version": manifest.after(parent.name if parent else None),
                "parent": parent.name if parent else None,
                "created": _seconds(start_time),
            }
            request: Request = {
                **makes,
                "layout": fold.LAYOUT,
                "parent_sha256": parent.manifest["file"]["sha256"] if parent else "",
                "events_sha256": dumped.sha256,
                "gone": sorted(gone),
                "erased": dumped.erased,
                "key_share": settings.untrusted_share,
            }
            content = fold.to_json(request)
            digest = fold.digest(content)
            self._datasets.upload(file, fold.key_of(job_name, digest, fold.EVENTS_FILE))
            self._datasets.put(content, fold.key_of(job_name, digest, fold.REQUEST_FILE))
        channel = self._datasets.uri(fold.key_of(job_name, digest, ""))
        return dataset_uri, Fold(channel, digest, makes)

    def _key(self) -> bytes:
        return erased_rows.read_key(self._settings.erasure_key_arn)

    def _gone(self, parent: Version | None, dumped: Dumped, *, folder: Path) -> set[str]:
        """The parent's rows that a tombstone keeps out: after an erasure that did not end, perhaps."""
        if not dumped.tombstones:
            return set()
        if parent is None:
            raise DatasetUnavailable(
                "Texts were erased, and the job may not know which: make the first dataset version of the "
                "environment's dataset with `rubric data freeze`, which leaves them out"
            )
        file = folder / manifest.ROWS_FILE
        self._datasets.bring(parent.manifest["file"]["key"], file)
        with file.open(encoding="utf-8", newline="") as stream:
            rows = [line[0] for line in csv.reader(stream) if line]
        return erased_rows.among(rows, dumped.tombstones, key=self._key)

    def _is_old(self, parent: Version, dumped: Dumped) -> bool:
        found: dict[str, Any] = {**parent.manifest}
        labels = self._settings.hyperparameters.get(label_mapping.DIGEST, "")
        same = ("events", "until", "labels_sha256")
        return [found[name] for name in same] == [dumped.events, dumped.until, labels]


def _seconds(start_time: str) -> str:
    started = datetime.fromisoformat(start_time)
    started = started if started.tzinfo else started.replace(tzinfo=UTC)
    return started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
