"""A request as the gate sees it: header and query names in lower case, each with all its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

_SIGNED_V4 = re.compile(r"Credential=([^/]+)/(?:[^/,\s]*/){2}([^/,\s]*)")
_NAMED_V4 = re.compile(r"Credential=([^/]+)/")
_SIGNED_V2 = re.compile(r"AWS ([^:]+):")


@dataclass(frozen=True)
class Request:
    """A request. `path` is percent-decoded once, as MiniStack routes it."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, tuple[str, ...]]
    is_websocket: bool = False

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> Request:
        """Create the request from an ASGI scope."""
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        query = parse_qsl(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
        return cls(
            method=scope.get("method", "GET"),
            path=scope["path"],
            query=_together(query),
            headers=_together(headers),
            is_websocket=scope["type"] == "websocket",
        )

    def header(self, name: str) -> str | None:
        """Return the value of a header that occurs exactly once, otherwise None."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None

    def access_key_ids(self) -> list[str]:
        """The access key IDs that the request contains: in its Authorization header or in a presigned URL (V4, V2)."""
        key_ids: list[str] = []
        for value in self.headers.get("authorization", ()):
            pattern = _NAMED_V4 if value.startswith("AWS4-") else _SIGNED_V2
            key_ids += pattern.findall(value)
        key_ids += [value.partition("/")[0] for value in self.query.get("x-amz-credential", ())]
        return key_ids + list(self.query.get("awsaccesskeyid", ()))

    def service(self) -> str:
        """The service that the signature is for, such as `sts`; "" if there is none."""
        credentials = self.headers.get("authorization", ()) + tuple(
            f"Credential={value}" for value in self.query.get("x-amz-credential", ())
        )
        return next((match[2] for match in map(_SIGNED_V4.search, credentials) if match), "")


def _together(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    merged: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        merged[name.lower()] = (*merged.get(name.lower(), ()), value)
    return merged
