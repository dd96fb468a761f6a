"""The section `api`: callers, their limits, and the share of the functions that one key can hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts.api.limits import AUTHORIZER_SECONDS, MAX_KEY_RATE
from environments.sections.base import HttpsUrl, Section

Origin = Annotated[str, StringConstraints(pattern=r"^(\*|https?://[^/\s]+)$")]

# The authorizer counts microseconds between two requests, in whole numbers.
_SECOND = 1_000_000


class Jwt(Section):
    """Tokens of an OpenID Connect issuer instead of API keys."""

    issuer: HttpsUrl = Field(
        description="The issuer, as in the tokens' `iss`; it serves `/.well-known/openid-configuration`. For Cognito "
        "`https://cognito-idp.<region>.amazonaws.com/<user pool id>`."
    )
    audience: list[str] = Field(
        min_length=1, description="One of these is in a token's `aud` or `client_id`. For Cognito: app client ids."
    )


class Api(Section):
    """The HTTP API."""

    access: Literal["public", "private"] = Field(
        "public",
        description="`public`: the API has an address on the internet, which answers holders of a key alone. "
        "`private` is refused: API Gateway has no private HTTP API (docs/network.md).",
    )
    auth: Literal["keys", "iam", "jwt"] = Field(
        "keys",
        description="Who may call: holders of API keys, IAM identities with `execute-api:Invoke` on the routes, or "
        "holders of a token of `api.jwt.issuer`. Limits are kept for API keys only.",
    )
    jwt: Jwt | None = Field(None, description="The issuer of tokens. Only with `auth: jwt`.")

    throttle_rate: int = Field(50, ge=1, le=10_000, description="Requests a second for all callers together.")
    throttle_burst: int = Field(100, ge=1, le=5_000, description="Requests at once above that rate.")
    key_rate: int | None = Field(
        None,
        ge=1,
        le=MAX_KEY_RATE,
        description="Requests a second of an API key that was made without a rate of its own. Unset: what "
        "`key_concurrency_percent` leaves, or `throttle_rate` where that is less.",
    )
    answer_seconds: int = Field(
        29,
        ge=13,
        le=29,
        description="Seconds that a function has to answer a request in, the model's time included; after them the "
        "caller gets a 5xx. `classifier.endpoint_seconds` and Bedrock's have to fit in.",
    )
    concurrency: int = Field(
        1000,
        ge=10,
        le=100_000,
        description='Functions that the account may run at the same time (Lambda\'s quota "Concurrent executions", '
        "which all that is in the account and region shares). Preflight compares it with the account's.",
    )
    key_concurrency_percent: int = Field(
        25,
        ge=1,
        le=100,
        description="The most of `concurrency` that one API key may hold, when each of its requests takes as long as "
        f"it may: its rate times `answer_seconds` and the authorizer's {AUTHORIZER_SECONDS}, and its burst twice, as "
        "it is full again at midnight (UTC).",
    )
    cors_origins: list[Origin] = Field(
        default_factory=list, description="Web origins that may call the API from a browser, or `*` alone for any."
    )
    trusted_callers: list[Annotated[str, Field(min_length=1, max_length=512)]] = Field(
        default_factory=list,
        max_length=20,
        description="With `auth: iam` or `jwt`, whose labels are trusted, as those of `rubric keys create --trusted` "
        "are: ARNs of users, and of roles without their path; or tokens' subjects.",
    )
    key_cache_seconds: int = Field(
        60,
        ge=0,
        le=3600,
        description="Seconds that an API key may still be accepted after it was revoked or a rotation without grace "
        "ended it: how long an authorizer reuses the key's record. 0: refused at once, for a read of the table at each "
        "request.",
    )
    snap_start: bool | None = Field(
        None,
        description="Start the classify function from a snapshot: no cold start, a small charge. Unset: on, if the "
        "region has it.",
    )
    answer_cache_seconds: int = Field(
        0,
        ge=0,
        le=3600,
        description="Seconds for which a text's answer may be reused, for the caller that got it, without asking "
        "the model; 0 = never.",
    )
    top_k: int | None = Field(
        None,
        ge=2,
        le=1000,
        description="How many labels an answer lists, the most probable first, for requests without a `top_k` of "
        "their own. Unset: all. Callers then see shorter `labels` and `probabilities`, in another order.",
    )
    threshold: float | None = Field(
        None,
        gt=0,
        le=1,
        description="An answer whose highest probability is below this is `uncertain`, for requests without a "
        "`threshold` of their own. Unset: answers do not say.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Log level of every function.")

    @property
    def key_share(self) -> int:
        """Functions that one key may hold at the same time."""
        return self.concurrency * self.key_concurrency_percent // 100

    @property
    def longest_request_seconds(self) -> int:
        """How long a request may hold a function, the authorizer's or the one that answers, one after the other."""
        return AUTHORIZER_SECONDS + self.answer_seconds

    def held(self, *, rate: int, burst: int) -> int:
        """The most functions that a key with these limits holds, when each request takes as long as it may.

        The burst counts twice: the authorizer counts by days (UTC), and has a full one again at midnight.
        """
        between = max(1, _SECOND // rate)
        return 2 * burst + self.longest_request_seconds * _SECOND // between

    def burst_for(self, rate: int) -> int:
        """The burst that goes with a rate: what the key's share leaves beside it, at least one and at most twice it."""
        return max(1, min(2 * rate, (self.key_share - self.held(rate=rate, burst=0)) // 2))

    @property
    def most_key_rate(self) -> int:
        """The highest rate that leaves room in a key's share for a burst of one second's worth; 0 where none does."""
        rate = min(self.key_share // (self.longest_request_seconds + 2), MAX_KEY_RATE)
        while rate and self.held(rate=rate, burst=rate) > self.key_share:
            rate -= 1
        return rate

    @property
    def default_key_rate(self) -> int:
        """`key_rate`, or what it is when it is not set."""
        return self.key_rate or max(1, min(self.throttle_rate, self.most_key_rate))

    @property
    def default_key_burst(self) -> int:
        """Requests at once of a key without limits of its own."""
        return min(self.throttle_burst, self.burst_for(self.default_key_rate))
