"""The settings reference, from the model itself: `python -m environments.reference > docs/settings.md`."""

from __future__ import annotations

import datetime as dt
import sys
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from environments.reading.messages import entry_of, section_of
from environments.settings import Settings

_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", dt.date: "date"}
_HEAD = """\
# Settings

<!-- Written by `python -m environments.reference > docs/settings.md`: change the models in environments/sections/. -->

One YAML file under `environments/` is one environment.
`cdk deploy -c env=dev --all` reads `environments/dev.yaml`, and `-c env=path/to/mine.yaml` any other.
The file's name is the environment's name.
An `environments/<env>.override.yaml` beside it, which git ignores, is merged on top key by key.

A key that does not exist, a wrong type or a combination that cannot work stops the command with one line:

    environments/dev.yaml: serving.mode: 'turbo' is not allowed; use one of: real-time, serverless
"""


def render() -> str:
    """The whole page, in Markdown."""
    return _HEAD + "".join(_tables(Settings, path=()))


def _tables(model: type[BaseModel], *, path: tuple[str, ...]) -> Iterator[str]:
    title = ".".join(path) or "Top level"
    rows = [
        "",
        f"## {title}",
        "",
        *_intro(model, path=path),
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    sections = []
    for name, field in model.model_fields.items():
        if path == () and name == "name":
            continue
        section = section_of(field.annotation) or entry_of(field.annotation)
        if section is not None:
            sections.append((name, section))
        rows.append(f"| `{name}` | {_type(field)} | {_default(field)} | {field.description} |")
    yield "\n".join(rows) + "\n"
    for name, section in sections:
        yield from _tables(section, path=(*path, name))


def _intro(model: type[BaseModel], *, path: tuple[str, ...]) -> list[str]:
    return [*(model.__doc__ or "").strip().splitlines()[0].replace(". ", ".\n").splitlines(), ""] if path else []


def _type(field: FieldInfo) -> str:
    if section_of(field.annotation) is not None:
        return "section"
    return ", ".join(_names(field.annotation)) + _range(field.metadata)


def _names(annotation: Any) -> list[str]:
    origin = get_origin(annotation)
    if origin is Annotated:
        first, *rest = get_args(annotation)
        return [_names(first)[0] + _range(rest)]
    if origin is Literal:
        return [f"`{value}`" for value in get_args(annotation)]
    if origin in (Union, types.UnionType):
        return [name for arg in get_args(annotation) if arg is not types.NoneType for name in _names(arg)]
    if entry_of(annotation) is not None:
        return ["list of entries"]
    if origin is list:
        return [f"list of {', '.join(_names(get_args(annotation)[0]))}"]
    if origin is dict:
        return ["keys and values"]
    return [_PLAIN[annotation]]


def _range(metadata: list[Any]) -> str:
    flat = [part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item])]
    words = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}
    bounds = [
        text.format(getattr(part, name))
        for name, text in words.items()
        for part in flat
        if getattr(part, name, None) is not None
    ]
    return f", {' '.join(bounds)}" if bounds else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is PydanticUndefined or isinstance(field.default, BaseModel):
        return "empty"
    if field.default is None:
        return "unset"
    shown = {True: "true", False: "false"}.get(field.default) if isinstance(field.default, bool) else str(field.default)
    return f"`{shown}`"


if __name__ == "__main__":
    sys.stdout.write(render())
