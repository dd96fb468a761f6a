"""Records of the local SageMaker, separated by account and region, and how MiniStack's saved state stores them."""

import copy
import threading
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
Scope = tuple[str, str]  # account ID, region


class Store:
    """Records by kind and name, and tags by ARN, for the account and region that `scope()` returns.

    A record is a plain JSON object. Hold `lock` when you read a record in order to change it. The lock is re-entrant;
    do nothing that waits (for a process or a request) while you hold it.
    """

    def __init__(self, scope: Callable[[], Scope]) -> None:
        self._scope = scope
        self._kinds: dict[Scope, dict[str, dict[str, Record]]] = {}
        self._tags: dict[Scope, dict[str, dict[str, str]]] = {}
        self.lock = threading.RLock()

    def scope(self) -> Scope:
        return self._scope()

    def scopes(self) -> list[Scope]:
        """Return every account and region that has ever had a record."""
        with self.lock:
            return list(self._kinds)

    def get(self, kind: str, name: str) -> Record | None:
        return self._of(kind).get(name)

    def put(self, kind: str, name: str, record: Record) -> None:
        with self.lock:
            self._of(kind)[name] = record

    def remove(self, kind: str, name: str) -> None:
        with self.lock:
            self._of(kind).pop(name, None)

    def all(self, kind: str) -> list[Record]:
        """Return all records of a kind in order of creation."""
        with self.lock:
            return list(self._of(kind).values())

    def tags(self, arn: str) -> dict[str, str]:
        with self.lock:
            return dict(self._tags.setdefault(self.scope(), {}).get(arn, {}))

    def set_tags(self, arn: str, tags: dict[str, str]) -> None:
        with self.lock:
            here = self._tags.setdefault(self.scope(), {})
            if tags:
                here[arn] = dict(tags)
            else:
                here.pop(arn, None)

    def arn(self, resource: str, *, service: str = "sagemaker") -> str:
        """Return the ARN of `resource` (such as `model/name`) in this account and region."""
        account, region = self.scope()
        return f"arn:aws:{service}:{region}:{account}:{resource}"

    def dump(self) -> dict[str, Any]:
        """Return the whole store as JSON."""
        with self.lock:
            return {
                "records": {_key(scope): copy.deepcopy(kinds) for scope, kinds in self._kinds.items()},
                "tags": {_key(scope): copy.deepcopy(tags) for scope, tags in self._tags.items()},
            }

    def load(self, saved: dict[str, Any]) -> None:
        """Load the result of `dump`."""
        with self.lock:
            self._kinds = {_scope(key): kinds for key, kinds in saved.get("records", {}).items()}
            self._tags = {_scope(key): tags for key, tags in saved.get("tags", {}).items()}

    def clear(self) -> None:
        with self.lock:
            self._kinds.clear()
            self._tags.clear()

    def _of(self, kind: str) -> dict[str, Record]:
        return self._kinds.setdefault(self.scope(), {}).setdefault(kind, {})


def _key(scope: Scope) -> str:
    return "/".join(scope)


def _scope(key: str) -> Scope:
    account, region = key.split("/", 1)
    return account, region
