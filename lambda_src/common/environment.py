"""Environment variables, parsed once into a frozen dataclass.

A field `log_dlq_url: str` is read from `LOG_DLQ_URL`. Types: `str`, `int`, `float`, `dict` (a JSON object of strings),
`list` (a JSON list of strings).
A field without a default must be set and not blank.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar, get_origin, get_type_hints

T = TypeVar("T")


class SettingsError(Exception):
    """One or more environment variables are missing or cannot be read; the message names each."""


def _json_object(text: str) -> dict[str, str]:
    value = json.loads(text)
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError("not a JSON object of strings")
    return value


def _json_list(text: str) -> list[str]:
    value = json.loads(text)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("not a JSON list of strings")
    return value


_READERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    dict: (_json_object, "a JSON object of strings"),
    list: (_json_list, "a JSON list of strings"),
}


def _is_optional(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def load(cls: type[T], *, source: Mapping[str, str] | None = None) -> T:
    """Builds the dataclass `cls` from `source` (by default the process's environment).

    Raises SettingsError with every missing or unreadable variable in one sentence.
    """
    variables = os.environ if source is None else source
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in fields(cls):  # type: ignore[arg-type]
        name = field.name.upper()
        text = variables.get(name)
        if text is None or (not text.strip() and not _is_optional(field)):
            if not _is_optional(field):
                faults.append(f"{name} is not set")
            continue
        kind = get_origin(hints[field.name]) or hints[field.name]
        reader, wanted = _READERS[kind]
        try:
            values[field.name] = reader(text)
        except ValueError:
            faults.append(f"{name} is {text!r}, which is not {wanted}")
    if faults:
        raise SettingsError("the function's environment is incomplete: " + "; ".join(faults))
    return cls(**values)
