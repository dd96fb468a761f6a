"""Whose labels the functions that take labels may trust, where API keys do not say it."""

from __future__ import annotations

import json

from environments.settings import Settings


def trusted_callers(settings: Settings) -> dict[str, str]:
    """The variable for `api.trusted_callers`; none without them."""
    callers = settings.api.trusted_callers
    return {"TRUSTED_CALLERS": json.dumps(callers)} if callers else {}
