"""Converse with a forced tool, through boto3 against a running server."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from local_aws_testing.server import Server

NOVA = "amazon.nova-micro-v1:0"
LABELS = ["Business", "Health", "Science and Technology"]


def converse(server: Server, text: str, *, model: str = NOVA, **changes: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": LABELS}, "note": {"type": "string"}},
        "required": ["label"],
    }
    tool = {"name": "classify", "description": "Records the label.", "inputSchema": {"json": schema}}
    request = {
        "modelId": model,
        "system": [{"text": "Business Business Business"}],
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": 10, "temperature": 0.0},
        "toolConfig": {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": "classify"}}},
    }
    return dict(server.client("bedrock-runtime").converse(**{**request, **changes}))


def label(answer: dict[str, Any]) -> str:
    [block] = answer["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "classify"
    assert set(block["toolUse"]["input"]) == {"label"}
    return str(block["toolUse"]["input"]["label"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New study of public health", "Health"),
        ("BUSINESS as usual", "Business"),
        ("science, technology and business", "Science and Technology"),
    ],
)
def test_the_tool_is_used_with_the_label_that_the_text_names(server: Server, text: str, expected: str) -> None:
    answer = converse(server, text)
    assert label(answer) == expected
    assert answer["stopReason"] == "tool_use"
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"]
    assert answer["metrics"]["latencyMs"] >= 1


def test_a_text_that_names_none_gets_one_and_always_the_same(server: Server) -> None:
    texts = [f"headline {number}" for number in range(12)]
    first = [label(converse(server, text)) for text in texts]
    assert first == [label(converse(server, text)) for text in texts]
    assert set(first) == set(LABELS)


@pytest.mark.parametrize("model", ["us.amazon.nova-lite-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"])
def test_inference_profiles_and_claude(server: Server, model: str) -> None:
    assert label(converse(server, "health", model=model)) == "Health"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "meta.llama3-1-8b-instruct-v1:0"}, "doesn't support the toolConfig.toolChoice.tool field"),
        ({"model": "nobody.has-this-v1:0"}, "The provided model identifier is invalid."),
        ({"messages": [{"role": "assistant", "content": [{"text": "a"}]}]}, "must end with a user message"),
        ({"inferenceConfig": {"temperature": 7.0}}, "Member must have value less than or equal to 1"),
    ],
)
def test_what_bedrock_refuses(server: Server, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as raised:
        converse(server, "health", **changes)
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_tool_that_is_not_there_cannot_be_forced(server: Server) -> None:
    tools = [{"toolSpec": {"name": "other", "inputSchema": {"json": {"type": "object"}}}}]
    with pytest.raises(ClientError, match="is not one of"):
        converse(server, "a", toolConfig={"tools": tools, "toolChoice": {"tool": {"name": "classify"}}})


def test_without_a_forced_tool_the_answer_is_text(server: Server) -> None:
    tools = [{"toolSpec": {"name": "other", "inputSchema": {"json": {"type": "object"}}}}]
    answer = converse(server, "a", toolConfig={"tools": tools})
    assert answer["stopReason"] == "end_turn"
    assert answer["output"]["message"]["content"][0]["text"]
    plain = server.client("bedrock-runtime").converse(
        modelId=NOVA, messages=[{"role": "user", "content": [{"text": "hello"}]}]
    )
    assert plain["output"]["message"]["content"][0]["text"].startswith("[ministack mock")


def test_the_client_refuses_an_empty_tool_list_itself(server: Server) -> None:
    with pytest.raises(ParamValidationError):
        converse(server, "a", toolConfig={"tools": []})
