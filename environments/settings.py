"""Settings of one environment: `load("dev", root=Path("."))` reads and checks `environments/dev.yaml`.

This module does not import the CDK: commands that only need a setting start fast.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from contracts.texts.label_mapping import LabelMapping
from environments.reading.errors import SettingsError
from environments.reading.files import Source, locate, read
from environments.reading.messages import describe
from environments.rules.check import check
from environments.sections.data import Labels
from environments.sections.environment import Settings

__all__ = ["Settings", "SettingsError", "load", "load_labels"]


def load(env: str, *, root: Path) -> Settings:
    """Read and check an environment.

    env: a name (`dev` for `environments/dev.yaml` under root) or a path to a YAML file. An `<env>.override.yaml` beside
    it is merged on top, key by key. Raises SettingsError with one line: what is wrong, where, and what is allowed.
    """
    source = read(locate(env, root=root), root=root)
    if "name" in source.values:
        raise SettingsError(
            f"{source.file_of(('name',))}: name: is not allowed; the file's own name is the environment's name"
        )
    try:
        settings = Settings.model_validate({**source.values, "name": source.stem})
    except ValidationError as error:
        raise SettingsError(describe(error, source=source, model=Settings)) from None
    _refuse_impossible(settings, source=source, root=root)
    return settings


def load_labels(name: str, *, root: Path) -> LabelMapping:
    """The labels' mapping of an environment, or of a YAML file that has only what is below `data.labels`.

    name: as for `load`, but a path is relative to the working directory. Raises SettingsError with one line.
    """
    path = Path(name).expanduser()
    source = read(locate(str(path.resolve()) if path.suffix in (".yaml", ".yml") else name, root=root), root=root)
    data = source.values.get("data")
    values = (data or {}).get("labels") or {} if "data" in source.values else source.values
    try:
        mapping = Labels.model_validate(values).mapping
    except ValidationError as error:
        raise SettingsError(describe(error, source=source, model=Labels)) from None
    except ValueError as error:
        raise SettingsError(f"{source.file}: {error}") from None
    fault = mapping.fault()
    if fault:
        key = ".".join(("data", "labels", *fault.key))
        raise SettingsError(f"{source.file}: {key}: {fault.label!r} is not allowed; {fault.why}")
    return mapping


def _refuse_impossible(settings: Settings, *, source: Source, root: Path) -> None:
    problem = check(settings, root=root)
    if problem is not None:
        raise SettingsError(f"{source.file_of(problem.key)}: {problem}")
