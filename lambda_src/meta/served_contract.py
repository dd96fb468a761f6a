"""The contract as this API serves it, with the authentication and the task's words that its settings choose."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from contracts.api import task
from lambda_src.common.api import contract
from lambda_src.meta import task_words


@cache
def text(*, auth: str, issuer: str, words: str = "") -> str:
    """The contract as JSON text; auth: keys, iam or jwt, with the tokens' issuer; words: the variable TASK."""
    wanted = task.decoded(words)
    if auth == "keys" and wanted is None:
        return contract.text()
    document = json.loads(contract.text())
    if wanted is not None:
        task_words.put(document, wanted)
    if auth != "keys":
        _authenticate(document, auth=auth, issuer=issuer)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _authenticate(document: dict[str, Any], *, auth: str, issuer: str) -> None:
    name, scheme = _scheme(auth, issuer=issuer)
    document["components"]["securitySchemes"] = {name: scheme}
    document["security"] = [{name: []}]
    for operation in (one for item in document["paths"].values() for one in item.values()):
        if operation.get("security"):
            # Tokens have the same scopes as keys; with IAM there are none.
            scopes = operation["security"][0]["apiKey"] if auth == "jwt" else []
            operation["security"] = [{name: scopes}]
    # The gateway itself refuses unknown callers, with its own message and without our request id.
    message = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
    for response in ("Unauthorized", "Forbidden"):
        refusal = document["components"]["responses"][response]
        refusal["content"]["application/json"] = message
        refusal["headers"]["x-request-id"] = {"$ref": "#/components/headers/OwnRequestId"}
    # For tokens the gateway sends its own challenge, for signatures none.
    document["components"]["headers"]["Challenge"]["required"] = False


def _scheme(auth: str, *, issuer: str) -> tuple[str, dict[str, Any]]:
    if auth == "iam":
        return "iam", {
            "type": "apiKey",
            "in": "header",
            "name": "authorization",
            "description": "AWS Signature Version 4 for the service `execute-api`; IAM policies say who may call what.",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    return "token", {
        "type": "openIdConnect",
        "openIdConnectUrl": f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        "description": "An access token of the issuer as `authorization: Bearer`; its `scope` lists what it may do.",
    }
