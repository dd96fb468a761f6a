"""Tests the local Bedrock's rule and refusals; tests/live/patches/test_bedrock.py tests it over HTTP."""

from typing import Any

import pytest

from local_aws.common.errors import ApiError
from local_aws.patches import bedrock

NOVA = "amazon.nova-micro-v1:0"


def request(text: str = "a", **changes: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"label": {"enum": ["A b", "C"]}}, "required": ["label"]}
    tools = [{"toolSpec": {"name": "t", "inputSchema": {"json": schema}}}]
    config = {"tools": tools, "toolChoice": {"any": {}}}
    return {"messages": [{"role": "user", "content": [{"text": text}]}], "toolConfig": config, **changes}


@pytest.mark.parametrize(
    ("values", "text", "expected"),
    [
        (["A b", "C"], "a c c", "C"),
        (["A b", "C"], "b a c c", "A b"),
        (["A b", "C"], "", bedrock.best(["A b", "C"], "")),
    ],
)
def test_the_value_whose_words_occur_most(values: list[str], text: str, expected: str) -> None:
    assert bedrock.best(values, text) == expected


def test_any_tool_is_the_first_one() -> None:
    answer = bedrock.answer("mistral.mistral-large-2402-v1:0", request("c"))
    [block] = answer["output"]["message"]["content"]
    assert (block["toolUse"]["name"], block["toolUse"]["input"]) == ("t", {"label": "C"})


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("nobody.x", {}),
        (NOVA, {"messages": []}),
        (NOVA, {"toolConfig": {"tools": [], "toolChoice": {"any": {}}}}),
        (NOVA, {"inferenceConfig": {"maxTokens": 0}}),
        (NOVA, {"unknown": 1}),
    ],
)
def test_refused(model: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as raised:
        bedrock.answer(model, request(**changes))
    assert raised.value.code == "ValidationException"


def test_a_body_that_is_no_object_is_left_to_ministack() -> None:
    assert bedrock._parsed(b"[]") is None
    assert bedrock._parsed(b"{") is None
