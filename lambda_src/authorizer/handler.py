"""HTTP API Lambda authorizer (payload format 2.0, simple response).

It lets every request through with its verdict in the context, and `require_key` of `common.api.auth` refuses those that
are not "ok": this is the only way to answer a wrong key with problem+json
(docs/decisions/0010-key-verdict-in-the-authorizer-context.md). Limits are counted here too, because every request with
a key passes here (docs/decisions/0016-limits-counted-by-the-authorizer.md).
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from contracts.api.api_keys import key_id_of
from lambda_src.authorizer import logic
from lambda_src.authorizer.dal import KeyRecords
from lambda_src.authorizer.environment import AuthorizerSettings
from lambda_src.authorizer.limits import Limits
from lambda_src.authorizer.served_model import ServedModel
from lambda_src.authorizer.usage import Usage
from lambda_src.common import aws, environment
from lambda_src.common.api.auth import KEY_HEADER
from lambda_src.common.api.http import header

logger = Logger()
# Verdicts on a missing or invalid key; an alarm rings when there are many.
_NO_KEY = {"missing", "malformed", "unknown", "revoked", "expired"}


@cache
def _settings() -> AuthorizerSettings:
    return environment.load(AuthorizerSettings)


@cache
def _records() -> KeyRecords:
    table, seconds = _settings().api_keys_table, _settings().key_cache_seconds
    dynamodb = aws.client("dynamodb", connect_timeout=0.5, read_timeout=1.0, attempts=2)
    return KeyRecords(dynamodb, table=table, cache_seconds=seconds, now=time.time)


@cache
def _usage() -> Usage:
    # One attempt: a write that timed out may have been counted, and the request waits for it.
    dynamodb = aws.client("dynamodb", connect_timeout=0.5, read_timeout=0.5, attempts=1)
    return Usage(dynamodb, table=_settings().usage_table, uncounted=_uncounted)


@cache
def _served() -> ServedModel:
    def ssm() -> Any:
        return aws.client("ssm", connect_timeout=0.3, read_timeout=0.5, attempts=1)

    return ServedModel(ssm, parameter=_settings().approved_model_parameter, logger=logger)


def _model_version() -> str:
    settings = _settings()
    if settings.model_version or not settings.approved_model_parameter:
        return settings.model_version
    return _served().version()


def _uncounted(error: Exception | None) -> None:
    from lambda_src.authorizer import metrics

    metrics.uncounted(service=logger.service, environment=_settings().environment)
    if error is not None:
        logger.warning("the usage table failed; this instance counts on its own", cause=str(error)[:300])


def judge(key: str) -> tuple[str, str, logic.KeyRecord | None]:
    """(verdict, key id, record) for the value of the key header; the id is "" if the value is malformed."""
    if not key:
        return "missing", "", None
    key_id = key_id_of(key)
    if not key_id:
        return "malformed", "", None
    try:
        record = _records().get(key_id)
        verdict = logic.verdict(key, record, now=time.time())
        if verdict == "unknown" and record is not None:
            # The key may have been rotated since its record was read: the new secret must work at once.
            newer = _records().reread(key_id)
            if newer is not None:  # otherwise a second hash would reveal by its time that the key id exists
                record, verdict = newer, logic.verdict(key, newer, now=time.time())
    except (BotoCoreError, ClientError, KeyError, ValueError):
        logger.exception("the key's record cannot be read", key_id=key_id)
        return "unavailable", key_id, None
    return verdict, key_id, record


def count(record: logic.KeyRecord) -> tuple[str, dict[str, str]]:
    """Counts a request with a valid key: its verdict (ok, rate-exceeded, quota-exceeded), and its limits."""
    settings = _settings()
    limits = logic.limits_of(record, default=Limits(rate=settings.default_rate, burst=settings.default_burst))
    if limits is None:
        return "ok", {}
    standing = _usage().take(record.key_id, limits)
    facts = {
        "limit": str(standing.limit),
        "remaining": str(standing.remaining),
        "reset": str(standing.reset),
        "retry_after": str(standing.retry_after),
    }
    return standing.verdict, facts


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The verdict, the key's id and scopes, the state of its limits, and the version of the model that serves.

    Verdicts: ok, missing, malformed, unknown, revoked, expired, unavailable, rate-exceeded, quota-exceeded.
    """
    verdict, key_id, record = judge(header(event, KEY_HEADER).strip())
    facts: dict[str, str] = {}
    if verdict == "ok" and record is not None:
        verdict, facts = count(record)
        facts["scopes"] = " ".join(record.scopes)
        facts["trusted"] = "true" if record.trusted else ""
    if verdict != "ok":
        logger.info("key refused", verdict=verdict, key_id=key_id)
    if verdict in _NO_KEY:
        from lambda_src.authorizer import metrics

        metrics.refused(service=logger.service, environment=_settings().environment)
    facts["model_version"] = _model_version()
    return {"isAuthorized": True, "context": {"verdict": verdict, "key_id": key_id, **facts}}
