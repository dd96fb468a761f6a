"""The labels that an environment's `data.labels`, or a file, makes of a dataset's, for the model environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.texts.label_mapping import LabelMapping
from environments.reading.errors import SettingsError
from environments.settings import load_labels
from ops.deployment.cloud import ROOT
from ops.errors import USAGE, OpsError

Labels = Annotated[
    str,
    typer.Option(
        metavar="ENV|YAML",
        help="Apply data.labels of this environment, or of a YAML file that has only rename, merge and drop.",
    ),
]


def mapping(name: str) -> LabelMapping | None:
    """What the option names; None for "". Raises OpsError for what is neither."""
    if not name:
        return None
    try:
        return load_labels(name, root=ROOT)
    except SettingsError as error:
        raise OpsError(str(error), status=USAGE) from None


def written(labels: LabelMapping | None, folder: Path) -> Path | None:
    """The mapping as a file in a folder; None if nothing changes."""
    if not labels:
        return None
    file = folder / "labels.json"
    file.write_text(labels.to_json(), encoding="utf-8")
    return file
