"""Removes account ids, keys, addresses and paths of the user from a report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_RULES = (
    (re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])"), "<account>"),
    (re.compile(r"rk_[A-Za-z0-9_-]+"), "<api key>"),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}"), "<access key>"),
    (re.compile(r"(?i)((?:secret|session)_?(?:access_?)?(?:key|token)[\"']?\s*[:=]\s*[\"']?)[^\s\"']+"), r"\1<secret>"),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), "<address>"),
)


def text(content: str) -> str:
    """The redacted text."""
    for pattern, instead in _RULES:
        content = pattern.sub(instead, content)
    home = str(Path.home())
    return content.replace(home, "~") if len(home) > 1 else content


def value(content: Any) -> Any:
    """A JSON value with all strings redacted, including names."""
    if isinstance(content, str):
        return text(content)
    if isinstance(content, dict):
        return {text(str(name)): value(item) for name, item in content.items()}
    if isinstance(content, list | tuple):
        return [value(item) for item in content]
    return content
