"""Reads, apart from the store's own calls: the same for both stores. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.features import event as events_of
from contracts.features import layout, values
from contracts.features.registry import Feature, Registry
from contracts.features.values import Value


@dataclass(frozen=True)
class Group:
    """An entity's rows in a read as of times: its key, their times, their numbers among all rows, and the features."""

    key: str
    times: list[str]
    numbers: list[int]
    features: list[Feature]


def keys(entity: str, ids: Iterable[str], *, registry: Registry | None = None) -> dict[str, str]:
    """Each id by its key in the store; FeatureError for what cannot be an id."""
    if registry is not None:
        registry.of(entity)
    return {layout.entity_key(entity, events_of.checked_id(entity, one)): one for one in ids}


@dataclass(frozen=True)
class Wanted:
    """What is read of an entity: each id by its key, and the features."""

    keys: dict[str, str]
    features: Sequence[Feature]


def wanted(ids: Mapping[str, Sequence[str]], *, registry: Registry) -> dict[str, Wanted]:
    """What is read of ids of several entities; FeatureError for what cannot be read."""
    return {entity: Wanted(keys(entity, known), registry.chosen(entity, None)) for entity, known in ids.items()}


def asked(of: Mapping[str, Wanted]) -> tuple[list[str], list[str]]:
    """(the keys to read, the fields of their items), for all entities together; no keys where there are no features."""
    with_features = [each for each in of.values() if each.features]
    fields = dict.fromkeys(layout.field(feature.name) for each in with_features for feature in each.features)
    return [key for each in with_features for key in each.keys], list(fields)


def online_of(
    of: Mapping[str, Wanted], found: Mapping[str, Mapping[str, Any]], *, now: datetime
) -> dict[str, dict[str, dict[str, Value]]]:
    """The values by entity and id, of online items by key."""
    return {entity: online(each.keys, found, features=each.features, now=now) for entity, each in of.items()}


def online(
    ids: Mapping[str, str], found: Mapping[str, Mapping[str, Any]], *, features: Sequence[Feature], now: datetime
) -> dict[str, dict[str, Value]]:
    """The values by id, of online items by key; {} for an id without an item."""
    time = values.time_text(now)
    return {one: _live(found.get(key, {}), features, now=time) for key, one in ids.items()}


def _live(item: Mapping[str, Any], features: Sequence[Feature], *, now: str) -> dict[str, Value]:
    live = {}
    for feature in features:
        value = layout.live_value(feature, item.get(layout.field(feature.name)), now=now)
        if value is not None:
            live[feature.name] = value
    return live


def grouped(rows: Sequence[tuple[str, str, str]], names: Iterable[str] | None, *, registry: Registry) -> list[Group]:
    """The rows (entity, id, time) by entity and id; FeatureError if one of them cannot be read.

    names: each must be a feature of one of the rows' entities.
    """
    wanted = None if names is None else list(names)
    groups: dict[str, Group] = {}
    features = {entity: _features(entity, wanted, registry=registry) for entity in {row[0] for row in rows}}
    if wanted is not None and rows:
        known = {feature.name for each in features.values() for feature in each}
        for name in wanted:
            if name not in known:
                registry.feature(rows[0][0], name)
    for number, (entity, one, time) in enumerate(rows):
        key = layout.entity_key(entity, events_of.checked_id(entity, one))
        group = groups.setdefault(key, Group(key, [], [], features[entity]))
        group.times.append(values.time_text(time))
        group.numbers.append(number)
    return list(groups.values())


def in_order(
    groups: Sequence[Group], answers: Sequence[Sequence[dict[str, Value]]], *, count: int
) -> list[dict[str, Value]]:
    """The groups' answers in the order of the rows."""
    ordered: list[dict[str, Value]] = [{} for _ in range(count)]
    for group, each in zip(groups, answers, strict=True):
        for number, answer in zip(group.numbers, each, strict=True):
            ordered[number] = answer
    return ordered


def _features(entity: str, names: Sequence[str] | None, *, registry: Registry) -> list[Feature]:
    of = registry.of(entity)
    return list(of.values()) if names is None else [of[name] for name in dict.fromkeys(names) if name in of]
