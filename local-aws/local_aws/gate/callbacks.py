"""Sign the URLs that CloudFormation issues for answers without credentials; on AWS they are presigned S3 URLs.

These are a custom resource's ResponseURL and the handle of a wait condition. Source: CloudFormation User Guide, "Custom
resource response objects" and "Create wait conditions".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from local_aws import private_api
from local_aws.gate import credentials
from local_aws.gate.request import Request

_PATHS = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")
_URLS = (
    private_api.declare(
        "ministack.services.cloudformation.custom_resource",
        "_response_url",
        "sign the URL that a custom resource answers to",
        takes=("token",),
    ),
    private_api.declare(
        "ministack.services.cloudformation.wait_conditions",
        "handle_url",
        "sign the URL of a wait condition's handle",
        takes=("token",),
    ),
)


def install() -> None:
    """Sign both kinds of URL."""
    for name, path in zip(_URLS, _PATHS, strict=True):
        name.set(_signing(name.get(), path))


def is_signed(request: Request) -> bool:
    """Whether the request is a PUT to a URL that was signed here."""
    if request.method != "PUT" or not request.path.startswith(_PATHS):
        return False
    supplied = request.query.get("signature", ("",))[0]
    return hmac.compare_digest(signature(request.path).encode(), supplied.encode("utf-8", "replace"))


def signature(path: str) -> str:
    """Return 256 bits in hexadecimal, valid for one path in this state folder."""
    return hmac.new(credentials.own().encode(), path.encode(), hashlib.sha256).hexdigest()


def _signing(url: Callable[[str], str], path: str) -> Callable[[str], str]:
    def signed(token: str) -> str:
        return f"{url(token)}?Signature={signature(path + token)}"

    return signed
