"""Limits that several parts need; the contract (openapi.yaml) states those of requests."""

from __future__ import annotations

# Texts of one request to classify, and so positions of one request in the log.
MAX_TEXTS = 64
# Requests per second of one key: one DynamoDB item counts its use, and allows 1,000 writes per second, refused ones
# included.
MAX_KEY_RATE = 500
# The authorizer's timeout: a request occupies the authorizer first, then the function that answers.
AUTHORIZER_SECONDS = 8
