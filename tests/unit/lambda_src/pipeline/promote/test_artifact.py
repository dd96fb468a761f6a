"""Tests promote/artifact.py."""

from __future__ import annotations

import hashlib

import boto3
import pytest

from lambda_src.common import provenance
from lambda_src.pipeline.promote import artifact
from lambda_src.pipeline.promote.artifact import ArtifactRefused

URI = "s3://artifacts/models/job-1/output/model.tar.gz"
OTHER = "s3://artifacts/models/job-0/output/model.tar.gz"
MODEL = b"weights" * 3_000_000  # more than one piece
DIGEST = hashlib.sha256(MODEL).hexdigest()


@pytest.fixture
def s3(account):
    client = boto3.client("s3")
    client.create_bucket(Bucket="artifacts")
    client.put_object(Bucket="artifacts", Key="models/job-1/output/model.tar.gz", Body=MODEL)
    return client


def package(**metadata):
    return {"CustomerMetadataProperties": metadata}


def registered(digest=DIGEST, champion=""):
    return package(**provenance.metadata(artifact_sha256=digest, champion_uri=champion))


def test_an_artifact_that_is_what_was_registered(s3):
    assert artifact.verify(s3, registered(), artifact_uri=URI) == DIGEST


@pytest.mark.parametrize("body", [MODEL[:-1], MODEL + b"x", MODEL[:-1] + b"x", b""])
def test_an_artifact_that_was_changed_is_refused(s3, body):
    s3.put_object(Bucket="artifacts", Key="models/job-1/output/model.tar.gz", Body=body)
    with pytest.raises(ArtifactRefused, match=rf"^{URI} is not what was approved .*{DIGEST}\): promote another"):
        artifact.verify(s3, registered(), artifact_uri=URI)


def test_an_artifact_that_is_gone_is_refused(s3):
    with pytest.raises(ArtifactRefused, match=f"^{OTHER} does not exist: promote another model"):
        artifact.verify(s3, registered(), artifact_uri=OTHER)


@pytest.mark.parametrize("silent", [None, {}, package(accuracy="0.9"), package(artifact_sha256="not a digest")])
def test_where_nothing_states_a_digest_nothing_is_verified(s3, silent):
    assert artifact.verify(s3, silent, artifact_uri=OTHER) == ""


def test_the_newest_package_of_the_group_that_has_the_artifact(account):
    sagemaker = boto3.client("sagemaker")
    arns = {}
    for group, name, uri in (("ours", "a", URI), ("ours", "b", URI), ("ours", "c", OTHER), ("theirs", "d", URI)):
        if name in "ad":
            sagemaker.create_model_package_group(ModelPackageGroupName=group)
        containers = [{"Image": "image", "ModelDataUrl": uri}]
        types = {"SupportedContentTypes": ["a/b"], "SupportedResponseMIMETypes": ["a/b"]}
        arns[name] = sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelPackageDescription=name,
            InferenceSpecification={"Containers": containers, **types},
        )["ModelPackageArn"]
    found = artifact.package_of(sagemaker, group="ours", artifact_uri=URI)
    assert found is not None and found["ModelPackageArn"] == arns["b"]
    assert artifact.package_of(sagemaker, group="ours", artifact_uri="s3://artifacts/other") is None


class Paged:
    """A registry whose packages come one a page."""

    uris = (OTHER, OTHER, URI)

    def list_model_packages(self, *, NextToken="0", **_):
        at = int(NextToken)
        more = {"NextToken": str(at + 1)} if at + 1 < len(self.uris) else {}
        return {"ModelPackageSummaryList": [{"ModelPackageArn": str(at)}], **more}

    def describe_model_package(self, *, ModelPackageName):
        uri = self.uris[int(ModelPackageName)]
        return {"ModelPackageArn": ModelPackageName, "InferenceSpecification": {"Containers": [{"ModelDataUrl": uri}]}}


def test_a_package_on_a_later_page():
    found = artifact.package_of(Paged(), group="ours", artifact_uri=URI)
    assert found is not None and found["ModelPackageArn"] == "2"
    assert artifact.package_of(Paged(), group="ours", artifact_uri="s3://artifacts/other") is None
