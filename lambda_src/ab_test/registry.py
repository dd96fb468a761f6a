"""The model registry, and which model serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from lambda_src.common import approved_model, artifact_digest, provenance, served_config
from lambda_src.common.aws import error_code

APPROVED, REJECTED, PENDING = "Approved", "Rejected", "PendingManualApproval"
# DescribeEndpoint and similar calls have no other error for missing resources.
_ABSENT = {"ValidationException", "ResourceNotFound"}


@dataclass(frozen=True, kw_only=True)
class Package:
    """A registered model. digest: the SHA-256 of its artifact, "" if the package does not state it. note: what whoever
    approved or rejected it said.
    """

    arn: str
    number: str
    version: str
    artifact_uri: str
    approval: str
    digest: str
    note: str = ""


class Registry:
    """The packages of `group`, newest first."""

    def __init__(self, sagemaker: Any, *, group: str) -> None:
        self._sagemaker = sagemaker
        self._group = group

    def find(self, version: str) -> Package | None:
        """The newest package with this version, number or ARN: one call per package until it is found."""
        return next((each for each in self._packages() if version in (each.version, each.number, each.arn)), None)

    def package(self, arn: str) -> Package | None:
        """The package as it is now; None if it is gone."""
        try:
            return self._described(arn)
        except ClientError as error:
            if error_code(error) not in _ABSENT:
                raise
            return None

    def approve(self, arn: str, *, note: str) -> None:
        """Approves a package, as a person does."""
        self._sagemaker.update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus=APPROVED, ApprovalDescription=note
        )

    def _packages(self) -> Iterator[Package]:
        request = {"ModelPackageGroupName": self._group, "SortBy": "CreationTime", "SortOrder": "Descending"}
        while True:
            page = self._sagemaker.list_model_packages(**request, MaxResults=100)
            yield from (self._described(each["ModelPackageArn"]) for each in page["ModelPackageSummaryList"])
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]

    def _described(self, arn: str) -> Package:
        answer = self._sagemaker.describe_model_package(ModelPackageName=arn)
        containers = answer.get("InferenceSpecification", {}).get("Containers", [])
        artifact_uri = next((str(each["ModelDataUrl"]) for each in containers if each.get("ModelDataUrl")), "")
        return Package(
            arn=str(answer["ModelPackageArn"]),
            number=str(answer.get("ModelPackageVersion", "")),
            version=buckets.model_version(artifact_uri),
            artifact_uri=artifact_uri,
            approval=str(answer.get("ModelApprovalStatus", "")),
            digest=provenance.of_package(answer).artifact_sha256,
            note=str(answer.get("ApprovalDescription", "")),
        )


@dataclass(frozen=True)
class Serving:
    """approved: the artifact that is to serve, "" for none. served: the one that the endpoint serves, "" if that is not
    known. changing: whether the endpoint is being changed.
    """

    approved: str
    served: str
    changing: bool

    def is_still(self, artifact_uri: str) -> bool:
        """Whether this model serves, or may serve again because its successor's promotion has not ended."""
        return artifact_uri in (self.approved, self.served) or self.changing or not self.served


class ServingModel:
    """The approved-model parameter and the endpoint."""

    def __init__(self, ssm: Any, sagemaker: Any, *, parameter: str, endpoint: str) -> None:
        self._ssm = ssm
        self._sagemaker = sagemaker
        self._parameter = parameter
        self._endpoint = endpoint

    def approved(self) -> str:
        """The artifact that is to serve; "" for none."""
        return approved_model.read(self._ssm, parameter=self._parameter)

    def now(self) -> Serving:
        """What is to serve and what serves."""
        approved = self.approved()
        try:
            endpoint = served_config.describe(self._sagemaker, endpoint=self._endpoint)
            name = served_config.model_name(self._sagemaker, endpoint=self._endpoint, config=endpoint.config)
            model = self._sagemaker.describe_model(ModelName=name)
        except ClientError as error:
            if error_code(error) not in _ABSENT:
                raise
            return Serving(approved, "", False)
        served = str(model.get("PrimaryContainer", {}).get("ModelDataUrl", ""))
        return Serving(approved, served, endpoint.busy)


class Artifacts:
    """Reads artifacts to verify them."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def fault(self, package: Package) -> str:
        """Why the artifact is not the registered one, in a sentence; "" if it is."""
        if not package.digest:
            return ""
        actual = artifact_digest.sha256(self._s3, artifact_uri=package.artifact_uri)
        if actual is None:
            return f"{package.artifact_uri} does not exist"
        return "" if actual == package.digest else f"{package.artifact_uri} is not what was registered"
