"""Settings of the data that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from environments.rules.problem import Problem
from environments.sections.data import UCI_ARCHIVE

# Percent-encoded, three characters a byte, it fits a hyperparameter (contracts/models/hyperparameters.py) and, as it
# is, the 4 KB that a Lambda function has for its variables.
COLUMN_BYTES = 600

if TYPE_CHECKING:
    from environments.sections.environment import Settings


def dataset_problems(settings: Settings, *, root: Path) -> Iterator[Problem]:
    """A dataset whose location is missing, belongs to another source, or does not exist."""
    dataset = settings.data.dataset
    needed = {"file": "path", "s3": "uri"}
    for source, field in needed.items():
        value = getattr(dataset, field)
        key = ("data", "dataset", field)
        if dataset.source == source and value is None:
            yield Problem(key, None, f"data.dataset.source is {source}")
        if dataset.source != source and value is not None:
            yield Problem(
                key,
                ", ".join(value) if isinstance(value, list) else value,
                f"it needs data.dataset.source: {source} (now {dataset.source}); change one of the two",
            )
    if dataset.source != "uci" and dataset.url != UCI_ARCHIVE:
        yield Problem(
            ("data", "dataset", "url"),
            dataset.url,
            f"it needs data.dataset.source: uci (now {dataset.source}); change one of the two",
        )
    # A built file is checked where it is read; that error names the command that builds it.
    for name in (dataset.path or []) if dataset.source == "file" else []:
        if not name.startswith("build/") and not (root / Path(name).expanduser()).exists():
            allowed = "the file does not exist; use a path from the repository's root"
            yield Problem(("data", "dataset", "path"), name, allowed)
    if dataset.source == "file" and dataset.path == []:
        yield Problem(("data", "dataset", "path"), None, "the list has no file")


def column_problems(settings: Settings) -> Iterator[Problem]:
    """Names of columns that are too long to be passed to the training job."""
    dataset = settings.data.dataset
    for field in ("text_column", "label_column"):
        name = getattr(dataset, field)
        if name is not None and len(name.encode()) > COLUMN_BYTES:
            allowed = f"use a name of at most {COLUMN_BYTES} bytes: rename the column in the file"
            yield Problem(("data", "dataset", field), f"{name[:40]}...", allowed)


def label_problems(settings: Settings) -> Iterator[Problem]:
    """A mapping of labels that cannot be meant: a chain, a label with two fates, a blank name."""
    try:
        fault = settings.data.labels.mapping.fault()
    except ValueError as error:
        yield Problem(("data", "labels"), "a name", f"{error}; white space and Unicode form do not tell labels apart")
        return
    if fault:
        yield Problem(("data", "labels", *fault.key), fault.label, fault.why)


def text_problems(settings: Settings) -> Iterator[Problem]:
    """Texts that must not be stored in one place but would be in another."""
    kept, captured = settings.data.request_log_text, settings.serving.data_capture_percent
    if kept != "store" and captured:
        allowed = f"data capture keeps whole texts in S3, and data.request_log_text is {kept}; remove one of the two"
        yield Problem(("serving", "data_capture_percent"), captured, allowed)
