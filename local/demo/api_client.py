"""Calls to the deployed HTTP API with an API key, as any caller makes them."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from local.errors import CliError

AUDIT = "audit"  # of the queue's texts, those of the audit sample


class KeyRefusedError(CliError):
    """The API refuses the key."""


@dataclass(frozen=True)
class ApiClient:
    """The API at `url`, with an API key."""

    url: str
    key: str

    def classify(self, texts: list[str]) -> dict[str, Any]:
        """The answer to one list call: {"predictions": [...], "model_version", "request_id", "latency_ms"}."""
        return self._call("POST", "/v1/classify", {"inputs": texts})

    def model(self) -> dict[str, Any]:
        """The approved model with its evaluation."""
        return self._call("GET", "/v1/model", None)

    def queue(self, *, labeller: str, limit: int) -> dict[str, Any]:
        """Texts to label: {"texts": [{"request_id", "position", "text", "sample", ...}], ...}."""
        return self._call("GET", f"/v1/queue?{urlencode({'labeller': labeller, 'limit': limit})}", None)

    def label(self, text: dict[str, Any], *, label: str, labeller: str) -> dict[str, Any]:
        """Give a label to a text of the queue."""
        body = {"request_id": text["request_id"], "position": text["position"], "label": label, "labeller": labeller}
        # Which texts are of the audit sample, the API knows itself.
        sample = {} if text["sample"] == AUDIT else {"sample": text["sample"]}
        return self._call("POST", "/v1/labels", {**body, **sample})

    def examples(self, examples: list[dict[str, str]]) -> dict[str, Any]:
        """Send labelled examples: [{"text", "label"}, ...]."""
        return self._call("POST", "/v1/examples", {"examples": examples})

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"x-api-key": self.key, "content-type": "application/json"}
        content = json.dumps(body) if body is not None else None
        try:
            answer = urllib3.PoolManager().request(
                method, self.url.rstrip("/") + path, body=content, headers=headers, timeout=60, retries=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise CliError(f"{method} {self.url}{path}: {error}") from None
        if answer.status in (401, 403):
            raise KeyRefusedError(_problem(method, path, answer))
        if answer.status not in (200, 201):
            raise CliError(_problem(method, path, answer))
        value = json.loads(answer.data)
        if not isinstance(value, dict):
            raise CliError(f"{method} {path} did not answer with a JSON object: {answer.data[:200]!r}")
        return value


def _problem(method: str, path: str, answer: urllib3.BaseHTTPResponse) -> str:
    text = answer.data.decode(errors="replace")
    try:
        problem = json.loads(text)
        text = f"{problem.get('title')}: {problem.get('detail')} (request {problem.get('request_id')})"
    except (ValueError, AttributeError):
        text = text[:300]
    return f"{method} {path} answered {answer.status}: {text}"
