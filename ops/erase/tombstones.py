"""Records of what was erased, as ids and hashes: nothing writes it again, and an erasure can be repeated.

An item is `{erased_id, erased_at, expires_at}`. Keys and requests also have items `found#<id>#<number>` with the
digests of their texts, which nothing else can tell once the log has been erased; `datasets#<id>#<number>` with the key
of a dataset that held a text; and `models#<id>#<number>` with the name of a model whose evaluation quoted one, so
later erasures list these models as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from ops.erase import tables
from ops.erase.targets import Kind, Logged, Target, Wanted

_DIGEST = 32  # bytes of a SHA-256
_A_PART = 10_000  # digests, of 320 KB: an item may have 400 KB


class Tombstones:
    """The tombstones in `table`; each expires after `days` days."""

    def __init__(self, dynamodb: Any, *, table: str, days: int) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._days = days

    def put(self, targets: Iterable[Target]) -> None:
        """Write tombstones: from now on the targets are not stored again."""
        for target in targets:
            item = {"erased_id": {"S": target.erased_id}, "erased_at": {"S": target.at}, **self._ends()}
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def remember(self, wanted: Wanted) -> None:
        """Add what the log held of the targets to what is already recorded."""
        names = [target.erased_id for target in wanted.targets if target.kind in ("key", "request")]
        if not names:
            return
        known = self._known(names)
        new = Logged(wanted.logged.text_ids - known.text_ids, wanted.logged.sha256s - known.sha256s)
        # With several targets each text is recorded with the first: they are erased again together or not at all.
        number = len(self._items(_part_id, names[0]))
        for part in _parts(new):
            item = {"erased_id": {"S": _part_id(names[0], number)}, **part, **self._ends()}
            self._dynamodb.put_item(TableName=self._table, Item=item)
            number += 1

    def note_dataset(self, wanted: Wanted, key: str) -> None:
        """Record with each target that the dataset held erased texts."""
        self._note(wanted, _dataset_id, dataset=key)

    def note_model(self, wanted: Wanted, version: str) -> None:
        """Record with each target that the model's evaluation quoted erased texts."""
        self._note(wanted, _model_id, model=version)

    def datasets(self, wanted: Wanted) -> set[str]:
        """Keys of the datasets that held any target."""
        return self._noted(wanted, _dataset_id, "dataset")

    def models(self, wanted: Wanted) -> set[str]:
        """Names of the models whose evaluation quoted any target."""
        return self._noted(wanted, _model_id, "model")

    def known(self, wanted: Wanted) -> Logged:
        """What was recorded of the targets."""
        return self._known([target.erased_id for target in wanted.targets if target.kind in ("key", "request")])

    def targets(self) -> list[Target]:
        """The targets of all tombstones."""
        now = datetime.now(UTC).timestamp()
        targets = []
        for page in tables.scan(self._dynamodb, self._table, "erased_id", "erased_at", "expires_at"):
            for item in page:
                kind, _, value = item["erased_id"]["S"].partition("#")
                if "erased_at" in item and int(item["expires_at"]["N"]) > now:
                    targets.append(Target(cast(Kind, kind), value, item["erased_at"]["S"]))
        return targets

    def _known(self, names: list[str]) -> Logged:
        known = Logged()
        for name in names:
            for item in self._items(_part_id, name):
                known.text_ids |= _digests(item, "text_ids")
                known.sha256s |= _digests(item, "sha256s")
        return known

    def _note(self, wanted: Wanted, id_of: Callable[[str, int], str], **held: str) -> None:
        [(attribute, value)] = held.items()
        for target in wanted.targets:
            noted = self._items(id_of, target.erased_id)
            if any(item[attribute]["S"] == value for item in noted):
                continue
            name = id_of(target.erased_id, len(noted))
            item = {"erased_id": {"S": name}, attribute: {"S": value}, **self._ends()}
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def _noted(self, wanted: Wanted, id_of: Callable[[str, int], str], attribute: str) -> set[str]:
        names = [target.erased_id for target in wanted.targets]
        return {item[attribute]["S"] for name in names for item in self._items(id_of, name)}

    def _items(self, id_of: Callable[[str, int], str], name: str) -> list[dict[str, Any]]:
        """The items numbered from 0 under a name."""
        items: list[dict[str, Any]] = []
        while True:
            key = {"erased_id": {"S": id_of(name, len(items))}}
            item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
            if item is None:
                return items
            items.append(item)

    def _ends(self) -> dict[str, Any]:
        return {"expires_at": {"N": str(int((datetime.now(UTC) + timedelta(days=self._days)).timestamp()))}}


def _part_id(name: str, number: int) -> str:
    return f"found#{name}#{number}"


def _dataset_id(name: str, number: int) -> str:
    return f"datasets#{name}#{number}"


def _model_id(name: str, number: int) -> str:
    return f"models#{name}#{number}"


def _parts(texts: Logged) -> Iterator[dict[str, Any]]:
    """The attributes of the items that store it."""
    for name, digests in (("text_ids", sorted(texts.text_ids)), ("sha256s", sorted(texts.sha256s))):
        for start in range(0, len(digests), _A_PART):
            yield {name: {"B": b"".join(digests[start : start + _A_PART])}}


def _digests(item: dict[str, Any], name: str) -> set[bytes]:
    held = bytes(item.get(name, {}).get("B", b""))
    return {held[start : start + _DIGEST] for start in range(0, len(held), _DIGEST)}
