"""Values as of a time, from an entity's history: both stores, exports and training read it by this one rule. No I/O.

A value is that of the latest event that has the feature and did not happen after the time, unless its time to live had
ended by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contracts.features import layout, values
from contracts.features.layout import Past
from contracts.features.registry import Feature
from contracts.features.values import Value


def values_as_of(
    history: Iterable[Past], *, times: Sequence[str], features: Sequence[Feature], as_known: bool = False
) -> list[dict[str, Value]]:
    """The values at each of the times (UTC with microseconds), in their order; a feature without one is left out.

    history: of one entity, the latest event first; it is read only as far as needed. as_known: also leave out what was
    written after the time, so that the values are those that an online read had then.
    """
    wanted = {time: {feature.name: feature for feature in features} for time in times}
    found: dict[str, dict[str, Value]] = {time: {} for time in wanted}
    if not wanted or not features:
        return [dict(found[time]) for time in times]
    oldest = oldest_needed(times=times, features=features)
    open_times = sorted(wanted, reverse=True)
    for past in history:
        if oldest is not None and past.event_time < oldest:
            break
        for time in open_times:
            if past.event_time <= time and not (as_known and past.written_at > time):
                _take(past, time=time, wanted=wanted[time], found=found[time])
        open_times = [time for time in open_times if wanted[time]]
        if not open_times:
            break
    return [dict(found[time]) for time in times]


def oldest_needed(*, times: Sequence[str], features: Sequence[Feature]) -> str | None:
    """The time of the oldest event that can matter; None if any may."""
    lives = [feature.time_to_live for feature in features]
    known = [life for life in lives if life is not None]
    if not times or not known or len(known) < len(lives):
        return None
    return values.earlier(min(times), seconds=max(known))


def _take(past: Past, *, time: str, wanted: dict[str, Feature], found: dict[str, Value]) -> None:
    for name in [name for name in wanted if name in past.features]:
        feature = wanted.pop(name)
        if layout.ended(feature, past.event_time, now=time):
            continue
        value = values.restored(feature.type, past.features[name])
        if value is not None:
            found[name] = value


def newest_first(history: Iterable[Past]) -> list[Past]:
    """Events in the order that `values_as_of` reads."""
    return sorted(history, key=lambda past: past.place, reverse=True)
