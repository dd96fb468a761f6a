"""The steps for approvals in the registry: resolve and waiting."""

from __future__ import annotations

from typing import Any

from lambda_src.common import provenance
from lambda_src.pipeline.promote import logic
from lambda_src.pipeline.promote.approvals import records as approvals
from lambda_src.pipeline.promote.approvals.records import Approvals
from lambda_src.pipeline.promote.dal import artifact_of, model_package
from lambda_src.pipeline.promote.parts import Event

# Other executions write the same record if a package's events arrive together.
_TRIES = 5


def resolve(event: Event, *, records: Approvals, sagemaker: Any) -> dict[str, Any]:
    """`{"event": the registry's event, "execution"}` -> model_package_arn, and for an approval that has not been acted
    on yet, artifact_uri and the champion that the gate compared it with; otherwise the reason why there is nothing to
    promote.

    Can be repeated by the same execution.
    """
    happened, execution = event["event"], str(event["execution"])
    if "detail" not in happened:
        raise ValueError('the input has no artifact_uri and is not an event: send {"artifact_uri": "s3://..."}')
    arn = str(happened["detail"]["ModelPackageArn"])
    package = model_package(sagemaker, model_package_arn=arn)
    if package is None:
        return {"model_package_arn": arn, "reason": "the model package is gone"}
    version = arn.rsplit("/", 1)[-1]
    reason = _take_approval(happened, package, version=version, execution=execution, records=records)
    if reason:
        return {"model_package_arn": arn, "reason": reason}
    artifact_uri = artifact_of(package, model_package_arn=arn)
    return {"model_package_arn": arn, "artifact_uri": artifact_uri, **_compared_with(package)}


def _compared_with(package: dict[str, Any]) -> dict[str, str]:
    """The champion that the gate compared a package with. Packages of an earlier version only have its version; if
    none is named, the gate had none to compare with.
    """
    stated = package.get("CustomerMetadataProperties") or {}
    champion = provenance.of_package(package).champion or stated.get("compared_with")
    return {"champion": champion} if champion else {}


def _take_approval(happened: Event, package: Event, *, version: str, execution: str, records: Approvals) -> str:
    """Acts on the package's approval in the name of `execution`; returns why not, or ""."""
    now = approvals.seen_in_registry(package)
    seen = approvals.seen_in_event(happened, now=now)
    for _ in range(_TRIES):
        before, number = records.get(version)
        if before.execution == execution and now.approval == logic.APPROVED:
            return ""
        record = approvals.after(before, event=seen, now=now)
        new = approvals.is_new(record, event=seen, now=now)
        if new:
            since = approvals.approved_since(record, event=seen)
            first = records.claim(version, since=since, execution=execution)
            if first != execution:
                return logic.not_promoted(now.approval, acted_by=first)
            record = approvals.acted(record, event=seen, now=now, execution=execution)
        if record == before or records.put(version, record, replacing=number):
            return "" if new else logic.not_promoted(now.approval, acted_by=before.execution)
    raise RuntimeError(f"other executions are writing the record of version {version}: try again")


def waiting(event: Event, *, records: Approvals, sagemaker: Any) -> dict[str, Any]:
    """`{"model_package_arn"}`, which the pipeline has just registered without approval -> status noted or gone.

    AWS sends the registry's events on a best-effort basis: this record replaces the first, which may be lost.
    """
    arn = str(event["model_package_arn"])
    package = model_package(sagemaker, model_package_arn=arn)
    if package is None:
        return {"status": "gone"}
    version = arn.rsplit("/", 1)[-1]
    for _ in range(_TRIES):
        before, number = records.get(version)
        record = approvals.registered(before, package=package)
        if record == before or records.put(version, record, replacing=number):
            return {"status": "noted"}
    raise RuntimeError(f"other executions are writing the record of version {version}: try again")
