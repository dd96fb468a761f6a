"""Finding, reading and merging an environment's YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from environments.reading.errors import SettingsError


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a repeated key is an error, instead of the last one counting."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} appears twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True)
class Source:
    """An environment's values as written, and which file each came from."""

    values: dict[str, Any]
    stem: str
    file: str
    override: dict[str, Any]
    override_file: str

    def file_of(self, key: tuple[str | int, ...]) -> str:
        """The file that a key was set in: the override where it has that key, else the environment's own."""
        here: Any = self.override
        for part in key:
            if isinstance(here, Mapping) and part in here:
                here = here[part]
            elif isinstance(here, list):
                break
            else:
                return self.file
        return self.override_file


def locate(env: str, *, root: Path) -> Path:
    """The YAML file for an environment's name or path; SettingsError if there is none."""
    if env.endswith((".yaml", ".yml")):
        path = Path(env) if Path(env).is_absolute() else root / env
        if not path.is_file():
            raise SettingsError(f"{env}: no such environment file")
        return path
    path = root / "environments" / f"{env}.yaml"
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.yaml") if not p.stem.endswith(".override"))
        raise SettingsError(
            f"environment {env!r} does not exist; use one of: {', '.join(known)}, or a path to a YAML file"
        )
    return path


def read(path: Path, *, root: Path) -> Source:
    """Read an environment's file and the override beside it."""
    override_path = path.with_name(f"{path.stem}.override{path.suffix}")
    base = parse(path, root=root)
    override = parse(override_path, root=root) if override_path.is_file() else {}
    return Source(
        values=merge(base, override),
        stem=path.stem,
        file=_shown(path, root=root),
        override=override,
        override_file=_shown(override_path, root=root),
    )


def merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """`top` over `base`: mappings are merged key by key, anything else is replaced."""
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def parse(path: Path, *, root: Path) -> dict[str, Any]:
    """A YAML file's mapping; {} for an empty file. Raises SettingsError with one line."""
    shown = _shown(path, root=root)
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{shown}: line {line}: {error.problem or 'not valid YAML'}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{shown}: not valid YAML: {' '.join(str(error).split())}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{shown}: the file must be a mapping of settings, such as `serving:`")
    return values


def _shown(path: Path, *, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
