"""Values of templates as one-line texts, and where two of them differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

ABSENT: Any = object()
# Hashes of what a build made, and the digest that the CDK puts into a published version's logical id.
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_VERSION = re.compile(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}\b")
_SUBSTITUTED = re.compile(r"\$\{([^!}][^}]*)\}")
Path = tuple[str, ...]


def text(value: Any) -> str:
    """A value in one line; references as `${Bucket.Arn}`, as in Fn::Sub, an import as `${import Stack:Export}`."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        ((name, argument),) = value.items()
        written = _intrinsic(name, argument)
        if written is not None:
            return written
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def _intrinsic(name: str, argument: Any) -> str | None:
    match name, argument:
        case "Ref", str():
            return f"${{{argument}}}"
        case "Fn::GetAtt", [resource, attribute]:
            return f"${{{resource}.{text(attribute)}}}"
        case "Fn::GetAtt", str():
            return f"${{{argument}}}"
        case "Fn::Join", [str() as separator, list() as parts]:
            return separator.join(text(part) for part in parts)
        case "Fn::Sub", str():
            return argument
        case "Fn::Sub", [str() as pattern, dict() as values]:
            return _SUBSTITUTED.sub(lambda m: text(values[m[1]]) if m[1] in values else m[0], pattern)
        case "Fn::ImportValue", _:
            return f"${{import {text(argument)}}}"
    return None


def without_hashes(value: str) -> str:
    """The text without what changes with each build: assets' hashes, published versions' digests."""
    return _VERSION.sub(r"\1", _HASH.sub("<asset>", value))


def differences(old: Any, new: Any, *, at: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Where two values differ, as deep as both have the same form; ABSENT for what one of them lacks."""
    if old == new and type(old) is type(new):
        return
    if _is_object(old) and _is_object(new):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), at=(*at, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from differences(left, right, at=(*at, str(index)))
    else:
        yield at, old, new


def _is_object(value: Any) -> bool:
    """Whether it is an object of properties, not an intrinsic function, which is compared as one value."""
    if not isinstance(value, dict):
        return False
    names = list(value)
    return not (len(names) == 1 and (names[0] == "Ref" or names[0].startswith("Fn::")))


def referenced(value: Any) -> Iterator[tuple[Path, str]]:
    """Every logical id or parameter that a value refers to, with the path of the reference in it."""
    yield from _referenced(value, ())


def _referenced(value: Any, at: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _referenced(each, (*at, str(index)))
    elif isinstance(value, dict):
        for key, each in value.items():
            match key, each:
                case "Ref", str():
                    yield at, each
                case "Fn::GetAtt", [str() as resource, _]:
                    yield at, resource
                case "Fn::GetAtt", str():
                    yield at, each.partition(".")[0]
                case "Fn::Sub", _:
                    pattern = each[0] if isinstance(each, list) else each
                    yield from ((at, name.partition(".")[0]) for name in _SUBSTITUTED.findall(str(pattern)))
                    if isinstance(each, list):
                        yield from _referenced(each[1:], at)
                case _:
                    inside = at if key.startswith("Fn::") else (*at, key)
                    yield from _referenced(each, inside)


def shortened(value: Any, other: Any, *, width: int = 100) -> str:
    """A value, cut to `width` characters around where it first differs from the other; `nothing` where it is absent."""
    if value is ABSENT:
        return "nothing"
    shown, beside = text(value), "" if other is ABSENT else text(other)
    same = next((at for at, (a, b) in enumerate(zip(shown, beside, strict=False)) if a != b), 0)
    start = max(0, same - width // 3) if len(shown) > width else 0
    cut = shown[start : start + width]
    return ("…" if start else "") + cut + ("…" if start + width < len(shown) else "")
