"""Tests policy evaluation against the IAM User Guide ("Policy evaluation logic", "Condition operators")."""

from typing import Any

import pytest

from local_aws.iam import AccessDeniedError, Decision, Request, Role, decide
from local_aws.iam.access import Documents
from local_aws.iam.principals import Caller, names_service

KEY = "arn:aws:kms:us-east-1:111122223333:key/k"
ROLE = "arn:aws:iam::111122223333:role/job"
CALLER = Caller("111122223333", ROLE, "arn:aws:sts::111122223333:assumed-role/job/SageMaker")
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def decided(
    *statements: dict[str, Any], action: str = "s3:GetObject", on: str | None = "arn:aws:s3:::b/a/1", **keys: Any
) -> Decision:
    context = {name.replace("__", ":").lower(): value for name, value in keys.items()}
    return decide([document(*statements)], Request(action, on, context))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], Decision.NOT_ALLOWED),
        ([allow()], Decision.ALLOWED),
        ([allow(), deny()], Decision.DENIED),
        ([deny(), allow()], Decision.DENIED),
        ([allow(), deny("s3:PutObject")], Decision.ALLOWED),
        ([allow("S3:getobject")], Decision.ALLOWED),
        ([allow(["s3:List*", "s3:Get*"])], Decision.ALLOWED),
        ([allow("s3:GetObjec?")], Decision.ALLOWED),
        ([allow("s3:Get?Object")], Decision.NOT_ALLOWED),
        ([allow("*")], Decision.ALLOWED),
        ([allow(resource="arn:aws:s3:::b/*")], Decision.ALLOWED),
        ([allow(resource="arn:aws:s3:::b")], Decision.NOT_ALLOWED),
        ([allow(resource="arn:aws:s3:::B/*")], Decision.NOT_ALLOWED),
        ([allow(resource=["arn:aws:s3:::c/*", "arn:aws:s3:::b/?/1"])], Decision.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}], Decision.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}], Decision.NOT_ALLOWED),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}], Decision.NOT_ALLOWED),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::c/*"}], Decision.ALLOWED),
    ],
)
def test_effects_actions_and_resources(statements: list[dict[str, Any]], expected: Decision) -> None:
    assert decided(*statements) is expected


def test_a_resource_that_is_not_known() -> None:
    assert decided(allow(resource="arn:aws:s3:::b/*"), on=None) is Decision.ALLOWED
    assert decided(allow(), deny(resource="arn:aws:s3:::b/*"), on=None) is Decision.ALLOWED
    assert decided(allow(), deny(), on=None) is Decision.DENIED


def test_a_policy_variable() -> None:
    statement = allow(resource="arn:aws:s3:::${aws:PrincipalAccount}/*")
    assert decided(statement, on="arn:aws:s3:::1/x", aws__principalaccount="1") is Decision.ALLOWED
    assert decided(statement, on="arn:aws:s3:::2/x", aws__principalaccount="*") is Decision.NOT_ALLOWED
    assert decided(statement, on="arn:aws:s3:::1/x") is Decision.NOT_ALLOWED
    assert decided(allow(resource="arn:aws:s3:::${no:key, '1'}/*"), on="arn:aws:s3:::1/x") is Decision.ALLOWED
    assert decided(allow(resource="arn:aws:s3:::${*}"), on="arn:aws:s3:::b") is Decision.NOT_ALLOWED


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["b", "a"], "a", True),
        ("StringEquals", "A", "a", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotEquals", ["a", "b"], "a", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringLike", "/aws/sagemaker/*", "/aws/sagemaker/TrainingJobs", True),
        ("StringNotLike", "/aws/*", "/aws/sagemaker", False),
        ("ArnLike", "arn:aws:states:*:*:stateMachine:a*", "arn:aws:states:r:1:stateMachine:ab", True),
        ("ArnLike", "arn:aws:states:*:stateMachine:a", "arn:aws:states:r:1:stateMachine:a", False),
        ("ArnEquals", "arn:aws:s3:::b", "arn:aws:s3:::b", True),
        ("ArnNotLike", "arn:aws:s3:::b*", "arn:aws:s3:::b", False),
        ("Bool", "true", "true", True),
        ("Bool", True, "true", True),
        ("Bool", "false", "true", False),
        ("NumericLessThanEquals", "3", "3", True),
        ("NumericGreaterThan", 3, "3", False),
        ("NumericEquals", "many", "3", False),
        ("Null", "false", "x", True),
        ("Null", "true", "x", False),
        ("ForAnyValue:StringEquals", ["a"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringEquals", ["a", "b", "c"], ["a", "b"], True),
    ],
)
def test_condition_operators(operator: str, wanted: Any, value: Any, holds: bool) -> None:
    statement = allow(Condition={operator: {"Aws:Key": wanted}})
    assert (decided(statement, aws__key=value) is Decision.ALLOWED) is holds


@pytest.mark.parametrize(
    ("operator", "wanted", "holds"),
    [
        ("StringEquals", "a", False),
        ("StringNotEquals", "a", True),
        ("StringEqualsIfExists", "a", True),
        ("StringNotEqualsIfExists", "a", True),
        ("Bool", "false", False),
        ("Null", "true", True),
        ("ForAllValues:StringEquals", "a", True),
        ("ForAnyValue:StringEquals", "a", False),
        ("ForAnyValue:StringNotEquals", "a", False),
    ],
)
def test_a_key_that_the_request_has_not(operator: str, wanted: Any, holds: bool) -> None:
    assert (decided(allow(Condition={operator: {"aws:key": wanted}})) is Decision.ALLOWED) is holds


def test_all_operators_and_keys_of_a_condition_hold() -> None:
    both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "StringLike": {"aws:c": "*"}}
    assert decided(allow(Condition=both), aws__a="1", aws__b="2", aws__c="x") is Decision.ALLOWED
    assert decided(allow(Condition=both), aws__a="1", aws__b="3", aws__c="x") is Decision.NOT_ALLOWED
    assert decided(allow(Condition=both), aws__a="1", aws__b="2") is Decision.NOT_ALLOWED


def test_an_operator_that_is_not_known_never_opens() -> None:
    unknown = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
    assert decided(allow(Condition=unknown)) is Decision.NOT_ALLOWED
    assert decided(allow(), deny(Condition=unknown)) is Decision.DENIED
    unmet = unknown | {"StringEquals": {"aws:a": "1"}}
    assert decided(allow(), deny(Condition=unmet), aws__a="2") is Decision.ALLOWED


def role(*identity: dict[str, Any], resource: Any = None, boundary: Any = None) -> Role:
    limits = None if boundary is None else [document(*boundary)]
    return Role(CALLER, Documents(lambda: [document(*identity)], lambda: limits, lambda arn: resource))


def why(checked: Role, action: str = "s3:GetObject", on: str = "arn:aws:s3:::b/a") -> str:
    """The end of the sentence; "" if the role has the permission."""
    try:
        checked.require(action, on)
    except AccessDeniedError as denied:
        start = f"User: {CALLER.session} is not authorized to perform: {action} on resource: {on} "
        assert denied.message.startswith(start)
        return denied.message.removeprefix(start)
    return ""


def test_the_sentences_of_a_refusal() -> None:
    assert why(role(allow())) == ""
    assert why(role()) == "because no identity-based policy allows the s3:GetObject action"
    assert why(role(allow(), deny())) == "with an explicit deny in an identity-based policy"
    assert why(role(allow(), boundary=[])) == "because no permissions boundary allows the s3:GetObject action"
    assert why(role(allow(), boundary=[allow()])) == ""
    of_bucket = document(deny(Principal="*"))
    assert why(role(allow(), resource=of_bucket)) == "with an explicit deny in a resource-based policy"


def test_a_bucket_that_wants_tls_is_content() -> None:
    insecure = deny("s3:*", Principal={"AWS": "*"}, Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert why(role(allow(), resource=document(insecure))) == ""


def test_a_bucket_policy_that_names_the_role_is_enough() -> None:
    assert why(role(resource=document(allow(Principal={"AWS": ROLE})))) == ""
    assert why(role(resource=document(allow(Principal=ROOT)))).startswith("because no identity-based policy")
    assert why(role(resource=document(allow(Principal={"AWS": ROLE + "-other"})))) != ""


def test_not_principal_denies_the_others() -> None:
    others = deny(NotPrincipal={"AWS": "arn:aws:iam::111122223333:role/other"})
    assert why(role(allow(), resource=document(others))) == "with an explicit deny in a resource-based policy"
    spared = deny(NotPrincipal={"AWS": ROLE})
    assert why(role(allow(), resource=document(spared))) == ""


def test_a_key_needs_its_own_policy_first() -> None:
    """KMS Developer Guide "Default key policy": the statement on the root lets the account's policies count."""
    delegating = document(allow("kms:*", Principal=ROOT))
    decrypt = allow("kms:Decrypt", KEY)
    assert why(role(decrypt, resource=delegating), "kms:Decrypt", KEY) == ""
    assert (
        why(role(resource=delegating), "kms:Decrypt", KEY)
        == "because no identity-based policy allows the kms:Decrypt action"
    )
    for policy in (None, document(allow("kms:*", Principal={"AWS": "arn:aws:iam::111122223333:role/admin"}))):
        refusal = why(role(decrypt, resource=policy), "kms:Decrypt", KEY)
        assert refusal == "because no resource-based policy allows the kms:Decrypt action"
    assert why(role(resource=document(allow("kms:*", Principal={"AWS": ROLE}))), "kms:Decrypt", KEY) == ""


@pytest.mark.parametrize(
    ("principal", "conditions", "expected"),
    [
        ({"Service": "sagemaker.amazonaws.com"}, {}, Decision.ALLOWED),
        ({"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]}, {}, Decision.ALLOWED),
        ({"Service": "lambda.amazonaws.com"}, {}, Decision.NOT_ALLOWED),
        (ROOT, {}, Decision.NOT_ALLOWED),
        ({"Service": "sagemaker.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": "1"}}, Decision.ALLOWED),
        ({"Service": "sagemaker.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": "2"}}, Decision.NOT_ALLOWED),
        ({"Service": "sagemaker.amazonaws.com"}, {"ArnLike": {"aws:SourceArn": "arn:aws:s:*:1:*"}}, Decision.ALLOWED),
    ],
)
def test_trust(principal: Any, conditions: dict[str, Any], expected: Decision) -> None:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": conditions}
    request = Request("sts:AssumeRole", ROLE, {"aws:sourceaccount": "1", "aws:sourcearn": "arn:aws:s:r:1:job/a"})
    speaks_of = names_service("sagemaker.amazonaws.com")
    assert decide([document(trust)], request, speaks_of=speaks_of) is expected
