"""`make delivery-comment`: one comment of a pull request with every environment's changes, written anew each time.

GitHub's REST API, "Issues: comments": a pull request's comments are an issue's.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.delivery.errors import USAGE, DeliveryError

_PAGE = 100
_SECONDS = 30.0


def post(text: str) -> str:
    """Write or replace the comment; what was done, as a sentence. Raises DeliveryError.

    text: what it says; its first line is the mark by which a later push finds it.
    """
    mark = text.partition("\n")[0]
    try:
        token, repository = os.environ["GITHUB_TOKEN"], os.environ["GITHUB_REPOSITORY"]
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        number = event["pull_request"]["number"]
    except KeyError as error:
        raise DeliveryError(
            f"{error} is missing: a workflow on pull_request sets it, and gives GITHUB_TOKEN", status=USAGE
        ) from None
    api = f"{os.environ.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{repository}/issues"
    ours = next((each["url"] for each in _comments(api, number, token) if _is_ours(each, mark)), None)
    if ours:
        _call("PATCH", ours, token, {"body": text})
        return "The comment is replaced."
    _call("POST", f"{api}/{number}/comments", token, {"body": text})
    return "The comment is written."


def _is_ours(comment: dict[str, Any], mark: str) -> bool:
    """A workflow's own, which GitHub says are a bot's: a person could edit theirs after it was replaced."""
    return str(comment["body"]).startswith(mark) and comment["user"]["type"] == "Bot"


def _comments(api: str, number: int, token: str) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        found = _call("GET", f"{api}/{number}/comments?per_page={_PAGE}&page={page}", token)
        yield from found
        if len(found) < _PAGE:
            return
        page += 1


def _call(method: str, url: str, token: str, value: dict[str, Any] | None = None) -> Any:
    headers = {"authorization": f"Bearer {token}", "accept": "application/vnd.github+json"}
    data = json.dumps(value).encode() if value else None
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as error:
        raise DeliveryError(
            f"GitHub answers {error.code} to {method} {url}: the job needs the permission pull-requests: write"
        ) from None
    except (urllib.error.URLError, TimeoutError) as error:
        raise DeliveryError(f"GitHub does not answer: {error}") from None
