"""Checks that the contract describes an answer: its status, media type and headers."""

from __future__ import annotations

from typing import Any

import fastjsonschema

from lambda_src.common.api import contract, http

# In every answer; they describe how to treat it, not its content.
PLAIN = frozenset(
    {
        *("content-type", "cache-control", "x-content-type-options", "content-security-policy", "referrer-policy"),
        *("x-frame-options", "permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"),
    }
)


def faults(event: http.Event, response: http.Response) -> list[str]:
    """The parts of `response` to `event` that the contract does not describe or that are missing; [] if none."""
    method, path = http.method_and_path(event)
    status = str(response["statusCode"])
    described = _described(method, path, status)
    where = f"{method} {path} {status}"
    if described is None:
        return [f"{where}: the status is not documented"]
    answered = response["headers"]
    found = []
    if answered["content-type"].partition(";")[0] not in described["content"]:
        found.append(f"{where}: content-type {answered['content-type']} is not documented")
    headers = {name: _followed(one) for name, one in described["headers"].items()}
    always = {name for name, one in headers.items() if one.get("required") or name == "x-request-id"}
    found += [f"{where}: {name} is missing" for name in sorted(always - set(answered))]
    for name, value in answered.items():
        if name in headers:
            found += _misfit(where, name, value, _followed(headers[name]["schema"]))
        elif name not in PLAIN:
            found.append(f"{where}: {name} is not documented")
    limits = http.rate_limit_headers(event)
    if limits and {name: answered.get(name) for name in limits} != limits:
        found.append(f"{where}: does not say where the key stands")
    return found


def _described(method: str, path: str, status: str) -> dict[str, Any] | None:
    for template, operations in contract.document()["paths"].items():
        named, parts = template.split("/"), path.split("/")
        if len(named) != len(parts) or not all(
            one == other or (one.startswith("{") and other) for one, other in zip(named, parts, strict=True)
        ):
            continue
        if method.lower() in operations:
            responses = operations[method.lower()]["responses"]
            return _followed(responses[status]) if status in responses else None
        return _shared("MethodNotAllowed") if status == "405" else None
    return _shared("NotFound") if status == "404" else None


def _shared(name: str) -> dict[str, Any]:
    return dict(contract.document()["components"]["responses"][name])


def _followed(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = contract.document()["components"][kind][name]
    return node


def _misfit(where: str, name: str, value: object, schema: dict[str, Any]) -> list[str]:
    if not isinstance(value, str):
        return [f"{where}: {name} is no text"]
    try:
        fastjsonschema.compile(schema)(int(value) if schema["type"] == "integer" else value)
    except ValueError as error:  # fastjsonschema's own is one
        return [f"{where}: {name} is {value!r}: {error}"]
    return []
