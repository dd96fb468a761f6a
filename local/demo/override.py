"""`make demo DATASET=… BASE_MODEL=…`: choices that are kept in the environment's override file.

The settings merge `environments/local.override.yaml` over `environments/local.yaml`, so a later `cdk diff -c env=local`
uses them as well.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.errors import CliError
from local.workspace import Workspace

GENERATED = "generated"
COMPACT = "compact"
LINEAR = "linear"  # the model that served was linear, without an encoder
_HEADER = "# By `make demo DATASET=... BASE_MODEL=...`; DATASET=generated and BASE_MODEL=compact restore defaults.\n"


@dataclass(frozen=True)
class Choice:
    """The demo's dataset and base model; the flags tell whether an earlier run chose them."""

    dataset: str
    base_model: str
    dataset_kept: bool
    base_model_kept: bool


def file_of(workspace: Workspace) -> Path:
    """The override file beside the environment's own file."""
    name = workspace.environment
    own = workspace.root / (name if name.endswith((".yaml", ".yml")) else f"environments/{name}.yaml")
    return own.with_name(f"{own.stem}.override{own.suffix}")


def apply(workspace: Workspace, *, dataset: str | None, base_model: str | None) -> Choice:
    """Write the choices into the override file, keeping its other values. Returns what applies now. Raises CliError."""
    path = file_of(workspace)
    values = _read(path)
    changed = merged(values, dataset=dataset, base_model=base_model, root=Path.cwd())
    if changed != values:
        if changed:
            path.write_text(_HEADER + yaml.safe_dump(changed, sort_keys=False))
        else:
            path.unlink(missing_ok=True)
    return Choice(
        dataset=_dataset_of(changed),
        base_model=str(changed.get("training", {}).get("base_model", COMPACT)),
        dataset_kept=dataset is None and "dataset" in changed.get("data", {}),
        base_model_kept=base_model is None and "base_model" in changed.get("training", {}),
    )


def merged(values: dict[str, Any], *, dataset: str | None, base_model: str | None, root: Path) -> dict[str, Any]:
    """The override's values with these choices; paths are relative to `root`. Raises CliError."""
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in values.items()}
    if dataset is not None:
        setting, earlier = _dataset_setting(dataset, values, root), values.get("data", {}).get("dataset")
        if earlier and setting != earlier:
            _set(result, "data", "labels", None)  # as the columns, they are names of the earlier file
        _set(result, "data", "dataset", setting)
    if base_model is not None:
        _set(result, "training", "base_model", _base_model_setting(base_model, root))
    return result


def _set(values: dict[str, Any], section: str, key: str, value: object) -> None:
    part = values.setdefault(section, {})
    if value is None:
        part.pop(key, None)
    else:
        part[key] = value
    if not part:
        del values[section]


def _dataset_setting(text: str, values: dict[str, Any], root: Path) -> dict[str, Any] | None:
    if text == GENERATED:
        return None
    # The column names belong to the file: drop them with it.
    earlier = values.get("data", {}).get("dataset", {})
    if text == "uci":
        setting: dict[str, Any] = {"source": "uci", "path": None}
    elif text.startswith("s3://"):
        setting = {"source": "s3", "path": None, "uri": text}
    else:
        path = (root / Path(text).expanduser()).resolve()
        if not path.exists():
            raise CliError(
                f"DATASET: there is no file {path}. Use a file, a folder of files, s3://bucket/key, uci or {GENERATED}."
            )
        setting = {"source": "file", "path": str(path)}
    same = all(earlier.get(key) == value for key, value in setting.items())
    return {**earlier, **setting} if same else setting


def _base_model_setting(text: str, root: Path) -> str | None:
    if text == COMPACT:
        return None
    folder = (root / Path(text).expanduser()).resolve()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise CliError(f"BASE_MODEL: {folder} has no config.json: use the folder of a Hugging Face model.")
        return str(folder)
    if text.startswith((".", "/", "~")):
        raise CliError(f"BASE_MODEL: there is no folder {folder}. Use a folder, a hub id or {COMPACT}.")
    return text


def _dataset_of(values: dict[str, Any]) -> str:
    dataset = values.get("data", {}).get("dataset", {})
    if isinstance(listed := dataset.get("path"), list):
        return ", ".join(listed)
    return str(listed or dataset.get("uri") or dataset.get("source") or GENERATED)


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise CliError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise CliError(f"{path} has no settings: it needs a mapping, such as `training:`")
    return values
