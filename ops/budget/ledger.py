"""The ledger of what was started, in the artifact bucket: reserved before anything starts, by one conditional write."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts.budget import spending
from contracts.budget.spending import Entry, Kind
from contracts.deployment import stack_outputs
from contracts.retraining import runs
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, OpsError, code_of

_TRIES = 5
_MISSING = "NoSuchKey"
# "How to prevent object overwrites with conditional writes" in S3's guide.
_OVERTAKEN = ("PreconditionFailed", "ConditionalRequestConflict", _MISSING)


class Reservation:
    """What was reserved; without a budget in the settings, nothing."""

    def __init__(self, cloud: Cloud, entry: Entry | None) -> None:
        self._cloud = cloud
        self._entry = entry
        self.started = False

    def begun(self) -> None:
        """It has started: from now on it counts, whatever becomes of it."""
        self.started = True

    def took(self, usd: float | None) -> None:
        """Note what it took, if that is known; else the reserved amount stays."""
        if self._entry is not None and usd is not None:
            entry: Entry = {**self._entry, "usd": round(usd, 4)}
            _change(self._cloud, lambda found: [*_without(found, entry), entry])

    def release(self) -> None:
        """It was not started after all."""
        if self._entry is not None:
            entry = self._entry
            _change(self._cloud, lambda found: _without(found, entry))


@contextmanager
def reserved(cloud: Cloud, *, kind: Kind, what: str, usd: float | None, unknown: str = "") -> Iterator[Reservation]:
    """Reserve what something costs at most, while it starts; released if it did not start.

    what: as a sentence begins, `The load test`. usd: None if a price is unknown; then `unknown` says which. Raises
    OpsError if it does not fit into `cost.monthly_budget_usd`; nothing was started then, and nothing is reserved.
    """
    budget = cloud.settings.cost.monthly_budget_usd
    reservation = Reservation(cloud, None if budget is None else _reserve(cloud, budget, kind, what, usd, unknown))
    try:
        yield reservation
    except BaseException:
        if not reservation.started:
            reservation.release()
        raise


def _reserve(cloud: Cloud, budget: float, kind: Kind, what: str, usd: float | None, unknown: str) -> Entry:
    entry: Entry = {
        "entry_id": secrets.token_hex(8),
        "at": datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "kind": kind,
        "what": what,
        "by": cloud.caller(),
        "usd": round(usd or 0.0, 4),
    }

    def change(found: list[Entry], document: dict[str, Any]) -> list[Entry]:
        spent = spending.spent(document, at=entry["at"])
        if refusal := spending.refusal(what=what, usd=usd, spent=spent, budget=budget, unknown=unknown):
            raise OpsError(refusal, status=FAILED)
        return [*found, entry]

    _replace(cloud, change)
    return entry


def _without(found: list[Entry], entry: Entry) -> list[Entry]:
    return [each for each in found if each["entry_id"] != entry["entry_id"]]


def _change(cloud: Cloud, change: Callable[[list[Entry]], list[Entry]]) -> None:
    _replace(cloud, lambda found, _: change(found))


def _replace(cloud: Cloud, change: Callable[[list[Entry], dict[str, Any]], list[Entry]]) -> None:
    """Replace the ledger's entries, again if somebody else was faster. Raises OpsError, ClientError."""
    s3, bucket = cloud.client("s3"), cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    place = {"Bucket": bucket, "Key": runs.KEY}
    for _ in range(_TRIES):
        document, condition = _read(s3, place)
        after = spending.document(document, entries=change(spending.read(document), document))
        body = json.dumps(after, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        try:
            s3.put_object(**place, Body=body, ContentType="application/json", **condition)
        except ClientError as error:
            if code_of(error) not in _OVERTAKEN:
                raise
            continue
        return
    raise OpsError(f"Others keep changing s3://{bucket}/{runs.KEY}: try again", status=FAILED)


def _read(s3: Any, place: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The ledger, and the condition under which it may be replaced."""
    try:
        answer = s3.get_object(**place)
    except ClientError as error:
        if code_of(error) != _MISSING:
            raise
        return {}, {"IfNoneMatch": "*"}
    try:
        document = json.loads(answer["Body"].read())
        runs.read(document)
    except ValueError as error:
        raise OpsError(f"s3://{place['Bucket']}/{place['Key']} is no ledger of runs: {error}") from None
    return document, {"IfMatch": str(answer["ETag"])}
