"""An erasure from its dry run to its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from contracts.datasets import fold, manifest
from contracts.deployment import buckets, stack_outputs
from environments import kept
from ops import times
from ops.datasets import stores
from ops.deployment.cloud import Cloud
from ops.erase import editors, leftovers
from ops.erase.batches import batch
from ops.erase.datasets import table
from ops.erase.editors import Editor
from ops.erase.features import PATIENT, Features
from ops.erase.features import STORE as FEATURES
from ops.erase.ledger import STORE as LEDGER
from ops.erase.ledger import Ledger, Tombs
from ops.erase.objects import Objects
from ops.erase.queues import Queue
from ops.erase.report import Show, StoreReport
from ops.erase.request_log import STORE as LOG
from ops.erase.request_log import RequestLog
from ops.erase.rows import Answers, Examples
from ops.erase.targets import Target, Wanted
from ops.erase.tombstones import Tombstones
from ops.erase.versions import STORE as VERSIONS
from ops.erase.versions import DatasetVersions

# A request in flight when the tombstones were written may still write; no function of the API runs longer than this.
SETTLING_SECONDS = 30
QUEUES = (stack_outputs.LOG_DEAD_LETTERS_URL, stack_outputs.LOG_PARKED_URL)

CAPTURE, BATCH, DATASETS, EVALUATIONS = "data capture", "batch files", "datasets", "evaluations"
DRIFT = "drift reports"
STORES = (
    *(LOG, LEDGER, "dead letters", "kept answers", "examples", CAPTURE, BATCH, DRIFT, FEATURES),
    *(VERSIONS, DATASETS, EVALUATIONS),
)


class Store(Protocol):
    """A place where texts are stored."""

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport: ...


@dataclass
class ErasureResult:
    """The stores' reports, and what was not reached."""

    reports: list[StoreReport] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """The problems of all stores."""
        return [problem for report in self.reports for problem in report.problems]

    def document(self) -> dict[str, Any]:
        """The report for JSON output."""
        return {"stores": [report.document() for report in self.reports], "not_erased": self.leftovers}


class Erasure:
    """Erases the targets from an environment. skip: stores to leave unchanged."""

    def __init__(self, cloud: Cloud, targets: Sequence[Target], *, skip: Sequence[str] = (), show: Show) -> None:
        self._cloud = cloud
        self._skip = skip
        self._show = show
        dynamodb, stacks = cloud.client("dynamodb"), cloud.stacks
        self._tombstones = Tombstones(
            dynamodb, table=stacks.need(stack_outputs.ERASED_TABLE_NAME), days=kept.erasure_days(cloud.settings.data)
        )
        self._targets = list(targets) or self._tombstones.targets()
        self._log = RequestLog(dynamodb, table=stacks.need(stack_outputs.REQUEST_LOG_TABLE_NAME), show=show)
        self._datasets = self._files(
            DATASETS, stack_outputs.DATASET_BUCKET_NAME, "", _of_dataset, note=self._note_dataset
        )
        self._ledger, self._versions = self._of_ledger()
        self._evaluations = self._files(
            EVALUATIONS, stack_outputs.ARTIFACT_BUCKET_NAME, buckets.MODELS, _of_model, note=self._note_model
        )

    @property
    def targets(self) -> list[Target]:
        """What is erased: the targets passed in, or everything with a tombstone."""
        return self._targets

    def survey(self) -> ErasureResult:
        """Count the matches in every store without changing anything."""
        return self._run(self._wanted(), apply=False)

    def erase(self, *, sleep: Callable[[float], None] = time.sleep) -> ErasureResult:
        """Erase from every store. Can be run again at any time, even after it was killed."""
        self._tombstones.put(self._targets)
        self._show("waiting for requests that are being answered", 0, 0)
        sleep(SETTLING_SECONDS)
        wanted = self._wanted()
        self._log.collect(wanted)
        if self._ledger:
            self._ledger.collect(wanted)
        self._tombstones.remember(wanted)
        return self._run(wanted, apply=True)

    def _note_dataset(self, key: str) -> None:
        self._tombstones.note_dataset(Wanted(self._targets), key)

    def _note_model(self, key: str) -> None:
        self._tombstones.note_model(Wanted(self._targets), _model_of(key))

    def _wanted(self) -> Wanted:
        wanted = Wanted(self._targets)
        wanted.logged.update(self._tombstones.known(wanted))
        return wanted

    def _run(self, wanted: Wanted, *, apply: bool) -> ErasureResult:
        outcome = ErasureResult()
        # The log first: it knows which texts and answers belong to a key or a request.
        for name, store in self._stores():
            if name in self._skip:
                outcome.reports.append(StoreReport(name, "", note="skipped (--skip)"))
            else:
                outcome.reports.append(store.run(wanted, apply=apply))
        # Also those that an earlier run noted when it removed the text from them.
        known = leftovers.Known(
            datasets=self._datasets.changed | self._of_versions("changed") | self._tombstones.datasets(wanted),
            looked_into=None
            if {DATASETS, VERSIONS} & set(self._skip)
            else self._datasets.read | self._of_versions("read"),
            quoting={_model_of(key) for key in self._evaluations.changed} | self._tombstones.models(wanted),
        )
        outcome.leftovers = leftovers.of(self._cloud, known=known)
        return outcome

    def _stores(self) -> list[tuple[str, Store]]:
        cloud, show = self._cloud, self._show
        dynamodb, stacks = cloud.client("dynamodb"), cloud.stacks
        queues = [Queue(cloud.client("sqs"), url=url, show=show) for name in QUEUES if (url := stacks.get(name))]
        artifacts = stack_outputs.ARTIFACT_BUCKET_NAME
        return [
            (LOG, self._log),
            *([(LEDGER, self._ledger)] if self._ledger else []),
            *(("dead letters", queue) for queue in queues),
            ("kept answers", Answers(dynamodb, table=stacks.need(stack_outputs.ANSWERS_TABLE_NAME), show=show)),
            ("examples", Examples(dynamodb, table=stacks.need(stack_outputs.EXAMPLES_TABLE_NAME), show=show)),
            (CAPTURE, self._files(CAPTURE, artifacts, buckets.CAPTURE, lambda key: editors.captured)),
            (BATCH, self._files(BATCH, artifacts, buckets.BATCH, _of_batch)),
            (DRIFT, self._files(DRIFT, artifacts, buckets.DRIFT, _of_drift)),
            *((FEATURES, self._features(name)) for name in (stacks.get(stack_outputs.FEATURES_FUNCTION_NAME),) if name),
            *([(VERSIONS, self._versions)] if self._versions else []),
            (DATASETS, self._datasets),
            (EVALUATIONS, self._evaluations),
        ]

    def _features(self, function: str) -> Features:
        return Features(self._cloud.client("lambda", config=PATIENT), function=function, show=self._show)

    def _of_ledger(self) -> tuple[Ledger | None, DatasetVersions | None]:
        """The stores of what was labelled; None where a deploy has not made them yet."""
        table = self._cloud.stacks.get(stack_outputs.LEDGER_TABLE_NAME)
        if table is None:
            return None, None
        dynamodb, show = self._cloud.client("dynamodb"), self._show
        tombs = Tombs(dynamodb, table=table, key=lambda: stores.erasure_key(self._cloud), now=now)
        bucket = self._cloud.stacks.need(stack_outputs.DATASET_BUCKET_NAME)
        s3, note = self._cloud.client("s3"), self._note_dataset
        return (
            Ledger(dynamodb, table=table, tombs=tombs, show=show),
            DatasetVersions(s3, bucket=bucket, tombs=tombs, show=show, note=note),
        )

    def _of_versions(self, what: str) -> set[str]:
        return set(getattr(self._versions, what, ()))

    def _files(
        self,
        store: str,
        bucket: str,
        prefix: str,
        editor_of: Callable[[str], Editor | None],
        note: Callable[[str], None] = lambda key: None,
    ) -> Objects:
        name = self._cloud.stacks.need(bucket)
        s3 = self._cloud.client("s3")
        return Objects(s3, store=store, bucket=name, prefix=prefix, editor_of=editor_of, show=self._show, note=note)


def _of_batch(key: str) -> Editor | None:
    return None if key.endswith("/") else batch


def _of_drift(key: str) -> Editor | None:
    return editors.drift_report if key != buckets.DRIFT_STATE else None


def _of_dataset(key: str) -> Editor | None:
    """Files of versions have a store of their own: their digests are named elsewhere. Requests to fold have no text."""
    if key.startswith(fold.FOLDS):
        return editors.events if key.endswith(f"/{fold.EVENTS_FILE}") else None
    return None if key.startswith((manifest.FILES, manifest.VERSIONS)) else table


def _model_of(key: str) -> str:
    return key.removeprefix(buckets.MODELS).partition("/")[0]


def _of_model(key: str) -> Editor | None:
    return editors.evaluation if key.endswith(f"/{buckets.EVALUATION_FILE}") else None


def now() -> str:
    """The current time in the request log's format."""
    return times.written(datetime.now(UTC))
