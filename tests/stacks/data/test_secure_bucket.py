"""Tests buckets: private, encrypted, TLS only, and writes to artifacts limited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.policies import listed

ONCE = {"Null": {"s3:if-none-match": "false"}}
PARTS = {"Bool": {"s3:ObjectCreationOperation": "false"}}
SPOT = "training: {spot: true}"


def grants(synthesised: Synthesised, action: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(policy, part of the artifact bucket, condition) of each grant of an action, in all stacks."""
    for name, policy in synthesised.everything("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if action in listed(statement["Action"]):
                for resource in map(json.dumps, listed(statement["Resource"])):
                    if "ArtifactBucket" in resource:
                        yield name, resource.rpartition('"/')[2].rstrip('"]}'), statement.get("Condition", {})


def test_only_the_gate_writes_models_and_each_of_them_once(each: Synthesised) -> None:
    found = [grant for grant in grants(each, "s3:PutObject") if "models/x".startswith(grant[1].rstrip("*"))]
    assert {name.split("/")[1][:12] for name, *_ in found} == {"PipelineGate"}
    assert [(below, condition) for _, below, condition in found] == [("models/*", ONCE), ("models/*", PARTS)]


def test_a_training_job_writes_where_nothing_is_served_from(synthesise: Synthesise) -> None:
    spot = synthesise("dev", change=SPOT)
    for action, places in (
        ("s3:PutObject", {"training/*", "checkpoints/*"}),
        ("s3:DeleteObject", {"checkpoints/*"}),
        ("s3:DeleteObjectVersion", set()),
    ):
        assert {below for name, below, _ in grants(spot, action) if "JobRole" in name} == places
    served = {below for name, below, _ in grants(spot, "s3:GetObject") if name.startswith("serving/")}
    assert not [below for below in served if below.startswith(("training/", "checkpoints/"))]


def test_nobody_may_delete_a_version_of_what_a_job_wrote_but_the_cleanup(each: Synthesised) -> None:
    for action in ("s3:DeleteObjectVersion", "s3:PutBucketVersioning", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
        assert all("Cleanup" in name for name, *_ in grants(each, action))


def test_the_buckets_refuse_a_second_write_of_an_artifact_and_of_a_manifest_to_everybody(each: Synthesised) -> None:
    """tests/contract/local_aws/test_written_once.py has the same policy at work."""
    found = [
        statement
        for policy in each.resources("data", "AWS::S3::BucketPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "s3:PutObject" and statement["Effect"] == "Deny"
    ]
    by_bucket = {name: one for one in found for name in ("Artifact", "Dataset") if name in json.dumps(one["Resource"])}
    assert len(found) == len(by_bucket) == 2
    assert "/models/*/output/*" in json.dumps(by_bucket["Artifact"]["Resource"])
    assert "/datasets/versions/*" in json.dumps(by_bucket["Dataset"]["Resource"])
    for denied in found:
        assert denied["Principal"] == {"AWS": "*"}
        assert denied["Condition"] == {
            "Null": {"s3:if-none-match": "true"},
            "Bool": {"s3:ObjectCreationOperation": "true"},
        }
    buckets = each.resources("data", "AWS::S3::Bucket")
    [artifacts] = [bucket for name, bucket in buckets.items() if name.startswith("Artifact")]
    assert artifacts["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_every_bucket_is_private_encrypted_and_versioned_where_it_holds_data(each: Synthesised) -> None:
    buckets = each.everything("AWS::S3::Bucket")
    assert len(buckets) == 3
    for name, bucket in buckets.items():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert properties["BucketEncryption"], name
        assert properties["LifecycleConfiguration"]["Rules"], name
        if "AccessLog" not in name:
            assert properties["VersioningConfiguration"] == {"Status": "Enabled"}, name
            assert properties["LoggingConfiguration"]["DestinationBucketName"], name


def test_every_bucket_refuses_requests_without_tls(each: Synthesised) -> None:
    policies = each.resources("data", "AWS::S3::BucketPolicy").values()
    refusing = {
        policy["Properties"]["Bucket"]["Ref"]
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert refusing == set(each.resources("data", "AWS::S3::Bucket"))
