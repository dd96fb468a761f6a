"""What opens a resource without a policy document."""

from typing import Any

import pytest

from ops.changes.permissions.openings import opened

BLOCKED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
ROLE, BUCKET, ROUTE = "AWS::IAM::Role", "AWS::S3::Bucket", "AWS::ApiGatewayV2::Route"
GROUP, PROVIDER = "AWS::EC2::SecurityGroup", "AWS::IAM::OIDCProvider"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
JWT = {"Issuer": "i", "Audience": ["a"]}


def template(kind: str, properties: dict[str, Any] | None) -> dict[str, Any]:
    return {"Resources": {} if properties is None else {"R": {"Type": kind, "Properties": properties}}}


@pytest.mark.parametrize(
    ("kind", "before", "after", "note"),
    [
        (ROLE, {}, {"ManagedPolicyArns": [ADMINISTRATOR]}, "AdministratorAccess"),
        (ROLE, {"PermissionsBoundary": "b"}, {}, "loses its permissions boundary b"),
        (ROLE, {"PermissionsBoundary": "b"}, {"PermissionsBoundary": "c"}, "boundary is c instead of b"),
        (BUCKET, {"PublicAccessBlockConfiguration": BLOCKED}, {}, None),  # blocked by default
        (
            BUCKET,
            {"PublicAccessBlockConfiguration": BLOCKED},
            {"PublicAccessBlockConfiguration": {**BLOCKED, "BlockPublicPolicy": False}},
            "BlockPublicPolicy",
        ),
        (BUCKET, None, {"PublicAccessBlockConfiguration": {}}, "does not set BlockPublicAcls"),
        (ROUTE, {"AuthorizationType": "CUSTOM"}, {"RouteKey": "GET /a"}, "GET /a takes requests without authorization"),
        (ROUTE, None, {"RouteKey": "GET /a"}, "without authorization"),
        (ROUTE, {"AuthorizationType": "CUSTOM"}, {"AuthorizationType": "JWT"}, "by JWT instead of CUSTOM"),
        (
            "AWS::ApiGatewayV2::Authorizer",
            {"JwtConfiguration": JWT},
            {"JwtConfiguration": {**JWT, "Audience": ["a", "b"]}},
            "accepts other tokens",
        ),
        (GROUP, {}, {"SecurityGroupIngress": [{"CidrIp": "0.0.0.0/0", "FromPort": 443}]}, "0.0.0.0/0"),
        (GROUP, {"SecurityGroupEgress": [{"CidrIp": "127.0.0.1/32"}]}, {}, "lets everything out"),
        (GROUP, None, {}, "lets everything out"),
        ("AWS::EC2::SecurityGroupEgress", None, {"CidrIp": "10.0.0.0/8"}, "10.0.0.0/8"),
        ("AWS::Lambda::Url", None, {"AuthType": "NONE"}, "function URL"),
        (PROVIDER, None, {"Url": "https://token"}, "trusts tokens of https://token"),
        (PROVIDER, {"ClientIdList": ["a"]}, {"ClientIdList": ["a", "b"]}, "accepts the audience b"),
        ("AWS::Lambda::Function", {"Role": "a"}, {"Role": "b"}, "runs as b instead of a"),
    ],
)
def test_it_is_told(kind: str, before: Any, after: Any, note: str | None) -> None:
    found = opened(template(kind, before), template(kind, after))
    assert [note in each.note for each in found if note] == ([True] if note else [])
    assert bool(found) is bool(note)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (ROLE, {"ManagedPolicyArns": ["x", "y"]}, {"ManagedPolicyArns": ["y"]}),
        (ROLE, {}, {"PermissionsBoundary": "b"}),
        (BUCKET, {}, {"PublicAccessBlockConfiguration": BLOCKED}),
        (ROUTE, {}, {"AuthorizationType": "NONE"}),
        (
            GROUP,
            {"SecurityGroupEgress": [{"CidrIp": "a"}, {"CidrIp": "b"}]},
            {"SecurityGroupEgress": [{"CidrIp": "a"}]},
        ),
        (
            GROUP,
            {"SecurityGroupIngress": [{"CidrIp": "a"}]},
            {"SecurityGroupIngress": [{"CidrIp": "a", "Description": "d"}]},
        ),
    ],
)
def test_what_stays_or_closes_is_not_told(kind: str, before: Any, after: Any) -> None:
    found = opened(template(kind, before), template(kind, after))
    assert found == []
