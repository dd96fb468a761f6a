"""Stored data is encrypted, private and TLS only, and kept or removed as the settings require."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synthesise, Synthesised

NAMES = ("AccessLogBucket", "ArtifactBucket", "DatasetBucket")


def test_production_keeps_its_data_and_can_go_back_in_time(prod: Synthesised) -> None:
    kept = {**prod.resources("data", "AWS::S3::Bucket"), **prod.resources("data", "AWS::DynamoDB::GlobalTable")}
    kept |= prod.resources("data", "AWS::KMS::Key")
    # The secret, too: without it no tombstone of the ledger would be recognised.
    kept |= prod.resources("data", "AWS::SecretsManager::Secret")
    assert len(kept) == 12
    assert {resource["DeletionPolicy"] for resource in kept.values()} == {"Retain"}
    for table in prod.resources("data", "AWS::DynamoDB::GlobalTable").values():
        [replica] = table["Properties"]["Replicas"]
        assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert prod.resources("data", "Custom::Cleanup") == {}


def test_elsewhere_everything_goes_and_the_buckets_are_emptied_first(dev: Synthesised, local: Synthesised) -> None:
    for environment in (dev, local):
        for name, resource in environment.everything().items():
            assert resource.get("DeletionPolicy", "Delete") == "Delete", name
        cleanups = environment.resources("data", "Custom::Cleanup").values()
        emptied = [bucket["Ref"] for cleanup in cleanups for bucket in cleanup["Properties"]["Buckets"]]
        assert sorted(emptied) == sorted(environment.resources("data", "AWS::S3::Bucket"))


def test_the_access_logs_go_after_all_that_is_logged_and_after_the_permission_to_log(dev: Synthesised) -> None:
    """In the order of deletion: policies, the buckets' cleanup, the buckets, the logs' cleanup, the logs."""
    resources = dev.resources("data")
    [logs, artifacts, dataset] = sorted(dev.resources("data", "AWS::S3::Bucket"))
    cleanups = {
        tuple(sorted(bucket["Ref"] for bucket in cleanup["Properties"]["Buckets"])): name
        for name, cleanup in dev.resources("data", "Custom::Cleanup").items()
    }
    of_logs, of_data = cleanups[(logs,)], cleanups[(artifacts, dataset)]
    assert all(of_logs in resources[bucket]["DependsOn"] for bucket in (artifacts, dataset))
    for policy in dev.resources("data", "AWS::S3::BucketPolicy").values():
        if policy["Properties"]["Bucket"] == {"Ref": logs}:
            sources = [
                statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::GetAtt"][0]
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                if statement["Effect"] == "Allow"
            ]
            assert sorted(sources) == [artifacts, dataset], "it is deleted before the buckets that it names"
        else:
            assert of_data in policy["DependsOn"]


def test_with_a_key_everything_that_can_be_is_encrypted_with_it(prod: Synthesised, dev: Synthesised) -> None:
    [(key, resource)] = prod.resources("data", "AWS::KMS::Key").items()
    assert resource["Properties"]["EnableKeyRotation"] is True
    for name, bucket in prod.resources("data", "AWS::S3::Bucket").items():
        assert (key in json.dumps(bucket["Properties"]["BucketEncryption"])) is ("AccessLog" not in name), name
    for table in prod.resources("data", "AWS::DynamoDB::GlobalTable").values():
        assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
        [replica] = table["Properties"]["Replicas"]
        assert replica["SSESpecification"] == {"KMSMasterKeyId": {"Fn::GetAtt": [key, "Arn"]}}
    assert dev.resources("data", "AWS::KMS::Key") == {}


def test_a_key_can_be_had_without_keeping_the_data(synthesise: Synthesise) -> None:
    environment = synthesise("dev", change="data: {encryption: kms}")
    [key] = environment.resources("data", "AWS::KMS::Key").values()
    assert key["DeletionPolicy"] == "Delete"
