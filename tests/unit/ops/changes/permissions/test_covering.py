"""Whether one grant covers another: patterns, conditions, negations; in doubt the answer is no."""

from typing import Any

import pytest

from ops.changes.permissions.covering import covers
from ops.changes.permissions.grants import Grant, of_document


def grant(**statement: Any) -> Grant:
    full = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "a/*", **statement}
    (only,) = of_document({"Statement": full}, holder="role R")
    return only


def negated(name: str, values: Any, **statement: Any) -> Grant:
    full = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "a/*", f"Not{name}": values, **statement}
    del full[name]
    (only,) = of_document({"Statement": full}, holder="role R")
    return only


IS = "StringEquals"
YES = [
    (grant(), grant()),
    (grant(Action="s3:Get*"), grant()),
    (grant(Action="S3:getobject"), grant()),
    (grant(), grant(Resource="a/b/*")),
    (grant(Resource="*"), grant(Resource="a/?")),
    (grant(Principal="*"), grant(Principal={"AWS": "arn:aws:iam::111122223333:root"})),
    (grant(Principal={"AWS": "*"}), grant(Principal="*")),
    (grant(), grant(Condition={IS: {"aws:x": "1"}})),
    (grant(Condition={IS: {"aws:x": ["1", "2"]}}), grant(Condition={IS: {"aws:X": "2"}})),
    (grant(Condition={"StringLike": {"aws:x": "a*"}}), grant(Condition={IS: {"aws:x": "ab"}})),
    (grant(Condition={"ArnLike": {"aws:x": "arn:*"}}), grant(Condition={"ArnLike": {"aws:x": "arn:1"}})),
    (grant(Condition={"StringNotEquals": {"aws:x": "1"}}), grant(Condition={"StringNotEquals": {"aws:x": ["1", "2"]}})),
    (grant(Condition={f"{IS}IfExists": {"aws:x": "1"}}), grant(Condition={IS: {"aws:x": "1"}})),
    (grant(Condition={"Bool": {"aws:x": True}}), grant(Condition={"Bool": {"aws:x": "true"}})),
    (negated("Action", ["iam:*"]), grant()),
    (negated("Action", ["iam:*"]), negated("Action", ["iam:*", "s3:*"])),
    (negated("Resource", "b/*"), grant()),
]
NO = [
    (grant(), grant(Action="s3:Get*")),
    (grant(), grant(Action=["s3:PutObject"])),
    (grant(Resource="a/?"), grant(Resource="a/*")),
    (grant(), grant(Resource="b/*")),
    (grant(), grant(Effect="Deny")),
    (grant(Principal={"Service": "a.amazonaws.com"}), grant(Principal={"Service": "b.amazonaws.com"})),
    (grant(Principal={"AWS": "arn:aws:iam::111122223333:root"}), grant(Principal="*")),
    (grant(Condition={IS: {"aws:x": "1"}}), grant()),
    (grant(Condition={IS: {"aws:x": "1"}}), grant(Condition={IS: {"aws:x": ["1", "2"]}})),
    (grant(Condition={IS: {"aws:x": "1"}}), grant(Condition={IS: {"aws:y": "1"}})),
    (grant(Condition={IS: {"aws:x": "a"}}), grant(Condition={"StringLike": {"aws:x": "a*"}})),
    (grant(Condition={IS: {"aws:x": "1"}}), grant(Condition={f"{IS}IfExists": {"aws:x": "1"}})),
    (grant(Condition={"StringNotEquals": {"aws:x": ["1", "2"]}}), grant(Condition={"StringNotEquals": {"aws:x": "1"}})),
    (grant(Condition={"NumericLessThan": {"aws:x": 5}}), grant(Condition={"NumericLessThan": {"aws:x": 9}})),
    (
        grant(Condition={f"ForAllValues:{IS}": {"aws:x": ["1", "2"]}}),
        grant(Condition={f"ForAllValues:{IS}": {"aws:x": ["1"]}}),
    ),
    (negated("Action", ["s3:*"]), grant()),
    (negated("Action", ["s3:*"]), grant(Action="*")),
    (negated("Action", ["iam:*", "s3:*"]), negated("Action", ["iam:*"])),
    (grant(Action="s3:*"), negated("Action", ["iam:*"])),
    (negated("Resource", "a/*"), grant(Resource="a/b")),
]


@pytest.mark.parametrize(("old", "new"), YES)
def test_it_says_all_that_the_other_says(old: Grant, new: Grant) -> None:
    assert covers(old, new)


@pytest.mark.parametrize(("old", "new"), NO)
def test_the_other_goes_beyond_it(old: Grant, new: Grant) -> None:
    assert not covers(old, new)


def test_a_grant_of_another_holder_covers_nothing() -> None:
    (other,) = of_document({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, holder="role S")
    assert not covers(other, grant())
