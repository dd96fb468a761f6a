"""What differs between two templates, apart from what CloudFormation does not act on.

Set aside: assets' hashes (and the order of a permission's resources, which follows them), CDK's path metadata,
functions' handlers, and the digest in a published version's logical id, which covers these. Text for people
(descriptions, titles, notes, a failed state's cause) is listed apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_VERSION = re.compile(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}\b")
_PATH_METADATA = {"aws:cdk:path", "aws:asset:path"}
_RESOURCES = {"Resource", "NotResource"}  # in a permission: CDK sorts them by their hashes, and IAM ignores the order
_TEXT_KEYS = {"Description", "AlarmDescription", "Comment", "Cause", "GroupDescription"}
# Within JSON that a template holds as a string: dashboards and state machines.
_TEXT_IN_JSON = re.compile(r'("(?:title|markdown|label|Comment|Cause)":)"((?:[^"\\]|\\.)*)"')
_ABSENT = object()


@dataclass
class Differences:
    """Lines of differences. texts: differences that only people notice."""

    found: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def compare(before: Any, after: Any) -> Differences:
    """The differences between two templates, each as `path: before -> after`."""
    result = Differences()
    for path, old, new in _walk("", _comparable(before), _comparable(after)):
        into = result.texts if _only_people_read(path.rsplit(".", 1)[-1], old, new) else result.found
        into.append(_line(path, old, new))
    return result


def _only_people_read(key: str, old: Any, new: Any) -> bool:
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    return key in _TEXT_KEYS or _TEXT_IN_JSON.sub(r"\1", old) == _TEXT_IN_JSON.sub(r"\1", new)


def _comparable(value: Any, *, kind: str = "") -> Any:
    if isinstance(value, dict):
        inner = str(value.get("Type", kind))
        return {
            _plain(key): _in_any_order(key, _comparable(each, kind=inner))
            for key, each in value.items()
            if key not in _PATH_METADATA and not (key == "Handler" and kind == "AWS::Lambda::Function")
        }
    if isinstance(value, list):
        return [_comparable(each, kind=kind) for each in value]
    return _plain(value) if isinstance(value, str) else value


def _in_any_order(key: str, value: Any) -> Any:
    return sorted(value, key=json.dumps) if key in _RESOURCES and isinstance(value, list) else value


def _plain(text: str) -> str:
    return _VERSION.sub(r"\1<digest>", _HASH.sub("<hash>", text))


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk(f"{path}.{key}" if path else key, old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _walk(f"{path}[{index}]", left, right)
    elif type(old) is not type(new) or old != new:
        yield path, old, new


def _line(path: str, old: Any, new: Any) -> str:
    return f"{path}: {_shown(old, new)} -> {_shown(new, old)}"


def _shown(value: Any, other: Any) -> str:
    """The value, cut to 160 characters around where it first differs from the other."""
    if value is _ABSENT:
        return "(nothing)"
    text, beside = json.dumps(value, ensure_ascii=False), json.dumps(other, ensure_ascii=False, default=str)
    same = next((at for at, (a, b) in enumerate(zip(text, beside, strict=False)) if a != b), 0)
    start = max(0, same - 40)
    shown = text[start : start + 160]
    return ("..." if start else "") + shown + ("..." if start + 160 < len(text) else "")
