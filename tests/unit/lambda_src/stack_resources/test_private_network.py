"""Tests private_network/."""

from __future__ import annotations

import boto3
import pytest

from lambda_src.common import aws
from lambda_src.stack_resources.private_network import handler as private_network
from lambda_src.stack_resources.private_network import logic
from tests.unit.lambda_src.conftest import Context

EVENT = {
    "RequestType": "Create",
    "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/Rubric-dev-Network/1f6b",
    "RequestId": "r",
    "LogicalResourceId": "Facts",
}
LISTS = {"com.amazonaws.us-east-1.s3": "pl-63a5400a", "com.amazonaws.us-east-1.dynamodb": "pl-02cd2c6b"}


class Lists:
    """EC2's paginator of prefix lists; moto has lists of its own that it makes up."""

    def __init__(self, known=None):
        self.known = LISTS if known is None else known

    def paginate(self, *, Filters):
        [wanted] = Filters
        assert wanted["Name"] == "prefix-list-name"
        found = [(name, each) for name, each in self.known.items() if name in wanted["Values"]]
        for name, each in found:
            yield {"PrefixLists": [{"PrefixListName": name, "PrefixListId": each}]}


@pytest.fixture
def group(account):
    """A VPC's default group, with a rule of somebody's beside EC2's own."""
    ec2 = boto3.client("ec2", region_name="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    [found] = ec2.describe_security_groups(Filters=wanted)["SecurityGroups"]
    ec2.authorize_security_group_ingress(
        GroupId=found["GroupId"], IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return found["GroupId"]


@pytest.fixture
def ask(monkeypatch, cfn_answers, group):
    url, answers = cfn_answers

    def run(kind="Create", *, known=None):
        client = aws.client("ec2")
        monkeypatch.setattr(client, "get_paginator", lambda name: Lists(known))
        event = {**EVENT, "RequestType": kind, "ResponseURL": url, "ResourceProperties": {"DefaultGroup": group}}
        private_network.handler(event, Context())
        return answers[-1]

    return run


def rules(group):
    [found] = boto3.client("ec2", region_name="us-east-1").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return found["IpPermissions"], found["IpPermissionsEgress"]


def test_the_default_group_has_no_rule_left_and_the_lists_are_told(ask, group):
    assert all(rules(group))
    answer = ask()
    assert rules(group) == ([], [])
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "network-1f6b-Facts")
    assert answer["Data"] == {"S3PrefixList": "pl-63a5400a", "DynamoDBPrefixList": "pl-02cd2c6b"}


def test_an_update_finds_an_empty_group_and_takes_what_was_added(ask, group):
    ask()
    assert ask("Update")["Status"] == "SUCCESS"
    boto3.client("ec2", region_name="us-east-1").authorize_security_group_egress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    assert ask("Update")["Status"] == "SUCCESS"
    assert rules(group) == ([], [])


def test_a_deletion_leaves_the_group_to_the_vpc(ask, group):
    before = rules(group)
    assert ask("Delete")["Status"] == "SUCCESS"
    assert rules(group) == before


def test_a_region_without_a_list_is_named(ask, group):
    answer = ask(known={"com.amazonaws.us-east-1.s3": "pl-63a5400a"})
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "PrefixListMissing: EC2 has no prefix list com.amazonaws.us-east-1.dynamodb"
    assert all(rules(group))


def test_the_filter_has_both_names():
    with pytest.raises(logic.PrefixListMissing, match=r"eu-central-1\.s3"):

        class Client:
            def get_paginator(self, name):
                assert name == "describe_managed_prefix_lists"
                return Lists()

        logic.prefix_lists(Client(), region="eu-central-1")
