"""How an account's values differ from a template's."""

from typing import Any

import pytest

from ops.stack_drift import comparing
from ops.stack_drift.expected import UNKNOWN

STATEMENT = {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "r"}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"A": 1}, {"A": 1, "B": 2}),  # the template says nothing of B
        ({"A": "1"}, {"A": 1}),
        ({"A": True}, {"A": "true"}),
        ({"A": 1}, {"A": 1.0}),
        ({"A": ["x", "y"]}, {"A": ["y", "x"]}),
        ({"A": [{"Name": "x", "V": 1}, {"Name": "y"}]}, {"A": [{"Name": "y"}, {"Name": "x", "V": 1, "W": 2}]}),
        ({"A": f"arn:{UNKNOWN}:b"}, {"A": "arn:anything:b"}),
        ({"A": UNKNOWN}, {}),
        ({"A": []}, {}),
    ],
)
def test_no_difference(expected: Any, actual: Any) -> None:
    assert list(comparing.differences(expected, actual)) == []


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"A": {"B": 1}}, {"A": {"B": 2}}, ("A.B", "1", "2")),
        ({"A": 1}, {}, ("A", "1", "")),
        ({"A": [{"Name": "x", "V": 1}]}, {"A": [{"Name": "x", "V": 2}]}, ("A[x].V", "1", "2")),
        ({"A": [{"Name": "x"}]}, {"A": [{"Name": "x"}, {"Name": "y"}]}, ("A[y]", "", '{"Name": "y"}')),
        ({"A": ["x"]}, {"A": ["x", "x"]}, ("A", '["x"]', '["x", "x"]')),
        ({"A": f"arn:{UNKNOWN}:b"}, {"A": "arn:anything:c"}, ("A", f"arn:{UNKNOWN}:b", "arn:anything:c")),
        ({"A": False}, {"A": True}, ("A", "false", "true")),
    ],
)
def test_a_difference(expected: Any, actual: Any, found: tuple[str, str, str]) -> None:
    (one,) = comparing.differences(expected, actual)
    assert (one.path, one.expected, one.actual) == found


@pytest.mark.parametrize(
    "actual",
    [
        {"Statement": [{**STATEMENT, "Action": ["a:C", "a:B"]}]},
        {"Statement": STATEMENT},
        '{"Statement": [{"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": ["r"]}]}',
    ],
)
def test_policies_that_say_the_same(actual: Any) -> None:
    assert list(comparing.policy({"Statement": [STATEMENT]}, actual)) == []


def test_a_policy_s_statement_that_is_gone_changed_or_new() -> None:
    def sides(actual: Any) -> list[tuple[bool, bool]]:
        return [(bool(d.expected), bool(d.actual)) for d in comparing.policy({"Statement": [STATEMENT]}, actual)]

    assert sides(None) == [(True, False)]
    assert sides({"Statement": [STATEMENT, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}) == [(False, True)]
    loosened = {**STATEMENT, "Condition": {"Bool": {"a": "b"}}}
    assert sides({"Statement": [loosened]}) == [(True, False), (False, True)]
