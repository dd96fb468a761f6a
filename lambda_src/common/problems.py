"""The API's errors (RFC 9457): one catalogue, which keeps the contract, the docs and the code in agreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

TYPE_PREFIX = "urn:rubric:problem:"


class Kind(NamedTuple):
    """An entry of the catalogue."""

    status: int
    title: str


CATALOGUE: Mapping[str, Kind] = {
    "malformed-body": Kind(400, "The body is not valid JSON"),
    "key-missing": Kind(401, "An API key is required"),
    "key-malformed": Kind(401, "The API key is mistyped"),
    "key-unknown": Kind(401, "The API key is unknown"),
    "key-revoked": Kind(403, "The API key was revoked"),
    "key-expired": Kind(403, "The API key has expired"),
    "key-scope": Kind(403, "The API key lacks the required scope"),
    "not-found": Kind(404, "The path does not exist"),
    "request-unknown": Kind(404, "The request is unknown"),
    "method-not-allowed": Kind(405, "The path does not support this method"),
    "idempotency-in-progress": Kind(409, "The first request is still being processed"),
    "labelling-off": Kind(409, "There are no texts to label"),
    "body-too-large": Kind(413, "The body is too large"),
    "unsupported-media-type": Kind(415, "The content type is not supported"),
    "invalid-input": Kind(422, "The input is not valid"),
    "idempotency-key-reused": Kind(422, "The idempotency key was used with a different body"),
    "too-many-requests": Kind(429, "Too many requests"),
    "rate-exceeded": Kind(429, "The API key is used too often"),
    "quota-exceeded": Kind(429, "The API key's daily quota is used up"),
    "internal-error": Kind(500, "The API failed"),
    "bad-model-answer": Kind(502, "The model's answer cannot be used"),
    "model-unavailable": Kind(503, "The model is not available"),
    "storage-unavailable": Kind(503, "The API's storage is not available"),
    "key-check-unavailable": Kind(503, "API keys cannot be checked"),
    "model-timeout": Kind(504, "The model did not answer in time"),
}


class Problem(Exception):  # noqa: N818 (RFC 9457's own term)
    """An error to return: `slug` is a key of the catalogue, `detail` one sentence for the caller."""

    def __init__(self, slug: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{slug}: {detail}")
        self.slug = slug
        self.detail = detail
        self.headers = dict(headers or {})
        self.status, self.title = CATALOGUE[slug]

    def document(self, *, request_id: str) -> dict[str, str | int]:
        """The problem+json document."""
        return {
            "type": TYPE_PREFIX + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
