"""Settings of the API that contradict one another, or would let one key use too many of the functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from contracts.api.limits import AUTHORIZER_SECONDS
from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings

# What the request log may take when DynamoDB and SQS both fail, with the connection to the model
# (docs/decisions/0011-request-log-dead-letters.md).
BESIDE_THE_MODEL_SECONDS = 12


def problems(settings: Settings) -> Iterator[Problem]:
    """First browsers and tokens, then what answers list, then one key's share."""
    yield from _access(settings)
    yield from _listing(settings)
    yield from _share(settings)


def _access(settings: Settings) -> Iterator[Problem]:
    if settings.api.access == "private":
        allowed = "API Gateway's HTTP APIs are public by nature (docs/network.md says what to do instead); use public"
        yield Problem(("api", "access"), "private", allowed)
    origins = settings.api.cors_origins
    if "*" in origins and len(origins) > 1:
        yield Problem(("api", "cors_origins"), origins, "* already allows every origin: use it alone")
    auth, jwt = settings.api.auth, settings.api.jwt
    if auth == "jwt" and jwt is None:
        yield Problem(("api", "jwt"), None, "api.auth is jwt: set issuer and audience")
    if auth == "keys" and settings.api.trusted_callers:
        allowed = "it needs api.auth: iam or jwt (now keys); make the keys with `rubric keys create --trusted`"
        yield Problem(("api", "trusted_callers"), settings.api.trusted_callers, allowed)
    if auth != "jwt" and jwt is not None:
        yield Problem(("api", "jwt"), jwt.issuer, f"it needs api.auth: jwt (now {auth}); change one of the two")


def _listing(settings: Settings) -> Iterator[Problem]:
    """A foundation model reports no probabilities."""
    if settings.classifier.trained:
        return
    for name in ("top_k", "threshold"):
        value = getattr(settings.api, name)
        if value is not None:
            allowed = "classifier.backend is bedrock, which reports no probabilities: leave it out"
            yield Problem(("api", name), value, allowed)


def _share(settings: Settings) -> Iterator[Problem]:
    """One key must not be able to use up the account's functions: every other one in it would be throttled."""
    api = settings.api
    held = (
        f"the rate times api.answer_seconds ({api.answer_seconds}) and the authorizer's {AUTHORIZER_SECONDS}, plus a "
        f"burst, may be {api.key_concurrency_percent} % of api.concurrency ({api.concurrency})"
    )
    if api.most_key_rate < 1:
        allowed = "even one request a second would exceed a key's share: raise it, or api.key_concurrency_percent"
        yield Problem(("api", "concurrency"), api.concurrency, allowed)
    elif api.key_rate is not None and api.key_rate > api.most_key_rate:
        yield Problem(("api", "key_rate"), api.key_rate, f"{held}: use {api.most_key_rate} or less")
    if api.key_rate is not None and api.key_rate > api.throttle_rate:
        allowed = f"all callers together have api.throttle_rate ({api.throttle_rate}): use that or less"
        yield Problem(("api", "key_rate"), api.key_rate, allowed)
    needed = settings.classifier.longest_seconds + BESIDE_THE_MODEL_SECONDS
    if api.answer_seconds < needed:
        allowed = (
            f"the model may take {settings.classifier.longest_seconds} seconds and the request log "
            f"{BESIDE_THE_MODEL_SECONDS}: use {needed} or more, or give the model less"
        )
        yield Problem(("api", "answer_seconds"), api.answer_seconds, allowed)
