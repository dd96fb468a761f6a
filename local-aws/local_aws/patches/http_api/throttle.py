"""Throttle an HTTP API's stages: one token bucket for each stage, and for each route with its own settings."""

import time
from collections.abc import Callable, Mapping
from typing import Any


class TokenBucket:
    """A bucket with `rate` tokens a second, at most `burst` saved up; starts full."""

    def __init__(self, *, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def take(self) -> bool:
        """Take one token; returns False if there is none."""
        now = self._clock()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


_buckets: dict[tuple[str, str, str], TokenBucket] = {}


def allows(api_id: str, stage: Mapping[str, Any], route_key: str) -> bool:
    """Whether the stage's settings allow one more request now."""
    rate, burst, scope = limits(stage, route_key)
    if rate is None and burst is None:
        return True
    # The account's own limits apply if a stage sets only one of the two.
    rate, burst = 10_000.0 if rate is None else rate, 5_000.0 if burst is None else burst
    key = (api_id, str(stage.get("stageName")), scope)
    bucket = _buckets.get(key)
    if bucket is None or (bucket.rate, bucket.burst) != (rate, burst):
        bucket = _buckets[key] = TokenBucket(rate=rate, burst=burst)
    return bucket.take()


def limits(stage: Mapping[str, Any], route_key: str) -> tuple[float | None, float | None, str]:
    """Return (rate, burst, scope): the route's own settings if it has any, else the stage's default."""
    routes = stage.get("routeSettings") or {}
    for settings, scope in ((routes.get(route_key), route_key), (stage.get("defaultRouteSettings"), "")):
        rate, burst = setting(settings, "throttlingRateLimit"), setting(settings, "throttlingBurstLimit")
        if rate is not None or burst is not None:
            return (
                None if rate is None else float(rate),
                None if burst is None else float(burst),
                scope,
            )
    return None, None, ""


def setting(settings: Mapping[str, Any] | None, name: str) -> Any:
    """Return a setting by its API name; CloudFormation stores names with an initial capital."""
    if not settings:
        return None
    value = settings.get(name)
    return settings.get(name[:1].upper() + name[1:]) if value is None else value
