"""Calls to the deployed API, as any caller makes them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from contracts.api.limits import MAX_TEXTS
from ops.errors import FAILED, UNREACHABLE, OpsError

TIMEOUT_SECONDS = 35  # the gateway gives up after 30


def classify(
    url: str, *, key: str, texts: list[str], top_k: int | None = None, threshold: float | None = None
) -> dict[str, Any]:
    """The answer of POST /v1/classify for `texts` (1 to 64). Its `predictions` have one object per text.

    top_k, threshold: as in the contract; None leaves them to the API.
    """
    if not 0 < len(texts) <= MAX_TEXTS:
        raise OpsError(f"The API takes 1 to {MAX_TEXTS} texts in a request, not {len(texts)}", status=FAILED)
    options = {name: value for name, value in (("top_k", top_k), ("threshold", threshold)) if value is not None}
    request = urllib.request.Request(
        f"{url.rstrip('/')}/v1/classify",
        data=json.dumps({"inputs": texts, **options}).encode(),
        headers={"content-type": "application/json", "accept": "application/json", "x-api-key": key},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return dict(json.loads(response.read()))
    except urllib.error.HTTPError as error:
        raise OpsError(_refusal(error)) from None
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise OpsError(f"{url} does not answer: {reason}", status=UNREACHABLE) from None
    except ValueError:
        raise OpsError(f"{url} did not answer with JSON: is it Rubric's API?") from None


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.loads(error.read())
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    message = " ".join(str(problem[name]) for name in ("title", "detail", "message") if problem.get(name))
    request_id = problem.get("request_id") or error.headers.get("x-request-id")
    return f"The API answered {error.code}: {message or error.reason}" + (
        f" (request {request_id})" if request_id else ""
    )
