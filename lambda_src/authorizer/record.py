"""What the authorizer knows of a key."""

from __future__ import annotations

from dataclasses import dataclass

from lambda_src.authorizer.limits import Limits


@dataclass(frozen=True, kw_only=True)
class KeyRecord:
    """What is stored of a key: never the key itself. `ends_at` is in epoch seconds, None = never.

    previous_*: of the key before the last rotation, which holds until `previous_expires_at`.
    rate None: the API's own limits; 0: none at all.
    """

    key_id: str
    salt: str
    hash: str
    revoked: bool
    ends_at: int | None
    scopes: tuple[str, ...] = ("classify",)
    rate: int | None = None
    burst: int | None = None
    daily_quota: int | None = None
    previous_salt: str = ""
    previous_hash: str = ""
    previous_expires_at: int = 0

    def limits(self, *, default: Limits) -> Limits | None:
        """How often the key may be used; None: nobody counts."""
        if self.rate == 0:
            return None
        if self.rate is None:
            return Limits(rate=default.rate, burst=default.burst, daily_quota=self.daily_quota)
        return Limits(rate=self.rate, burst=self.burst or self.rate, daily_quota=self.daily_quota)
