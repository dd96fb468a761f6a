"""Permissions that widen or narrow between two templates, by the part in which they go further."""

from copy import deepcopy
from typing import Any

import pytest

from ops.changes import review
from ops.changes.permissions.widening import Permission

HASH, OTHER_HASH = "a" * 64, "b" * 64


def template(*statements: Any, **resources: Any) -> dict[str, Any]:
    """A role with a policy of these statements, and other resources."""
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
                ]
            }
        },
    }
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "p",
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": {"Statement": list(statements)},
        },
    }
    return {"Resources": {"Role": role, "Policy": policy, **resources}}


def allow(action: Any = "s3:GetObject", resource: Any = "a/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def widened(before: dict[str, Any], after: dict[str, Any]) -> list[Permission]:
    return list(review.of_stack("S", before=before, after=after).widened)


CONDITION = {"StringEquals": {"aws:SourceAccount": "1"}}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        ([allow()], [allow(["s3:GetObject", "s3:PutObject"])], "action added"),
        ([allow()], [allow(resource=["a/*", "b/*"])], "resource added"),
        ([allow(Condition=CONDITION)], [allow()], "condition loosened"),
        ([allow()], [allow(), allow("iam:CreateRole", "*")], "new permission"),
        ([allow(), DENY], [allow()], "Deny gone"),
        ([allow(), DENY], [allow(), {**DENY, "Action": "s3:Get*"}], "Deny gone"),
    ],
)
def test_what_widens_says_in_which_part(before: list[Any], after: list[Any], how: str) -> None:
    (found,) = widened(template(*before), template(*after))
    assert (found.how, found.holder) == (how, "role ${Role}")


def test_a_condition_that_goes_is_named() -> None:
    (found,) = widened(template(allow(Condition=CONDITION)), template(allow()))
    assert found.dropped == ("StringEquals aws:sourceaccount 1",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([allow(["a:B", "a:C"])], [allow("a:B"), allow("a:C")]),  # split by the CDK
        ([allow("a:B"), allow("a:C")], [allow(["a:C", "a:B"])]),  # merged by it
        ([allow("a:*")], [allow("a:B")]),
        ([allow()], [allow(Condition=CONDITION)]),
        ([allow(resource=f"x/{HASH}.zip")], [allow(resource=f"x/{OTHER_HASH}.zip")]),  # another build
        ([allow()], [allow(), DENY]),
        ([allow(), DENY], [allow(), {**DENY, "Action": "*"}]),
    ],
)
def test_what_says_the_same_or_less_does_not_widen(before: list[Any], after: list[Any]) -> None:
    assert widened(template(*before), template(*after)) == []


def test_a_policy_under_another_logical_id_is_the_same_permission() -> None:
    before, after = template(allow()), template(allow())
    after["Resources"]["Another"] = after["Resources"].pop("Policy")
    assert widened(before, after) == []


def test_what_narrows_is_listed_too() -> None:
    found = review.of_stack("S", before=template(allow(["a:B", "a:C"])), after=template(allow("a:B"), DENY)).narrowed
    assert [(each.how, each.effect, each.actions) for each in found] == [
        ("narrower", "Allow", ("a:C",)),
        ("narrower", "Deny", ("s3:*",)),
    ]


def test_a_new_role_shows_whom_it_trusts_and_what_it_may() -> None:
    found = widened({"Resources": {}}, template(allow()))
    assert {(each.how, each.holder) for each in found} == {
        ("new holder", "role ${Role}"),
        ("new holder", "trust of role ${Role}"),
    }


def test_a_trust_policy_that_opens() -> None:
    before, after = template(), template()
    trust = after["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    trust.append({**trust[0], "Principal": {"AWS": "arn:aws:iam::999999999999:root"}})
    (found,) = widened(before, after)
    assert (found.how, found.marks) == ("principal added", ("another account",))


PERMISSION: dict[str, Any] = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": {"Fn::Join": ["", ["arn:aws:execute-api:::", {"Ref": "Api"}, "/*/GET/v1/a"]]},
    },
}


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({"SourceArn": {"Fn::Join": ["", ["arn:aws:execute-api:::", {"Ref": "Api"}, "/*"]]}}, "condition loosened"),
        ({"SourceArn": None}, "condition loosened"),
        ({"Principal": "*"}, "principal added"),
    ],
)
def test_a_lambda_permission_that_opens(change: dict[str, Any], how: str) -> None:
    after = deepcopy(PERMISSION)
    after["Properties"] = {key: value for key, value in {**after["Properties"], **change}.items() if value}
    (found,) = widened({"Resources": {"P": PERMISSION}}, {"Resources": {"P": after}})
    assert found.how == how


def test_a_lambda_permission_that_narrows_or_moves_does_not_widen() -> None:
    after = deepcopy(PERMISSION)
    after["Properties"]["SourceAccount"] = {"Ref": "AWS::AccountId"}
    assert widened({"Resources": {"P": PERMISSION}}, {"Resources": {"Q": after}}) == []


def bucket_policy(*statements: Any) -> dict[str, Any]:
    properties = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": list(statements)}}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": properties}


def test_a_bucket_policy_that_goes_takes_its_deny_along_unless_the_bucket_goes_too() -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {}}
    before = {"Resources": {"Bucket": bucket, "P": bucket_policy({**DENY, "Principal": "*"})}}
    (found,) = widened(before, {"Resources": {"Bucket": bucket}})
    assert (found.how, found.holder) == ("Deny gone", "policy of ${Bucket}")
    assert widened(before, {"Resources": {}}) == []


def test_a_resource_policy_that_lets_anyone_in_is_marked() -> None:
    opened = bucket_policy(allow(Principal="*"))
    found = widened({"Resources": {}}, {"Resources": {"P": opened}})
    assert [each.marks for each in found] == [("anyone",)]


def test_policies_deep_in_properties_and_in_conditions_count() -> None:
    def table(*statements: Any) -> dict[str, Any]:
        document = {"Statement": list(statements)}
        properties = {"Replicas": [{"Region": "r", "ResourcePolicy": {"PolicyDocument": document}}]}
        return {"Resources": {"T": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}}}

    either = {"Fn::If": ["C", allow(Principal="*"), {"Ref": "AWS::NoValue"}]}
    (found,) = widened(table(), table(either))
    assert found.holder == "policy of ${T}"


def test_a_vpc_endpoint_without_a_policy_lets_everything_through() -> None:
    def endpoint(**properties: Any) -> dict[str, Any]:
        return {"Resources": {"E": {"Type": "AWS::EC2::VPCEndpoint", "Properties": properties}}}

    (found,) = widened(endpoint(PolicyDocument={"Statement": [allow(Principal="*")]}), endpoint())
    assert "any action" in found.marks
