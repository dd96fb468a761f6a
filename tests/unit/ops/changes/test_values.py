"""Values of templates in words, and their differences."""

from typing import Any

import pytest

from ops.changes import values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        ({"Ref": "A"}, "${A}"),
        ({"Fn::GetAtt": ["A", "Arn"]}, "${A.Arn}"),
        ({"Fn::GetAtt": "A.Arn"}, "${A.Arn}"),
        ({"Fn::Join": ["/", ["a", {"Ref": "B"}]]}, "a/${B}"),
        ({"Fn::Sub": "x-${A}"}, "x-${A}"),
        ({"Fn::Sub": ["x-${A}-${B}", {"A": {"Ref": "C"}}]}, "x-${C}-${B}"),
        ({"Fn::ImportValue": "S:E"}, "${import S:E}"),
        ({"Fn::If": ["C", 1, 2]}, '{"Fn::If": ["C", 1, 2]}'),
        ([1, True], "[1, true]"),
    ],
)
def test_text(value: Any, expected: str) -> None:
    assert values.text(value) == expected


def test_differences_go_as_deep_as_both_have_the_same_form() -> None:
    old = {"a": {"b": 1, "c": [1, 2]}, "d": {"Ref": "A"}, "e": 1}
    new = {"a": {"b": 2, "c": [1]}, "d": {"Ref": "B"}, "e": True}
    assert [(".".join(path), left, right) for path, left, right in values.differences(old, new)] == [
        ("a.b", 1, 2),
        ("a.c", [1, 2], [1]),
        ("d", {"Ref": "A"}, {"Ref": "B"}),
        ("e", 1, True),
    ]


def test_references_have_the_path_of_their_property() -> None:
    value = {"A": {"B": [{"Fn::Join": ["", ["x", {"Ref": "One"}]]}]}, "C": {"Fn::Sub": "${Two.Arn}/${!No}"}}
    assert sorted(values.referenced(value)) == [(("A", "B", "0", "1", "1"), "One"), (("C",), "Two")]


def test_long_values_are_cut_around_the_difference() -> None:
    old, new = "x" * 500 + "old", "x" * 500 + "new"
    assert values.shortened(old, new).endswith("old") and len(values.shortened(old, new)) < 110
    assert values.shortened(values.ABSENT, new) == "nothing"


def test_hashes_of_a_build_are_left_out() -> None:
    text = f"s3/{'a' * 64}.zip ${{FunctionCurrentVersion0123ABCD{'0' * 32}.Arn}}"
    assert values.without_hashes(text) == "s3/<asset>.zip ${FunctionCurrentVersion0123ABCD.Arn}"
