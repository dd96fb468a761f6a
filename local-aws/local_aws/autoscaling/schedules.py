"""When a scheduled action runs next: `at(...)`, `rate(...)` and `cron(...)`, in a time zone."""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws import private_api
from local_aws.common.errors import validation

_EVENTS = "ministack.services.eventbridge"
_FIELDS = private_api.declare(_EVENTS, "_parse_cron_fields", "run scheduled scaling actions", takes=("expr",))
_NEXT = private_api.declare(_EVENTS, "_cron_next_fire", "run scheduled scaling actions", takes=("fields", "after_dt"))
_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


def following(action: dict[str, Any], *, after: float) -> float | None:
    """Return the first time after `after` (seconds since 1970) at which an action runs, or None. Raises ApiError."""
    schedule, zone = str(action["Schedule"]), _zone(action.get("Timezone"))
    rate, at = _RATE.fullmatch(schedule), _AT.fullmatch(schedule)
    if rate is not None:
        return after + int(rate[1]) * _SECONDS[rate[2].rstrip("s")]
    if at is not None:
        moment = datetime.fromisoformat(at[1]).replace(tzinfo=zone).timestamp()
        return moment if moment > after else None
    fields = _FIELDS.get()(schedule)
    if fields is None:
        raise validation(f"The schedule expression {schedule!r} is not valid")
    local = datetime.fromtimestamp(after, UTC).astimezone(zone)
    # By the wall clock of the zone: the expression's hours are the zone's, in summer as in winter.
    found = _NEXT.get()(fields, local.replace(tzinfo=UTC) - timedelta(minutes=0))
    return None if found is None else found.replace(tzinfo=zone).timestamp()


def _zone(name: str | None) -> zoneinfo.ZoneInfo | Any:
    if name in (None, "UTC"):
        return UTC
    try:
        return zoneinfo.ZoneInfo(str(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise validation(f"The time zone {name!r} is not valid") from None
