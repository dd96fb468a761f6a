"""The contract as this API serves it: with the way to authenticate that its settings chose."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from lambda_src.common import contract


@cache
def text(*, auth: str, issuer: str) -> str:
    """The contract as JSON text; auth: keys, iam or jwt, with the tokens' issuer."""
    if auth == "keys":
        return contract.text()
    document = json.loads(contract.text())
    name, scheme = _scheme(auth, issuer=issuer)
    document["components"]["securitySchemes"] = {name: scheme}
    document["security"] = [{name: []}]
    # The gateway itself refuses who is not known, in words of its own.
    message = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
    for response in ("Unauthorized", "Forbidden"):
        document["components"]["responses"][response]["content"]["application/json"] = message
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


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
        "description": "An access token of the issuer as `authorization: Bearer`; its `scope` says what it may do.",
    }
