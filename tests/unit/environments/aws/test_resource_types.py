"""The facts about resource types are those of the pinned cfn-lint's schemas, and are read correctly."""

import json

import pytest

from environments.aws.resource_types import FACTS, WITHHELD, known, read_actions
from tools.aws_facts import resource_types, schemas

WRITTEN = json.loads(FACTS.read_text(encoding="utf-8"))


def test_the_facts_are_of_the_pinned_package() -> None:
    assert WRITTEN["source"] == schemas.source(), "run `python -m tools.aws_facts.resource_types`"


@pytest.mark.parametrize("name", ["AWS::IAM::Policy", "AWS::Lambda::Function", "AWS::SageMaker::EndpointConfig"])
def test_a_type_s_facts_are_those_of_its_schema(name: str) -> None:
    assert WRITTEN["types"][name] == resource_types.facts(name)


def test_what_replaces_what_is_never_read_and_what_has_no_read_handler() -> None:
    types = known()
    assert "PrimaryContainer" in types["AWS::SageMaker::Model"].create_only
    assert "KeySchema" in types["AWS::DynamoDB::GlobalTable"].may_replace
    assert "Code/S3Key" in types["AWS::Lambda::Function"].write_only
    assert types["AWS::IAM::Policy"].read is None
    assert types["AWS::CloudWatch::Alarm"].read == ("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource")


def test_reading_needs_no_secret_and_changes_nothing() -> None:
    actions = read_actions(["AWS::SecretsManager::Secret", "AWS::DynamoDB::GlobalTable", "Custom::Cleanup"])
    assert "secretsmanager:DescribeSecret" in actions and "dynamodb:Describe*" in actions
    assert not WITHHELD & set(actions)
