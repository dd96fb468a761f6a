"""Records of which approvals have been acted on. Only `Approvals` does I/O: it keeps them in SSM parameters.

An event of the registry only says that a package has changed: it may come twice, late, or for an edit of an approved
package's metadata. What counts is each change from another status to Approved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.aws import error_code
from lambda_src.pipeline.promote.logic import APPROVED

_NOT_YET_APPROVED = {"PendingManualApproval", "Rejected"}


@dataclass(frozen=True)
class Record:
    """The record of one version. Times in seconds since 1970, 0 for never. waiting: when it was last seen without
    approval. acted: when the package had last changed when `execution` acted on its approval.
    """

    waiting: float = 0.0
    acted: float = 0.0
    execution: str = ""


@dataclass(frozen=True)
class Seen:
    """A package's approval at a moment. changed: whether SageMaker reports that the approval changed."""

    approval: str
    at: float
    changed: bool = False


def moment(value: Any) -> float:
    """Seconds since 1970 from a time in an event or answer: a datetime, ISO 8601, or milliseconds; 0.0 for none."""
    if value in (None, ""):
        return 0.0
    if isinstance(value, datetime):
        return value.timestamp()
    text = str(value)
    try:
        number = float(text)
    except ValueError:
        return datetime.fromisoformat(text).timestamp()
    return number / 1000 if number > 1e11 else number


def seen_in_event(event: Mapping[str, Any], *, now: Seen) -> Seen:
    """The approval in a "SageMaker Model Package State Change" event. now: the approval in the registry."""
    detail = event["detail"]
    approval, at = str(detail.get("ModelApprovalStatus", "")), moment(detail.get("LastModifiedTime"))
    if not at:
        # An event that comes twice has two different times; the change was not later than the package's last one.
        at = min(moment(event.get("time")), now.at)
    elif approval == now.approval and at == int(now.at):
        at = now.at  # events have whole seconds, as in AWS's example; the registry has milliseconds
    # Not in AWS's description of the event: an additional sign, which is never needed.
    changed = "ModelApprovalStatus" in (detail.get("UpdatedModelPackageFields") or [])
    return Seen(approval=approval, at=at, changed=changed)


def seen_in_registry(package: Mapping[str, Any]) -> Seen:
    """The approval in DescribeModelPackage's answer."""
    at = moment(package.get("LastModifiedTime")) or moment(package.get("CreationTime"))
    return Seen(approval=str(package.get("ModelApprovalStatus", "")), at=at)


def registered(record: Record, *, package: Mapping[str, Any]) -> Record:
    """The record of a package that the pipeline registered without approval, also if it was approved since."""
    return replace(record, waiting=max(record.waiting, moment(package.get("CreationTime"))))


def after(record: Record, *, event: Seen, now: Seen) -> Record:
    """The record, with the latest time without approval in the event and the registry."""
    waiting = [seen.at for seen in (event, now) if seen.approval in _NOT_YET_APPROVED]
    return replace(record, waiting=max([record.waiting, *waiting]))


def is_new(record: Record, *, event: Seen, now: Seen) -> bool:
    """Whether the package is approved now, and that approval has not been acted on."""
    if now.approval != APPROVED:
        return False
    return approved_since(record, event=event) > record.acted


def approved_since(record: Record, *, event: Seen) -> float:
    """The time that identifies an approval: the last known moment before it, or its own if the event has it."""
    approved_at = event.at if event.changed and event.approval == APPROVED else 0.0
    return max(record.waiting, approved_at)


def acted(record: Record, *, event: Seen, now: Seen, execution: str) -> Record:
    """The record once `execution` acts on the approval."""
    at = max(now.at, event.at if event.approval == APPROVED else 0.0, record.waiting)
    return replace(record, acted=at, execution=execution)


class Approvals:
    """A record in `<path>/<version>`, and in `<path>/<version>/<moment>` the execution that acts on an approval."""

    def __init__(self, ssm: Any, *, path: str) -> None:
        self._ssm = ssm
        self._path = path

    def get(self, version: str) -> tuple[Record, int]:
        """The record and its parameter's version, 0 if there is none yet."""
        try:
            parameter = self._ssm.get_parameter(Name=f"{self._path}/{version}")["Parameter"]
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise
            return Record(), 0
        return Record(**json.loads(parameter["Value"])), int(parameter["Version"])

    def put(self, version: str, record: Record, *, replacing: int) -> bool:
        """Writes the record after version `replacing`; False if another was written in between."""
        return self._put(version, json.dumps(asdict(record)), overwrite=replacing > 0) == replacing + 1

    def claim(self, version: str, *, since: float, execution: str) -> str:
        """Which execution acts on the approval: `execution`, unless another was first."""
        name = f"{version}/{round(since * 1000)}"
        if self._put(name, execution, overwrite=False):
            return execution
        return str(self._ssm.get_parameter(Name=f"{self._path}/{name}")["Parameter"]["Value"])

    def _put(self, name: str, value: str, *, overwrite: bool) -> int:
        """The parameter's new version; 0 if it exists already and may not be replaced."""
        try:
            answer = self._ssm.put_parameter(
                Name=f"{self._path}/{name}", Value=value, Type="String", Overwrite=overwrite
            )
        except ClientError as error:
            if error_code(error) != "ParameterAlreadyExists":
                raise
            return 0
        return int(answer["Version"])
