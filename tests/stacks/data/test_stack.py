"""Stored data: encrypted, TLS only, private, kept or removed as the environment says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_src.common import log_index
from tests.stacks.conftest import Synthesise, Synthesised

NAMES = ("AccessLogBucket", "ArtifactBucket", "DatasetBucket")


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


def test_tables_are_as_the_functions_expect_them(each: Synthesised) -> None:
    keys = {}
    for name, table in each.resources("data", "AWS::DynamoDB::GlobalTable").items():
        properties = table["Properties"]
        keys[name.split("Table")[0]] = [(part["AttributeName"], part["KeyType"]) for part in properties["KeySchema"]]
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}, name
        assert properties["BillingMode"] == "PAY_PER_REQUEST", name
    assert keys == {
        "RequestLog": [("request_id", "HASH"), ("position", "RANGE")],
        "Answers": [("answer_id", "HASH")],
        "Examples": [("example_id", "HASH")],
        "Erased": [("erased_id", "HASH")],
        "ApiKeys": [("key_id", "HASH")],
        "Usage": [("key_id", "HASH"), ("day", "RANGE")],
    }


def test_tables_that_are_kept_cannot_be_deleted(each: Synthesised) -> None:
    for name, table in each.resources("data", "AWS::DynamoDB::GlobalTable").items():
        [replica] = table["Properties"]["Replicas"]
        kept = each.stacks.data.settings.data.retain
        assert replica.get("DeletionProtectionEnabled", False) is kept, name
        assert table["DeletionPolicy"] == ("Retain" if kept else "Delete"), name


def request_log(synthesised: Synthesised) -> dict[str, Any]:
    tables = synthesised.resources("data", "AWS::DynamoDB::GlobalTable")
    [properties] = [table["Properties"] for name, table in tables.items() if name.startswith("RequestLog")]
    return dict(properties)


def test_the_request_log_s_indexes_are_those_that_its_writer_and_reader_know(dev: Synthesised) -> None:
    properties = request_log(dev)
    indexes = {index["IndexName"]: index for index in properties["GlobalSecondaryIndexes"]}
    keys = {name: [part["AttributeName"] for part in index["KeySchema"]] for name, index in indexes.items()}
    assert keys == {name: [partition, log_index.PLACE] for name, partition in log_index.PARTITIONS.items()}
    for index in indexes.values():
        included = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(log_index.INCLUDED)}
        assert index["Projection"] == included, "an index that holds more costs a write unit for each 1 KB of it"
    types = {part["AttributeName"]: part["AttributeType"] for part in properties["AttributeDefinitions"]}
    texts = {"request_id", log_index.DAY_SHARD, log_index.KEY_SHARD, log_index.PLACE}
    assert types == {"position": "N", **dict.fromkeys(texts, "S")}


@pytest.mark.parametrize(
    ("rate", "shards", "warm"),
    [(4000, 64, None), (4001, 65, 4001), (9000, 144, 9000), (250, 4, None), (40_000, 160, 40_000)],
)
def test_the_request_log_is_laid_out_for_the_write_rate(
    synthesise: Synthesise, rate: int, shards: int, warm: int | None
) -> None:
    """Each shard stays far below what DynamoDB writes to one partition in a second, 1,000 units."""
    environment = synthesise("dev", change=f"data: {{write_rate: {rate}}}")
    assert rate / shards <= 250
    log = request_log(environment)
    throughput = {"WriteUnitsPerSecond": warm} if warm else None
    assert [log.get("WarmThroughput"), *(index.get("WarmThroughput") for index in log["GlobalSecondaryIndexes"])] == [
        throughput
    ] * 3
    functions = environment.resources("api", "AWS::Lambda::Function")
    told = {
        name.split("Function")[0]: function["Properties"]["Environment"]["Variables"].get("REQUEST_LOG_SHARDS")
        for name, function in functions.items()
    }
    assert {name: value for name, value in told.items() if value} == {"Classify": str(shards), "Records": str(shards)}


def test_every_table_is_ready_for_more_regions_and_has_its_own_alone(each: Synthesised) -> None:
    assert each.everything("AWS::DynamoDB::Table") == {}
    tables = each.resources("data", "AWS::DynamoDB::GlobalTable")
    assert len(tables) == 6
    for name, table in tables.items():
        [replica] = table["Properties"]["Replicas"]
        assert replica["Region"] == "us-east-1", name
        assert {tag["Key"] for tag in replica["Tags"]} >= {"project", "environment"}, name


def test_production_keeps_its_data_and_can_go_back_in_time(prod: Synthesised) -> None:
    kept = {**prod.resources("data", "AWS::S3::Bucket"), **prod.resources("data", "AWS::DynamoDB::GlobalTable")}
    kept |= prod.resources("data", "AWS::KMS::Key")
    assert len(kept) == 10
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


def test_every_function_has_a_log_group_of_its_own_that_ends(each: Synthesised) -> None:
    functions = each.everything("AWS::Lambda::Function")
    some = (each.resources("data", "Custom::Cleanup"), each.everything("AWS::CodeBuild::Project"))
    assert len(functions) == 13 + sum(len(one) for one in some)
    groups = each.everything("AWS::Logs::LogGroup")
    used = [
        f"{name.split('/')[0]}/{function['Properties']['LoggingConfig']['LogGroup']['Ref']}"
        for name, function in functions.items()
    ]
    assert len(set(used)) == len(functions)
    assert set(groups) >= set(used)
    for name, group in groups.items():
        assert group["Properties"]["RetentionInDays"] == 30, name
        assert group["DeletionPolicy"] == "Delete", name


def test_functions_are_python_on_arm_with_the_handlers_of_the_build(each: Synthesised) -> None:
    for name, function in each.everything("AWS::Lambda::Function").items():
        properties = function["Properties"]
        assert properties["Architectures"] == ["arm64"], name
        assert properties["Runtime"] == "python3.13", name
        assert properties["Handler"].startswith("lambda_src."), name
        assert properties["Handler"].endswith(".handler.handler"), name
        assert properties["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == "Rubric", name
