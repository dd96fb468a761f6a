"""Tests providers, web identities, boundaries and quotas of IAM on a running server."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from local_aws_testing.server import Server, wait_for
from local_aws_testing.stacks import create, ended
from local_aws_testing.web_identity import GITHUB, assume, signed

SUBJECT = "repo:octo-org/octo-repo:environment:prod"
HOST = GITHUB.removeprefix("https://")
ACCOUNT = "000000000000"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bound"


def allowing(action: str, resource: Any = "*") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


def trusting(principal: dict[str, Any], action: str, conditions: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": conditions or {}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def events(server: Server, name: str) -> str:
    found = server.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(str(event.get("ResourceStatusReason", "")) for event in found)


@pytest.fixture(scope="module")
def stack(server: Server) -> Iterator[dict[str, str]]:
    """A provider, a role for one subject that may assume another, and one with a boundary."""
    condition = {"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": SUBJECT}}
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    resources: dict[str, Any] = {
        "Provider": {
            "Type": "AWS::IAM::OIDCProvider",
            "Properties": {"Url": GITHUB, "ClientIdList": ["sts.amazonaws.com"]},
        },
        "Bound": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"ManagedPolicyName": "bound", "PolicyDocument": allowing("s3:*")},
        },
        "Job": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "job",
                "AssumeRolePolicyDocument": trusting(
                    {"Federated": {"Fn::GetAtt": ["Provider", "Arn"]}}, "sts:AssumeRoleWithWebIdentity", condition
                ),
                "Policies": [
                    {
                        "PolicyName": "p",
                        "PolicyDocument": allowing("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/next"),
                    }
                ],
            },
        },
        **{
            name.capitalize(): {
                "Type": "AWS::IAM::Role",
                "DependsOn": "Bound",
                "Properties": {
                    "RoleName": name,
                    "AssumeRolePolicyDocument": trusting(account, "sts:AssumeRole"),
                    "PermissionsBoundary": BOUNDARY,
                    "Policies": [{"PolicyName": "p", "PolicyDocument": allowing("sts:AssumeRole")}],
                },
            }
            for name in ("next", "other")
        },
    }
    create(server, "identity", resources, Capabilities=["CAPABILITY_NAMED_IAM"])
    assert ended(server, "identity")["StackStatus"] == "CREATE_COMPLETE", events(server, "identity")
    yield {name: f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("job", "next", "other")}
    server.client("cloudformation").delete_stack(StackName="identity")
    providers = server.client("iam").list_open_id_connect_providers
    wait_for(lambda: not providers()["OpenIDConnectProviderList"], what="the provider to go", seconds=30)


def test_a_token_of_the_subject_takes_the_role(server: Server, stack: dict[str, str]) -> None:
    answer = assume(server, stack["job"], signed(SUBJECT, key=server.access_key))
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/job/job"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "repo:octo-org/octo-repo:environment:dev"}, "AccessDenied"),
        ({"subject": "repo:fork/octo-repo:environment:prod"}, "AccessDenied"),
        ({"subject": "repo:octo-org@1/octo-repo@2:environment:prod"}, "AccessDenied"),
        ({"subject": f"{SUBJECT}:more"}, "AccessDenied"),
        ({"audience": "https://github.com/octo-org"}, "InvalidIdentityToken"),
        ({"issuer": "https://token.example.com"}, "InvalidIdentityToken"),
        ({"key": "another"}, "InvalidIdentityToken"),
        ({"seconds": -1}, "ExpiredTokenException"),
    ],
)
def test_another_token_does_not(server: Server, stack: dict[str, str], change: dict[str, Any], code: str) -> None:
    made = signed(**{"subject": SUBJECT, "key": server.access_key, **change})
    with pytest.raises(ClientError) as caught:
        assume(server, stack["job"], made)
    assert caught.value.response["Error"]["Code"] == code


def test_a_role_that_names_no_provider_is_not_taken(server: Server, stack: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        assume(server, stack["next"], signed(SUBJECT, key=server.access_key))


def test_a_session_is_not_longer_than_the_role_says(server: Server, stack: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="exceeds the MaxSessionDuration"):
        assume(server, stack["job"], signed(SUBJECT, key=server.access_key), DurationSeconds=7200)


def session(server: Server, credentials: dict[str, str]) -> Any:
    return boto3.client(
        "sts",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_a_session_assumes_only_what_its_role_may(server: Server, stack: dict[str, str]) -> None:
    sts = session(server, assume(server, stack["job"], signed(SUBJECT, key=server.access_key))["Credentials"])
    taken = sts.assume_role(RoleArn=stack["next"], RoleSessionName="step")["Credentials"]
    with pytest.raises(ClientError, match="no identity-based policy allows the sts:AssumeRole action"):
        sts.assume_role(RoleArn=stack["other"], RoleSessionName="step")
    with pytest.raises(ClientError, match="no permissions boundary allows the sts:AssumeRole action"):
        session(server, taken).assume_role(RoleArn=stack["other"], RoleSessionName="step")


def test_a_stacks_role_has_its_boundary(server: Server, stack: dict[str, str]) -> None:
    role = server.client("iam").get_role(RoleName="next")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY


def test_no_other_call_comes_without_a_key(server: Server) -> None:
    for body in ("Action=GetCallerIdentity", "Action=CreateUser&UserName=x", "Action=AssumeRole&Action=CreateUser"):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = requests.post(server.url, data=body, headers=form, timeout=30)
        assert answer.status_code == 403, body


def test_a_page_brings_no_token(server: Server, stack: dict[str, str]) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://example.com"}
    body = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": stack["job"]}
    assert requests.post(server.url, data=body, headers=form, timeout=30).status_code == 403


def test_a_second_provider_of_an_issuer_is_refused(server: Server, stack: dict[str, str]) -> None:
    provider = {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": GITHUB, "ClientIdList": ["x"]}}
    create(server, "second", {"Provider": provider})
    assert ended(server, "second")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "already exists" in events(server, "second")
    assert server.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]


def test_iams_quotas_of_managed_policies_hold(server: Server) -> None:
    iam = server.client("iam")
    long = allowing("s3:GetObject", [f"arn:aws:s3:::bucket-{number}/*" for number in range(300)])
    with pytest.raises(iam.exceptions.LimitExceededException, match="PolicySize: 6144"):
        iam.create_policy(PolicyName="long", PolicyDocument=json.dumps(long))
    role = iam.create_role(
        RoleName="full", AssumeRolePolicyDocument=json.dumps(trusting({"AWS": "*"}, "sts:AssumeRole"))
    )
    for number in range(11):
        made = iam.create_policy(PolicyName=f"one-{number}", PolicyDocument=json.dumps(allowing("s3:GetObject")))
        if number < 10:
            iam.attach_role_policy(RoleName=role["Role"]["RoleName"], PolicyArn=made["Policy"]["Arn"])
    with pytest.raises(iam.exceptions.LimitExceededException, match="PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName="full", PolicyArn=made["Policy"]["Arn"])
