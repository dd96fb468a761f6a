"""Whether the credentials may end before the run does: then it could neither go on nor destroy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.credentials import RefreshableCredentials

_ENVIRONMENT = "env"  # botocore's name of the provider; its credentials have an end and nothing that renews them


def warning(credentials: Any, *, minutes: float, now: datetime) -> str:
    """A sentence or two for credentials of botocore that end; "" for a key that lasts.

    minutes: how long the run may take.
    """
    if credentials is None or not credentials.token:
        return ""
    if not isinstance(credentials, RefreshableCredentials):
        return f"Your credentials are temporary, and do not say until when. {_need(minutes)}"
    end: datetime = credentials._expiry_time  # botocore has no public name for it
    if credentials.method == _ENVIRONMENT:
        left = (end - now).total_seconds() / 60
        until = f"Your credentials end in {max(left, 0):.0f} minutes, at {end.astimezone(UTC):%H:%M} UTC."
        return "" if left > minutes else f"{until} {_need(minutes)}"
    return f"Your credentials are renewed ({credentials.method}) as long as your sign-in lasts. {_need(minutes)}"


def _need(minutes: float) -> str:
    return (
        f"They have to last for the {minutes:.0f} minutes of the limit: once they end, nothing can be destroyed, and "
        "it costs money until --clean, with new ones, destroys it."
    )
