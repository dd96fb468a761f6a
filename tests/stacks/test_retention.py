"""docs/data-retention.md gives the same retention and key for each store as the templates."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from environments import kept
from environments.sections.api import Api
from environments.sections.data import Data
from environments.sections.serving import Serving
from lambda_src.authorizer import usage
from lambda_src.common.api import idempotency
from tests.stacks.conftest import REPOSITORY, Synthesised

PAGE = (REPOSITORY / "docs" / "data-retention.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
# where -> content, retention, old versions, encryption, erased
TABLE = {row[0]: row[1:] for row in ROWS if len(row) == 6 and row[0].startswith("`")}
BACKED_UP = "35 days with `data.point_in_time_recovery` (prod)"
EITHER, ALWAYS_AWS = "AWS's or the key", "AWS's"


def days(number: int | None, *, none: str) -> str:
    return none if number is None else f"{number} day" + ("s" if number != 1 else "")


def shortest(rules: list[dict[str, Any]], prefix: str, what: str) -> int | None:
    """S3's guide, "lifecycle-conflicts": of overlapping rules the shorter time is honoured."""
    found = []
    for rule in rules:
        if rule["Status"] == "Enabled" and prefix.startswith(rule.get("Prefix", "")):
            old = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
            found.append(rule.get("ExpirationInDays") if what == "current" else old)
    return min((one for one in found if one is not None), default=None)


def buckets(environment: Synthesised) -> dict[str, list[str]]:
    """For each bucket, each prefix with its own rules and each on the page: retention, old versions, encryption."""
    found: dict[str, list[str]] = {}
    described: dict[str, set[str]] = {}
    for bucket_name, prefix in re.findall(r"`(\w+Bucket)` `([^`]+)`", "\n".join(TABLE)):
        described.setdefault(bucket_name, set()).add(prefix)
    for name, bucket in environment.resources("data", "AWS::S3::Bucket").items():
        properties = bucket["Properties"]
        rules = properties["LifecycleConfiguration"]["Rules"]
        for prefix in {rule.get("Prefix", "") for rule in rules} | {""} | described.get(logical(name), set()):
            versions = "VersioningConfiguration" in properties
            where = f"`{logical(name)}`" + (f" `{prefix}`" if prefix else "")
            found[where] = [
                days(shortest(rules, prefix, "current"), none="until deleted"),
                days(shortest(rules, prefix, "old"), none="for ever") if versions else "none",
                key_of(json.dumps(properties["BucketEncryption"])),
            ]
    return found


def logical(name: str) -> str:
    return re.sub(r"[0-9A-F]{8}$", "", name)


def key_of(text: str) -> str:
    """Whether it has the environment's key, or one of AWS's own."""
    return "the key" if re.search(r"Fn::ImportValue|Key[0-9A-F]{8}", text) else "AWS's"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_each_bucket_and_prefix_is_as_the_page_says(request: pytest.FixtureRequest, name: str) -> None:
    found = buckets(request.getfixturevalue(name))
    assert len(found) == 13
    documented = {where: row for where, row in TABLE.items() if "Bucket`" in where}
    assert {where: row[1:3] for where, row in documented.items()} == {where: row[:2] for where, row in found.items()}
    for where, (_, _, encrypted) in found.items():
        assert documented[where][3] == (ALWAYS_AWS if "AccessLog" in where else EITHER)
        assert encrypted == ("the key" if name == "prod" and "AccessLog" not in where else "AWS's"), where


@pytest.mark.parametrize(("name", "backed_up", "key"), [("dev", False, "AWS's"), ("prod", True, "the key")])
def test_each_table_is_as_the_page_says(request: pytest.FixtureRequest, name: str, backed_up: bool, key: str) -> None:
    environment = request.getfixturevalue(name)
    tables = environment.resources("data", "AWS::DynamoDB::GlobalTable")
    documented = {where: row for where, row in TABLE.items() if where.endswith("Table`")}
    assert set(documented) == {f"`{logical(one)}`" for one in tables}
    for table in tables.values():
        [replica] = table["Properties"]["Replicas"]
        assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": backed_up}
        assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert key_of(json.dumps(replica.get("SSESpecification", {}))) == key
    assert {(row[2], row[3]) for row in documented.values()} == {(BACKED_UP, EITHER)}


def test_how_long_each_table_keeps_an_item(dev: Synthesised, prod: Synthesised) -> None:
    variables = {
        environment.stacks.data.settings.name: {
            variable: value
            for function in environment.resources("api", "AWS::Lambda::Function").values()
            for variable, value in function["Properties"]["Environment"]["Variables"].items()
        }
        for environment in (dev, prod)
    }
    log = [variables[name]["REQUEST_LOG_DAYS"] for name in ("dev", "prod")]
    assert TABLE["`RequestLogTable`"][1] == f"`data.request_log_days` (dev {log[0]}, prod {log[1]})"
    assert TABLE["`ExamplesTable`"][1] == f"`data.example_days` ({Data.model_fields['example_days'].default})"
    assert {variables[name]["EXAMPLE_DAYS"] for name in variables} == {str(Data.model_fields["example_days"].default)}
    assert TABLE["`AnswersTable`"][1] == "1 day"
    assert idempotency.KEPT_SECONDS == 86_400
    assert TABLE["`UsageTable`"][1] == f"{usage.KEEP_DAYS} days"


@pytest.mark.parametrize(("name", "key"), [("dev", "AWS's"), ("prod", "the key")])
def test_queues_and_log_groups_are_as_the_page_says(request: pytest.FixtureRequest, name: str, key: str) -> None:
    environment = request.getfixturevalue(name)
    queues = environment.everything("AWS::SQS::Queue")
    for where, queue in queues.items():
        row = TABLE[f"`{logical(where.split('/')[1])}`"]
        assert row[1:4] == [f"{queue['Properties']['MessageRetentionPeriod'] // 86_400} days", "none", EITHER], where
        assert key_of(json.dumps(queue["Properties"].get("KmsMasterKeyId", {}))) == key
        assert "KmsMasterKeyId" in queue["Properties"] or queue["Properties"]["SqsManagedSseEnabled"] is True
    groups = environment.everything("AWS::Logs::LogGroup")
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {kept.LOG_GROUP_DAYS}
    assert {key_of(json.dumps(group["Properties"].get("KmsKeyId", {}))) for group in groups.values()} == {key}
    (row,) = (row for where, row in TABLE.items() if where.startswith("`log groups`"))
    assert row[1:4] == [f"{kept.LOG_GROUP_DAYS} days", "none", EITHER]
    stores = {where for where in TABLE if not where.startswith("`log groups`")}
    assert {where.split("`")[1] for where in stores if "Table" not in where and "Bucket" not in where} == {
        logical(where.split("/")[1]) for where in queues
    }


def test_settings_that_the_page_names_are_there() -> None:
    named = set(re.findall(r"`(data|api|serving)\.(\w+)", PAGE))
    sections: dict[str, type[BaseModel]] = {"data": Data, "api": Api, "serving": Serving}
    assert len(named) >= 6
    assert [f"{part}.{name}" for part, name in named if name not in sections[part].model_fields] == []


def test_a_tombstone_and_a_key_s_record_outlive_what_they_are_for(prod: Synthesised) -> None:
    data = prod.stacks.data.settings.data
    times = [kept.CAPTURE_DAYS + kept.OLD_TEXT_DAYS, kept.OLD_ARTIFACT_DAYS, kept.OLD_DATASET_DAYS, kept.QUEUE_DAYS]
    times += [kept.BACKUP_DAYS, kept.LOG_GROUP_DAYS, data.request_log_days, data.example_days]
    assert kept.erasure_days(data) > max(times)
    assert kept.key_history_days(data) > max(data.request_log_days, data.example_days)
