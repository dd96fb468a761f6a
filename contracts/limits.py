"""Limits that several parts know; the contract (openapi.yaml) states those of requests."""

from __future__ import annotations

# Texts of one request to classify, and so positions of one request in the log.
MAX_TEXTS = 64
# Requests a second of one key: its use is counted in one DynamoDB item, which takes 1,000 writes a second, refused ones
# included.
MAX_KEY_RATE = 500
# The authorizer's timeout: a request holds it before it holds the function that answers.
AUTHORIZER_SECONDS = 8
