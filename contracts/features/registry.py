"""The registry of features: name, type, entity, time to live and source of each. No I/O.

The file environments/features.yaml is read at synth and handed to the functions as JSON; both forms are what `parse`
takes: `{"features": [{"name", "entity", "type", "source", "time_to_live", "description"}]}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from contracts.features.values import TYPES, FeatureError, Type, shown

# What features describe: a caller by the id of the API key, a publisher by its name, a text by its key's hash.
Entity = Literal["caller", "publisher", "text"]
ENTITIES: Final[tuple[Entity, ...]] = get_args(Entity)
# What a feature is computed from.
Source = Literal["request_log", "labels", "feedback"]
SOURCES: Final[tuple[Source, ...]] = get_args(Source)

MOST_FEATURES: Final = 100  # of one entity: an item of DynamoDB holds 400 KB, with strings of 1 KB each
MOST_SECONDS: Final = 100 * 366 * 86_400
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NEEDED = ("name", "entity", "type", "source")
_KNOWN = (*_NEEDED, "time_to_live", "description")


@dataclass(frozen=True)
class Feature:
    """A feature. time_to_live: seconds after the event from which its value is no longer given; None: always given."""

    name: str
    entity: Entity
    type: Type
    source: Source
    time_to_live: int | None = None
    description: str = ""


class Registry:
    """All features, by entity and name."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.features = tuple(features)
        self._by_entity: dict[str, dict[str, Feature]] = {entity: {} for entity in ENTITIES}
        for feature in self.features:
            self._by_entity[feature.entity][feature.name] = feature

    def of(self, entity: str) -> Mapping[str, Feature]:
        """An entity's features by name; FeatureError for an entity that there is not."""
        if not isinstance(entity, str) or entity not in self._by_entity:
            raise FeatureError(f"there is no entity {shown(entity)}: it is one of {', '.join(ENTITIES)}")
        return self._by_entity[entity]

    def feature(self, entity: str, name: str) -> Feature:
        """A feature; FeatureError if the registry does not name it."""
        features = self.of(entity)
        if name not in features:
            known = ", ".join(sorted(features)) or "none"
            raise FeatureError(f"the registry names no feature {shown(name)} of a {entity} (it names: {known})")
        return features[name]

    def chosen(self, entity: str, names: Iterable[str] | None) -> list[Feature]:
        """The features with these names, or all of the entity's; FeatureError for one that the registry lacks."""
        if names is None:
            return list(self.of(entity).values())
        return [self.feature(entity, name) for name in dict.fromkeys(names)]

    def longest_life(self, entity: str) -> int | None:
        """Seconds after which none of the entity's values is given; None if one of them always is."""
        lives = [feature.time_to_live for feature in self.of(entity).values()]
        return None if not lives or None in lives else max(life for life in lives if life is not None)

    def as_json(self) -> str:
        """The registry in the form that `loads` reads, the same text for the same registry."""
        return json.dumps({"features": [asdict(feature) for feature in self.features]}, separators=(",", ":"))


def loads(text: str, *, where: str = "the feature registry") -> Registry:
    """The registry in a JSON text; raises FeatureError in one sentence that begins with `where`."""
    try:
        data = json.loads(text)
    except ValueError:
        raise FeatureError(f"{where} is not JSON") from None
    return parse(data, where=where)


def parse(data: Any, *, where: str = "the feature registry") -> Registry:
    """The registry in what a YAML or JSON file holds; raises FeatureError in one sentence that begins with `where`."""
    if not isinstance(data, Mapping) or set(data) != {"features"} or not isinstance(data["features"], list):
        raise FeatureError(f"{where}: write a list of features under the one key `features`")
    features: dict[tuple[str, str], Feature] = {}
    for number, entry in enumerate(data["features"], start=1):
        feature = _feature(entry, where=f"{where}: feature {number}")
        if (feature.entity, feature.name) in features:
            raise FeatureError(f"{where}: the {feature.entity} feature {feature.name!r} is there twice: leave one out")
        features[feature.entity, feature.name] = feature
    for entity in ENTITIES:
        count = sum(feature.entity == entity for feature in features.values())
        if count > MOST_FEATURES:
            raise FeatureError(f"{where}: {count} features of a {entity}, of which at most {MOST_FEATURES} are allowed")
    return Registry(features.values())


def _feature(entry: Any, *, where: str) -> Feature:
    if not isinstance(entry, Mapping):
        raise FeatureError(f"{where} is not a mapping with {', '.join(_NEEDED)}")
    if isinstance(entry.get("name"), str):
        where = f"{where} ({shown(entry['name'])[1:-1]})"
    for key in _NEEDED:
        if key not in entry:
            raise FeatureError(f"{where} has no `{key}`")
    if unknown := [key for key in entry if key not in _KNOWN]:
        raise FeatureError(f"{where}: there is no key {shown(unknown[0])}: use {', '.join(_KNOWN)}")
    name, life, about = entry["name"], entry.get("time_to_live"), entry.get("description", "")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise FeatureError(f"{where}: `name` takes up to 63 small letters, digits and _, and begins with a letter")
    for key, allowed in (("entity", ENTITIES), ("type", TYPES), ("source", SOURCES)):
        if entry[key] not in allowed:
            raise FeatureError(f"{where}: `{key}` is {shown(entry[key])}, not one of {', '.join(allowed)}")
    if life is not None and (not isinstance(life, int) or isinstance(life, bool) or not 1 <= life <= MOST_SECONDS):
        raise FeatureError(f"{where}: `time_to_live` is {shown(life)}, not a whole number of seconds from 1 on")
    if not isinstance(about, str):
        raise FeatureError(f"{where}: `description` is {shown(about)}, not text")
    return Feature(name, entry["entity"], entry["type"], entry["source"], life, about)
