"""The artifact bucket: what is known of a model, the decisions, and the ledger of runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.ab_tests import record
from contracts.budget import spending
from contracts.budget.spending import Entry
from contracts.deployment import buckets
from contracts.logs import drift_report
from contracts.retraining import decision, runs
from contracts.retraining.decision import Decision
from contracts.retraining.runs import Run
from contracts.texts.label_mapping import LabelMapping
from lambda_src.common import aws, one_object, s3_uri
from lambda_src.common.times import written

_TRIES = 5


class OvertakenError(Exception):
    """Others changed the ledger of runs at each try."""


@dataclass(frozen=True)
class Known:
    """A model's evaluation, and when it was written (UTC)."""

    evaluation: dict[str, Any]
    written: str


class Documents:
    """The objects in `bucket`. Raises botocore's errors."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def model(self, model_version: str) -> Known | None:
        """None where the model has no evaluation."""
        answer = self._get(buckets.evaluation(model_version))
        if answer is None:
            return None
        return Known(_object(answer["Body"].read()), written(answer["LastModified"]))

    def drift(self, model_version: str) -> dict[str, Any]:
        """The model's drift report; {} where there is none that can be read."""
        answer = self._get(buckets.drift_report(model_version))
        document = _object(answer["Body"].read()) if answer else {}
        return document if document.get("layout") == drift_report.LAYOUT else {}

    def labels(self, uri: str) -> dict[str, str | None]:
        """What becomes of labels (`LabelMapping.targets`). uri: of `data.labels`, "" for none."""
        if not uri:
            return {}
        bucket, key = s3_uri.split(uri)
        return dict(LabelMapping.of(json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())).targets())

    def decision(self, key: str) -> Decision | None:
        """The decision that is kept there."""
        answer = self._get(key)
        return cast(Decision, _object(answer["Body"].read())) if answer else None

    def keep(self, made: Decision) -> Decision:
        """Keep a decision; the one that stands, if there is one of its execution already."""
        key = decision.key_of(made["at"], made["decision_id"])
        try:
            one_object.replace(self._s3, bucket=self._bucket, key=key, document=made, etag=None)
        except one_object.ChangedError:
            return self.decision(key) or made
        return made

    def test(self) -> str:
        """The id of the A/B test that runs; "" if none does."""
        answer = self._get(record.CURRENT)
        test = _object(answer["Body"].read()) if answer else {}
        return "" if test.get("phase", record.ENDED) == record.ENDED else str(test.get("test_id", ""))

    def runs(self) -> tuple[list[Run], str | None]:
        """The ledger of runs and its ETag; None where there is none yet."""
        document, etag = self._ledger()
        return (runs.read(document) if document else []), etag

    def spent_beside(self, at: str) -> float:
        """US dollars of the month for what people started: training runs, batches, load tests."""
        return spending.spent_beside(spending.read(self._ledger()[0]), at=at)

    def _ledger(self) -> tuple[dict[str, Any], str | None]:
        answer = self._get(runs.KEY)
        return (_object(answer["Body"].read()), str(answer["ETag"])) if answer else ({}, None)

    def change_runs(self, change: Callable[[list[Run], list[Entry]], list[Run] | None]) -> list[Run]:
        """Replace the ledger of runs by what `change` makes of it, again if somebody else was faster; the result.

        change: of the runs and of what people started, as both are at that moment; it returns None to leave the runs
        as they are. Raises OvertakenError.
        """
        for _ in range(_TRIES):
            document, etag = self._ledger()
            before = runs.read(document) if document else []
            after = change(before, spending.read(document))
            if after is None or after == before:
                return before
            if self._replace(after, document, etag):
                return after
        raise OvertakenError("other decisions change the ledger of runs: try again")

    def _replace(self, after: Sequence[Run], before: dict[str, Any], etag: str | None) -> bool:
        document = runs.document(after)
        if spending.FIELD in before:  # what people started
            document[spending.FIELD] = before[spending.FIELD]
        try:
            one_object.replace(self._s3, bucket=self._bucket, key=runs.KEY, document=document, etag=etag)
        except one_object.ChangedError:
            return False
        return True

    def _get(self, key: str) -> dict[str, Any] | None:
        try:
            return dict(self._s3.get_object(Bucket=self._bucket, Key=key))
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            return None


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object; {} for anything else."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
