"""Refusals in the format of the request's protocol, so every AWS tool shows the message.

Codes: "Common Errors" of AWS's API references (InvalidClientTokenId, UnrecognizedClientException) and S3's "Error
responses" (InvalidAccessKeyId).
"""

from __future__ import annotations

import json
import uuid
from xml.sax.saxutils import escape

from local_aws.gate.request import Request
from local_aws.gate.rules import Refusal

_QUERY_SERVICES = ("cloudformation", "iam", "monitoring", "sns", "sts")
Headers = list[tuple[bytes, bytes]]

# A document from the control plane or S3 gets its own origin: it does not share the console's storage or rights, and no
# page may frame it.
OUTSIDE_THE_API: Headers = [(b"content-security-policy", b"sandbox; frame-ancestors 'none'")]


def rendered(refusal: Refusal, request: Request) -> tuple[Headers, bytes]:
    """Return a refusal's headers and body."""
    service, request_id = request.service(), str(uuid.uuid4())
    code, text = refusal.code, escape(refusal.message)
    if service == "s3":
        code = {"InvalidClientTokenId": "InvalidAccessKeyId"}.get(code, code)
        body = f"<Error><Code>{code}</Code><Message>{text}</Message><RequestId>{request_id}</RequestId></Error>"
    elif service in _QUERY_SERVICES and "x-amz-target" not in request.headers:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>"
        body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
    else:
        code = {"InvalidClientTokenId": "UnrecognizedClientException"}.get(code, code)
        body = json.dumps({"__type": code, "message": refusal.message})
    kind = "application/json" if body.startswith("{") else "application/xml"
    content = body.encode()
    headers = {
        "content-type": kind,
        "content-length": str(len(content)),
        "x-amzn-errortype": code,
        "x-amzn-requestid": request_id,
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()] + OUTSIDE_THE_API, content
