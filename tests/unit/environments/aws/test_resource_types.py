"""The facts about resource types are those of the pinned cfn-lint's schemas, and are read correctly."""

from environments.aws.resource_types import known
from tools.aws_facts.resource_types import TARGET, render


def test_the_facts_are_the_pinned_package_s() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), "run `python -m tools.aws_facts.resource_types`"


def test_what_replaces_what_is_never_read_and_what_has_no_read_handler() -> None:
    types = known()
    assert "PrimaryContainer" in types["AWS::SageMaker::Model"].create_only
    assert "KeySchema" in types["AWS::DynamoDB::GlobalTable"].may_replace
    assert "Code/S3Key" in types["AWS::Lambda::Function"].write_only
    assert types["AWS::IAM::Policy"].read is None
    assert types["AWS::CloudWatch::Alarm"].read == ("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource")
