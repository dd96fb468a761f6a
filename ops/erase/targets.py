"""What to erase, and whether an item or text is part of it. No I/O."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.texts import text_normalization

Kind = Literal["key", "request", "text", "example"]
LONGEST_ID = 2048  # the longest partition key of DynamoDB, in bytes


@dataclass(frozen=True)
class Target:
    """One thing to erase. `value`: a key's id, a request's id, a text's SHA-256 (hex), or a normalised text's.

    `at`: later items are not part of it (UTC with milliseconds, as in the request log).
    """

    kind: Kind
    value: str
    at: str

    @property
    def erased_id(self) -> str:
        """The id of its tombstone, as used by `lambda_src/common/erased.py`."""
        return f"{self.kind}#{self.value}"


def of_text(text: str, *, at: str) -> list[Target]:
    """The targets for a text: its exact form, for stores that keep only hashes, and its normalised form."""
    return [
        Target("text", sha256(text).hex(), at),
        Target("example", text_normalization.text_id(text_normalization.normalised(text)), at),
    ]


def sha256(text: str) -> bytes:
    """The digest of a text's UTF-8 bytes, as in a request log that keeps hashes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def text_id(text: str) -> bytes:
    """The digest of the normalised text."""
    return bytes.fromhex(text_normalization.text_id(text_normalization.normalised(text)))


@dataclass
class Logged:
    """What the request log held of the targets, for the stores that know neither keys nor requests.

    text_ids: of texts; sha256s: of texts for which the log has only the hash; requests: their ids.
    """

    text_ids: set[bytes] = field(default_factory=set)
    sha256s: set[bytes] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)

    def add(self, item: Mapping[str, Any]) -> None:
        """Add an item of the log (DynamoDB JSON); of a malformed one, only its request."""
        self.requests.add(item["request_id"]["S"])
        with contextlib.suppress(ValueError):
            if (text := _held(item, "text")) is not None:
                self.text_ids.add(text_id(text))
            elif (digest := _held(item, "text_sha256")) is not None:
                self.sha256s.add(bytes.fromhex(digest))

    def update(self, other: Logged) -> None:
        """Add everything from another one."""
        self.text_ids |= other.text_ids
        self.sha256s |= other.sha256s
        self.requests |= other.requests


class Wanted:
    """The targets and what the log held of them; decides whether a stored item or text is wanted."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets = list(targets)
        self.logged = Logged()
        self._at: dict[str, dict[str, str]] = {"key": {}, "request": {}, "text": {}, "example": {}}
        for target in self.targets:
            known = self._at[target.kind]
            known[target.value] = max(target.at, known.get(target.value, ""))

    def targets_of(self, kind: Kind) -> Mapping[str, str]:
        """The targets of a kind: each value, and the latest time of the items that it covers."""
        return self._at[kind]

    @property
    def by_content(self) -> bool:
        """Whether texts are wanted by their content."""
        return bool(self._at["text"] or self._at["example"])

    def has_item(self, item: Mapping[str, Any]) -> bool:
        """Whether an item of the request log (DynamoDB JSON) is wanted. Raises ValueError if it is malformed."""
        when = _held(item, "time") or ""
        key_id, text = _held(item, "key_id"), _held(item, "text")
        if key_id is not None and self._covers("key", key_id, when):
            return True
        if _held(item, "request_id") in self._at["request"]:
            return True
        if not self.by_content:
            return False
        if text is not None:
            return self._covers("example", text_id(text).hex(), when) or self._covers("text", sha256(text).hex(), when)
        return self._covers("text", _held(item, "text_sha256") or "", when)

    def has_example(self, item: Mapping[str, Any]) -> bool:
        """Whether an example (DynamoDB JSON) is wanted: by key and time, or by its text alone."""
        when, key_id = str(item.get("time", {}).get("S", "")), item.get("key_id", {}).get("S")
        if key_id is not None and self._covers("key", key_id, when):
            return True
        return "text" in item and self.is_text(item["text"]["S"])

    def is_text(self, text: str) -> bool:
        """Whether a text is wanted by its content, whoever sent it."""
        return text_id(text).hex() in self._at["example"] or sha256(text).hex() in self._at["text"]

    def has_row(self, row_id: str) -> bool:
        """Whether the normalised text with this digest (hex) is wanted, as `has_text` says."""
        if row_id in self._at["example"]:
            return True
        with contextlib.suppress(ValueError):
            return bytes.fromhex(row_id) in self.logged.text_ids
        return False

    def has_text(self, text: str) -> bool:
        """Whether a text is wanted, by its content or because the log has it for a wanted key or request."""
        found = self.logged
        if (self._at["example"] or found.text_ids) and self._known_id(text_id(text)):
            return True
        if not (self._at["text"] or found.sha256s):
            return False
        digest = sha256(text)
        return digest in found.sha256s or digest.hex() in self._at["text"]

    def _covers(self, kind: Kind, value: str, when: str) -> bool:
        until = self._at[kind].get(value)
        return until is not None and when <= until

    def _known_id(self, digest: bytes) -> bool:
        return digest in self.logged.text_ids or digest.hex() in self._at["example"]


def _held(item: Mapping[str, Any], name: str) -> str | None:
    """An item's string attribute; None if it has none of that name. Raises ValueError if it is malformed."""
    if not isinstance(item, Mapping):
        raise ValueError("is not an item")
    attribute = item.get(name, {"S": None})
    held = attribute.get("S", 0) if isinstance(attribute, Mapping) else 0
    if not isinstance(held, str | None):
        raise ValueError("is not a string")
    return held
