"""HTTP API Lambda authorizer (payload format 2.0, simple response).

It always lets the request through with its verdict in the context, and `common.auth.require_key` refuses what is not
"ok": only so can a wrong key be answered with problem+json
(docs/decisions/0010-key-verdict-in-the-authorizer-context.md).
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.authorizer import logic
from lambda_src.authorizer.dal import KeyRecords
from lambda_src.authorizer.environment import Settings
from lambda_src.common import aws, environment
from lambda_src.common.auth import KEY_HEADER
from lambda_src.common.http import header

logger = Logger()


@cache
def _records() -> KeyRecords:
    settings = environment.load(Settings)
    dynamodb = aws.client("dynamodb", connect_timeout=1.0, read_timeout=1.0, attempts=2)
    return KeyRecords(dynamodb, table=settings.api_keys_table, cache_seconds=settings.key_cache_seconds)


def judge(key: str) -> tuple[str, str]:
    """(verdict, key id) of the text in the key header; the id is "" where it cannot be told."""
    if not key:
        return "missing", ""
    key_id = logic.key_id_of(key)
    if not key_id:
        return "malformed", ""
    try:
        record = _records().get(key_id)
    except (BotoCoreError, ClientError, KeyError, ValueError):
        logger.exception("the key's record cannot be read", key_id=key_id)
        return "unavailable", key_id
    return logic.verdict(key, record, now=time.time()), key_id


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The verdict (ok, missing, malformed, unknown, revoked, expired or unavailable) and the key's id."""
    verdict, key_id = judge(header(event, KEY_HEADER).strip())
    if verdict != "ok":
        logger.info("key refused", verdict=verdict, key_id=key_id)
    return {"isAuthorized": True, "context": {"verdict": verdict, "key_id": key_id}}
