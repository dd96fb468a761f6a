"""With `encryption: kms`, the key encrypts everything stored, and every service that needs the key may use it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.policies import listed

# Resources with data, and the property with their key; for buckets and tables see tests/stacks/data/.
KEYED = {
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
}


@pytest.fixture(scope="module")
def temporary(synthesise: Synthesise) -> Synthesised:
    """Encrypted and not kept, which has the cleanups' log groups beside the key itself."""
    return synthesise("dev", change="data: {encryption: kms}")


def statements(synthesised: Synthesised) -> dict[str, dict[str, Any]]:
    """The key policy's statements for services, by their names."""
    [key] = synthesised.resources("data", "AWS::KMS::Key").values()
    found = key["Properties"]["KeyPolicy"]["Statement"]
    return {statement["Sid"]: statement for statement in found if "Sid" in statement}


@pytest.mark.parametrize("kind", KEYED)
@pytest.mark.parametrize("name", ["prod", "temporary"])
def test_it_is_encrypted_with_the_key(request: pytest.FixtureRequest, name: str, kind: str) -> None:
    environment: Synthesised = request.getfixturevalue(name)
    [key] = environment.resources("data", "AWS::KMS::Key")
    found = environment.everything(kind)
    assert found
    for where, resource in found.items():
        named = json.dumps(resource["Properties"].get(KEYED[kind]))
        assert key in named and "Arn" in named, where


def test_without_the_key_nothing_names_one(dev: Synthesised) -> None:
    for kind, member in KEYED.items():
        assert [where for where, each in dev.everything(kind).items() if member in each["Properties"]] == []
    for where, queue in dev.everything("AWS::SQS::Queue").items():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True, where


def test_cloudwatch_logs_may_use_it_for_log_groups_of_this_account_alone(prod: Synthesised) -> None:
    statement = statements(prod)["LogGroups"]
    assert "logs.us-east-1." in json.dumps(statement["Principal"])
    assert {"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"} == set(
        statement["Action"]
    )
    [(operator, condition)] = statement["Condition"].items()
    assert (operator, list(condition)) == ("ArnLike", ["kms:EncryptionContext:aws:logs:arn"])
    arn = json.dumps(condition)
    assert "AWS::AccountId" in arn and ":log-group:*" in arn


def test_the_name_of_cloudwatch_logs_has_the_region(synthesise: Synthesise) -> None:
    environment = synthesise("prod", change="region: eu-central-1")
    assert "logs.eu-central-1." in json.dumps(statements(environment)["LogGroups"]["Principal"])


def test_alarms_may_publish_to_the_encrypted_topic(prod: Synthesised) -> None:
    statement = statements(prod)["Alarms"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert set(statements(prod)) == {"LogGroups", "Alarms", "Rules"}


def test_rules_may_send_what_they_could_not_deliver(prod: Synthesised) -> None:
    statement = statements(prod)["Rules"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_who_sends_to_the_queue_and_who_reads_from_it_may_use_the_key(prod: Synthesised) -> None:
    """SQS guide, "sqs-key-management": a sender needs both actions, a reader kms:Decrypt."""
    for action in ("sqs:SendMessage", "sqs:ReceiveMessage"):
        allowed = [
            {
                each
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                for each in listed(statement["Action"])
            }
            for policy in prod.everything("AWS::IAM::Policy").values()
        ]
        users = [actions for actions in allowed if action in actions]
        assert users and all({"kms:Decrypt", "kms:GenerateDataKey"} <= actions for actions in users)
