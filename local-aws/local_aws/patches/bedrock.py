"""Answer a Bedrock Converse call that forces a tool with that tool, chosen by a rule instead of a model.

MiniStack answers every Converse call with a sentence, even if the request forces a tool.

The rule: for each required argument with an enumeration, pick the value whose words occur most often in the last text
of the conversation; if none occurs, pick one that depends only on the text. This is not a classifier. Requests are
checked against botocore's model, and only the model families for which AWS documents it may be forced to use a tool.
"""

import hashlib
import json
import re
import time
from collections.abc import Sequence
from typing import Any

from local_aws import private_api
from local_aws.common import shapes
from local_aws.common.errors import ApiError, validation

_CONVERSE = private_api.declare(
    "ministack.services.bedrock_runtime",
    "_converse",
    "answer a Converse call with the tool that it forces",
    takes=("model_id", "headers", "body"),
)
_PROXY = private_api.declare(
    "ministack.services.bedrock_runtime", "_PROXY_URL", "leave tools to a proxy where one is set"
)

Answer = tuple[int, dict[str, str], bytes]
_JSON = "application/json"
_FORCEABLE = re.compile(r"(^|[./])(anthropic\.claude|amazon\.nova)")
_KNOWN = re.compile(r"(^|[./])(amazon|anthropic|ai21|cohere|deepseek|meta|mistral|openai|qwen|writer)\.[a-z]")


def install() -> None:
    """Answer forced tools; leave every other call to MiniStack."""
    converse = _CONVERSE.get()

    def conversing(model_id: str, headers: Any, body: bytes) -> Answer:
        request = _parsed(body)
        if _PROXY.get() or request is None or "toolConfig" not in request:
            return converse(model_id, headers, body)  # type: ignore[no-any-return]
        try:
            return 200, {"Content-Type": _JSON}, json.dumps(answer(model_id, request)).encode()
        except ApiError as error:
            content = {"__type": error.code, "message": error.message}
            return error.status, {"Content-Type": _JSON, "x-amzn-errortype": error.code}, json.dumps(content).encode()

    _CONVERSE.set(conversing)


def answer(model_id: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return Converse's answer to a request with tools. Raises ApiError."""
    started = time.monotonic()
    shapes.check_request("bedrock-runtime", "Converse", {**request, "modelId": model_id})
    if not _KNOWN.search(model_id):
        raise validation("The provided model identifier is invalid.")
    text = _last_text(request)
    tool = _forced(model_id, request["toolConfig"])
    if tool is None:
        content, stop = [{"text": "The local Bedrock uses a tool only where the request forces it."}], "end_turn"
    else:
        identity = "tooluse_" + hashlib.sha256(text.encode()).hexdigest()[:22]
        use = {"toolUseId": identity, "name": tool["name"], "input": _arguments(tool, text)}
        content, stop = [{"toolUse": use}], "tool_use"  # type: ignore[dict-item]
    taken, generated = max(1, len(json.dumps(request)) // 4), max(1, len(json.dumps(content)) // 4)
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "usage": {"inputTokens": taken, "outputTokens": generated, "totalTokens": taken + generated},
        "metrics": {"latencyMs": max(1, round((time.monotonic() - started) * 1000))},
    }


def best(values: Sequence[str], text: str) -> str:
    """Return the value whose words occur most often in the text; the first on a tie, or one by hash if none occurs."""
    words = re.findall(r"\w+", text.lower())
    counts = [sum(words.count(word) for word in re.findall(r"\w+", value.lower())) for value in values]
    if any(counts):
        return values[counts.index(max(counts))]
    return values[int(hashlib.sha256(text.encode()).hexdigest(), 16) % len(values)]


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return None
    return request if isinstance(request, dict) else None


def _last_text(request: dict[str, Any]) -> str:
    messages = request.get("messages") or []
    if not messages or messages[-1]["role"] != "user":
        raise validation("A conversation must end with a user message. Try again with a conversation that does.")
    return "\n".join(block["text"] for block in messages[-1]["content"] if "text" in block)


def _forced(model_id: str, config: dict[str, Any]) -> dict[str, Any] | None:
    tools = {tool["toolSpec"]["name"]: tool["toolSpec"] for tool in config["tools"] if "toolSpec" in tool}
    choice = config.get("toolChoice") or {}
    if not {"tool", "any"} & set(choice):
        return None
    if "tool" in choice and not _FORCEABLE.search(model_id):
        field = "toolConfig.toolChoice.tool"
        raise validation(f"This model doesn't support the {field} field. Remove {field} and try again.")
    name = choice["tool"]["name"] if "tool" in choice else next(iter(tools))
    if name not in tools:
        raise validation(f"The tool {name} of toolConfig.toolChoice is not one of toolConfig.tools.")
    return tools[name]  # type: ignore[no-any-return]


def _arguments(tool: dict[str, Any], text: str) -> dict[str, Any]:
    schema = tool["inputSchema"]["json"]
    properties = schema.get("properties", {})
    return {
        name: best(properties[name]["enum"], text)
        for name in schema.get("required", [])
        if properties.get(name, {}).get("enum")
    }
