"""Exactly the endpoints that calls from inside need, with policies that let through the environment's calls alone."""

from __future__ import annotations

import json
from typing import Any

from tests.stacks.conftest import Synthesised
from tests.stacks.policies import listed

# Characters of an endpoint policy (VPC guide, "amazon-vpc-limits").
LONGEST = 20_480


def endpoints(environment: Synthesised) -> dict[str, dict[str, Any]]:
    """Properties by the end of the service's name."""
    found = environment.resources("network", "AWS::EC2::VPCEndpoint").values()
    return {name(each["Properties"]["ServiceName"]): each["Properties"] for each in found}


def name(service: Any) -> str:
    text = (
        service
        if isinstance(service, str)
        else "".join(part if isinstance(part, str) else "us-east-1" for part in service["Fn::Join"][1])
    )
    assert text.startswith("com.amazonaws.us-east-1.")
    return text.removeprefix("com.amazonaws.us-east-1.")


def statements(properties: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = properties["PolicyDocument"]["Statement"]
    return found


def test_they_are_those_of_the_calls_and_no_others(private: Synthesised) -> None:
    """Not KMS, STS, ECR's images, SNS, EventBridge: no function calls them (docs/network.md)."""
    assert set(endpoints(private)) == {
        *("s3", "dynamodb"),
        *("cloudformation", "codebuild", "ecr.api", "logs", "monitoring", "sagemaker.api", "sagemaker.runtime"),
        *("secretsmanager", "sqs", "ssm", "states"),
    }


def test_they_follow_the_settings(private: Synthesised, other: Synthesised) -> None:
    """Bedrock is asked as the fallback, and nothing is built. tests/published/test_endpoints.py has more settings."""
    assert set(endpoints(other)) == set(endpoints(private)) - {"codebuild", "ecr.api"} | {"bedrock-runtime"}


def test_interfaces_are_in_each_zone_under_the_services_own_names(private: Synthesised) -> None:
    subnets = set(private.resources("network", "AWS::EC2::Subnet"))
    for service, properties in endpoints(private).items():
        if service in ("s3", "dynamodb"):
            assert properties["VpcEndpointType"] == "Gateway"
            assert [table["Ref"] for table in properties["RouteTableIds"]] == list(
                private.resources("network", "AWS::EC2::RouteTable")
            )
            continue
        assert properties["VpcEndpointType"] == "Interface"
        assert properties["PrivateDnsEnabled"] is True
        assert {subnet["Ref"] for subnet in properties["SubnetIds"]} == subnets
        [group] = properties["SecurityGroupIds"]
        assert group["Fn::GetAtt"][0].startswith("PrivateEndpoints")


def test_every_policy_is_for_this_account_alone_and_short_enough(private: Synthesised) -> None:
    for service, properties in endpoints(private).items():
        for statement in statements(properties):
            if statement.get("Sid") == "CloudFormationAnswers":
                continue
            account = {"Ref": "AWS::AccountId"}
            assert statement["Condition"]["StringEquals"]["aws:PrincipalAccount"] == account, service
            assert all("*" not in action for action in listed(statement["Action"])), service
        assert len(json.dumps(properties["PolicyDocument"])) < LONGEST / 2, service


def test_s3_leads_to_the_environments_buckets_the_uploads_and_cloudformations_answers(private: Synthesised) -> None:
    resources = json.dumps([statement["Resource"] for statement in statements(endpoints(private)["s3"])])
    assert "arn:aws:s3:::rubric-dev-data-*" in resources
    assert "cdk-hnb659fds-assets-" in resources
    assert '"*"' not in resources and '"arn:aws:s3:::*"' not in resources
    [answers] = [each for each in statements(endpoints(private)["s3"]) if each.get("Sid") == "CloudFormationAnswers"]
    assert answers["Action"] == "s3:PutObject"
    assert answers["Resource"] == "arn:aws:s3:::cloudformation-custom-resource-response-useast1/*"


def test_the_endpoint_names_no_single_upload_which_changes_with_the_code(private: Synthesised) -> None:
    """This stack is updated before the one whose jobs read a new upload, and rolled back after it."""
    named = [
        resource["Fn::Join"][1][-1]
        for statement in statements(endpoints(private)["s3"])
        for resource in listed(statement["Resource"])
        if "cdk-hnb659fds-assets-" in json.dumps(resource) and "s3:GetObject" in listed(statement["Action"])
    ]
    assert named and set(named) == {"/*"}


def test_a_bucket_of_another_account_that_is_named_alike_is_not_reached(private: Synthesised) -> None:
    own = [each for each in statements(endpoints(private)["s3"]) if "rubric-dev-data-" in json.dumps(each["Resource"])]
    assert own
    for statement in own:
        assert statement["Condition"]["StringEquals"]["aws:ResourceAccount"] == {"Ref": "AWS::AccountId"}


def test_a_dataset_of_the_users_own_is_reached(other: Synthesised) -> None:
    found = statements(endpoints(other)["s3"])
    readable = [each for each in found if ":s3:::my-bucket/news/data.csv" in json.dumps(each["Resource"])]
    assert readable and "s3:GetObject" in listed(readable[0]["Action"])


def test_dynamodb_leads_to_the_environments_tables(private: Synthesised) -> None:
    for statement in statements(endpoints(private)["dynamodb"]):
        assert "table/Rubric-dev-Data-*" in json.dumps(statement["Resource"])


def test_in_somebody_elses_vpc_they_are_in_the_subnets_that_are_named(own_endpoints: Synthesised) -> None:
    found = endpoints(own_endpoints)
    assert found["s3"]["RouteTableIds"] == ["rtb-0123456789abcdef0"]
    assert found["sqs"]["SubnetIds"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    assert found["sqs"]["VpcId"] == "vpc-0123456789abcdef0"
    [group] = own_endpoints.resources("network", "AWS::EC2::SecurityGroup").values()
    assert [rule["SourceSecurityGroupId"] for rule in group["Properties"]["SecurityGroupIngress"]] == [
        "sg-0123456789abcdef1"
    ]
    assert own_endpoints.stacks.network is not None
    assert own_endpoints.stacks.network.stack_name == "Rubric-dev-Endpoints"


def test_where_the_vpc_has_them_none_is_made(existing: Synthesised) -> None:
    assert existing.stacks.network is None
    kinds = {resource["Type"] for resource in existing.everything().values()}
    assert not [kind for kind in kinds if kind.startswith("AWS::EC2::")]
