"""Decide whether to accept a request without looking at its body.

Checks, in this order: the Host is a name of this machine; a request to the deployed API passes, because the API has its
own CORS setting and authorizer; a request from a web page is refused; the access key ID must be this state folder's.
Sources for browser headers: W3C Fetch Metadata Request Headers (sent only to potentially trustworthy URLs, which
loopback is) and WHATWG Fetch (`Origin`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from local_aws.gate.request import Request

API_PREFIX = "/_aws/execute-api/"
# The code of the last refusal: nothing is wrong with the request but its access key.
NO_KEY = "InvalidClientTokenId"
_HEALTH = "/_ministack/health"
_MACHINE = re.compile(r"(?P<bucket>(?:[a-z0-9_-]+\.)+)?(?P<name>localhost|127\.0\.0\.1|\[::1\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Refusal:
    """The answer to a refused request. code: AWS's error code."""

    status: int
    code: str
    message: str


@dataclass(frozen=True)
class Rules:
    """The rules. port: the server's. accepts: whether an access key ID is valid. signed: whether a URL is ours.

    env_command: prints the shell lines with the access key; refusals mention it.
    """

    port: int
    accepts: Callable[[str], bool]
    signed: Callable[[Request], bool]
    env_command: str

    def refusal(self, request: Request) -> Refusal | None:
        """Return why the request is refused, or None."""
        host = self._host(request)
        if host is None:
            return Refusal(
                421, "MisdirectedRequest", f"This local AWS only answers as http://127.0.0.1:{self.port}: use that."
            )
        if is_api(request) and not host["bucket"]:
            return None
        if from_a_page(request):
            return Refusal(403, "AccessDenied", "The local AWS does not answer web pages; only the deployed API does.")
        if _asks_for_health(request) or self.signed(request):
            return None
        key_ids = request.access_key_ids()
        if key_ids and all(self.accepts(each) for each in key_ids):
            return None
        advice = f'run eval "$({self.env_command})"'
        return Refusal(403, NO_KEY, f"The local AWS accepts only its own access key: {advice}.")

    def _host(self, request: Request) -> re.Match[str] | None:
        """Return the parts of a Host that refers to this machine and this port, otherwise None."""
        host = (request.header("host") or "").lower()
        match = _MACHINE.fullmatch(host if ":" in host.rpartition("]")[2] else f"{host}:80")
        if match is None or int(match["port"]) != self.port:
            return None
        # Only names below `localhost` cannot belong to anyone else (RFC 6761).
        return match if not match["bucket"] or match["name"] == "localhost" else None


def is_api(request: Request) -> bool:
    """Whether MiniStack routes the request to a deployed API and nothing else.

    Excludes the API that closes WebSocket connections, which belongs to AWS and not to the deployed API.
    """
    if request.is_websocket or not request.path.startswith(API_PREFIX):
        return False
    api_id, slash, rest = request.path.removeprefix(API_PREFIX).partition("/")
    return bool(api_id and slash) and not rest.partition("/")[2].startswith("@connections/")


def from_a_page(request: Request) -> bool:
    """Whether a web page made a browser send the request, from another site or from this one.

    This site counts too: a page served by the deployed API or S3 has the control plane's origin but must not call it.
    Browsers without Fetch Metadata send an Origin or Referer with most requests; the access key stops the rest.
    """
    sites = request.headers.get("sec-fetch-site", ())
    return "origin" in request.headers or "referer" in request.headers or any(site.lower() != "none" for site in sites)


def _asks_for_health(request: Request) -> bool:
    return request.path == _HEALTH and request.method in ("GET", "HEAD") and not request.is_websocket
