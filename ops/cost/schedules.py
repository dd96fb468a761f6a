"""How often a schedule of EventBridge runs in a month: `rate(1 hour)`, `cron(0 3 ? * MON *)`."""

from __future__ import annotations

import re

from ops.cost.traffic import DAYS

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \S+\)")


def runs_a_month(expression: str) -> float | None:
    """Runs; None for an expression that cannot be counted. Days of the month and of the week are averages."""
    if found := _RATE.fullmatch(expression):
        return DAYS * 1440 / (int(found[1]) * _MINUTES[found[2]])
    if found := _CRON.fullmatch(expression):
        minutes, hours, days, months, weekdays = found.groups()
        counts = (_count(minutes, 60), _count(hours, 24), _count(months, 12))
        a_day = _count(days, 31), _count(weekdays, 7)
        if None in counts or None in a_day:
            return None
        of_days = (a_day[0] or 0) / 31 * ((a_day[1] or 0) / 7)
        return (counts[0] or 0) * (counts[1] or 0) * DAYS * of_days * ((counts[2] or 0) / 12)
    return None


def _count(field: str, most: int) -> int | None:
    """How many values a field of a cron expression has."""
    if field in ("*", "?"):
        return most
    total = 0
    for part in field.split(","):
        values, _, step = part.partition("/")
        first, _, last = values.partition("-")
        if step:
            if not step.isdigit() or step == "0":
                return None
            total += -(-most // int(step))
        elif last:
            if not (first.isdigit() and last.isdigit()):
                names = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
                if first not in names or last not in names:
                    return None
                total += (names.index(last) - names.index(first)) % 7 + 1
            else:
                total += int(last) - int(first) + 1
        else:
            total += 1
    return total
