"""Checks that an artifact is unchanged since its model package was registered, and that the package is approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.deployment.buckets import model_version
from lambda_src.common import artifact_digest, provenance
from lambda_src.pipeline.promote.logic import APPROVED, NotApproved


class ArtifactRefused(Exception):  # noqa: N818 (the state machine shows this name)
    """The artifact is not what was approved; one sentence that says what to do."""


def verify(s3: Any, package: Mapping[str, Any] | None, *, artifact_uri: str) -> str:
    """The artifact's SHA-256, if its package states one and the bytes in S3 match it.

    package: DescribeModelPackage's answer, or None if the registry has none for the artifact. "" if no digest is
    stated: no package, or one of an earlier version. Raises ArtifactRefused.
    """
    stated = provenance.of_package(package or {}).artifact_sha256
    if not stated:
        return ""
    actual = artifact_digest.sha256(s3, artifact_uri=artifact_uri)
    if actual is None:
        raise ArtifactRefused(f"{artifact_uri} does not exist: promote another model, or train again")
    if actual != stated:
        raise ArtifactRefused(
            f"{artifact_uri} is not what was approved (SHA-256 {actual}, its model package states {stated}): "
            "promote another model, or train again"
        )
    return actual


def check_package(package: Mapping[str, Any] | None, *, model_package_arn: str, artifact_uri: str) -> None:
    """Raises ArtifactRefused unless the named package exists and its artifact is the one to promote."""
    if package is None:
        raise ArtifactRefused(f"the model package {model_package_arn} is gone: promote another model, or train again")
    if artifact_uri not in locations(package):
        raise ArtifactRefused(
            f"{artifact_uri} is not the artifact of {model_package_arn}: promote that model by its version"
        )


def approved(package: Mapping[str, Any] | None, *, artifact_uri: str) -> None:
    """Raises NotApproved unless the package is Approved now, as it "must be" to be deployed (CreateModelPackage's API
    reference). None, for an artifact that is not in the registry, needs no approval.
    """
    if package is None:
        return
    status = str(package.get("ModelApprovalStatus") or "not approved")
    if status != APPROVED:
        name = model_version(artifact_uri) or artifact_uri
        raise NotApproved(f"{name} is {status}: run `rubric models approve {name}` first")


def locations(package: Mapping[str, Any]) -> list[str]:
    """The S3 URIs of a package's artifacts."""
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    return [str(container["ModelDataUrl"]) for container in containers if container.get("ModelDataUrl")]


def package_of(sagemaker: Any, *, group: str, artifact_uri: str) -> dict[str, Any] | None:
    """The newest package of a group that has this artifact, or None: for callers that know only the artifact.

    One call per package until it is found; a model to promote is usually among the newest.
    """
    for summary in _packages(sagemaker, group=group):
        package = dict(sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"]))
        if artifact_uri in locations(package):
            return package
    return None


def _packages(sagemaker: Any, *, group: str) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {
        "ModelPackageGroupName": group,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 100,
    }
    while True:
        page = sagemaker.list_model_packages(**request)
        yield from page["ModelPackageSummaryList"]
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]
