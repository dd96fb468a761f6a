"""The times of a column, in the forms that other systems write; where two readings are possible it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dataset_files.times import moments, numeric_times, written_times
from dataset_files.times.written_times import DAY_FIRST, MONTH_FIRST, Open

AUTO, NONE = "auto", "none"
FORMATS = (AUTO, DAY_FIRST, MONTH_FIRST, *numeric_times.FORMS, NONE)
_CLEARLY = 20  # days above 12 in one place decide if there are as many times fewer in the other


@dataclass(frozen=True)
class Times:
    """Seconds since 1970 in UTC for each value, or None.

    ``empty``: how many values stand for no time; ``unread``: positions of those that are none of the known forms;
    ``question``: what to set, and why, where a form has two readings: its values are None.
    """

    values: list[float | None]
    empty: int = 0
    unread: list[int] = field(default_factory=list)
    question: str = ""


def read(values: Sequence[str], *, time_format: str = AUTO) -> Times:
    """Read a column: dates and times, of UTC where no zone is given; years and months; numbers since 1970.

    ``time_format`` is one of FORMATS: which order days and months have, or what a number counts.
    """
    if time_format == NONE:
        return Times([None] * len(values))
    how_often = Counter(values)
    found: dict[str, float | None] = {}
    numbers: dict[str, str] = {}
    open_: dict[str, Open] = {}
    for value in how_often:
        bare = value.strip()
        if bare.casefold() in moments.EMPTY:
            continue
        if numeric_times.is_number(bare):
            numbers[value] = bare
            continue
        parsed = written_times.parse(bare)
        if isinstance(parsed, Open):
            open_[value] = parsed
        else:
            found[value] = _or_empty(parsed)
    questions = []
    form, question = numeric_times.form([(bare, how_often[value]) for value, bare in numbers.items()], time_format)
    questions += [question] if question else []
    by_form = numeric_times.reader(form)
    is_plain = form in ("years", "YYYYMM")
    for value, bare in numbers.items() if form else ():
        moment = by_form(bare)
        found[value] = moment if is_plain else _or_empty(moment)
    order, question = _order({value: (each, how_often[value]) for value, each in open_.items()}, time_format)
    questions += [question] if question else []
    for value, each in open_.items():
        if order or each.has_one_reading:
            found[value] = _or_empty(each.seconds(order or DAY_FIRST))
    undecided = {*(numbers if not form else ()), *(value for value in open_ if value not in found)}
    unread = {value for value, moment in found.items() if moment is None}
    empty = {value for value in how_often if value not in found and value not in undecided}
    empty |= {value for value, moment in found.items() if moment is _NO_TIME}
    times = {value: None if moment is None or moment is _NO_TIME else moment for value, moment in found.items()}
    return Times(
        values=[times.get(value) for value in values],
        empty=sum(how_often[value] for value in empty),
        unread=[position for position, value in enumerate(values) if value in unread] if unread else [],
        question=f"set data.dataset.time_format to {'; to '.join(questions)}" if questions else "",
    )


_NO_TIME = float("nan")  # this object stands for a moment that stands for none


def _or_empty(moment: float | None) -> float | None:
    return _NO_TIME if moment is not None and moments.is_empty(moment) else moment


def _order(dates: dict[str, tuple[Open, int]], told: str) -> tuple[str, str]:
    """Whether days or months come first: as told, or as days above 12 show; else a question."""
    if told in (DAY_FIRST, MONTH_FIRST):
        return told, ""
    undecided = [(each, count) for each, count in dates.values() if not each.has_one_reading]
    if not undecided:
        return "", ""
    question = f"{DAY_FIRST} or {MONTH_FIRST}, because dates like 3/4/2014 have two readings"
    if any(each.is_short for each, _ in undecided):
        return "", question
    days_first = sum(count for each, count in undecided if each.first > 12)
    months_first = sum(count for each, count in undecided if each.second > 12)
    if days_first > _CLEARLY * months_first:
        return DAY_FIRST, ""
    if months_first > _CLEARLY * days_first:
        return MONTH_FIRST, ""
    return "", question
