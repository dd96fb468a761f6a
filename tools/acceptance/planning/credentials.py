"""Checks whether the credentials may expire before the run ends: it could then neither continue nor destroy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.credentials import RefreshableCredentials

_ENVIRONMENT = "env"  # botocore's name of the provider; its credentials expire and are not renewed


def warning(credentials: Any, *, minutes: float, now: datetime) -> str:
    """A warning for botocore credentials that expire; "" for a permanent key.

    minutes: how long the run may take.
    """
    if credentials is None or not credentials.token:
        return ""
    if not isinstance(credentials, RefreshableCredentials):
        return f"Your credentials are temporary, with an unknown expiry. {_need(minutes)}"
    end: datetime = credentials._expiry_time  # botocore has no public name for it
    if credentials.method == _ENVIRONMENT:
        left = (end - now).total_seconds() / 60
        until = f"Your credentials expire in {max(left, 0):.0f} minutes, at {end.astimezone(UTC):%H:%M} UTC."
        return "" if left > minutes else f"{until} {_need(minutes)}"
    return f"Your credentials are renewed ({credentials.method}) as long as your sign-in lasts. {_need(minutes)}"


def _need(minutes: float) -> str:
    return (
        f"They have to last for the {minutes:.0f} minutes of the limit: after that nothing can be destroyed, and "
        "the resources cost money until you run --clean with new ones."
    )
