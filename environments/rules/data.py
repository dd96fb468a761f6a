"""Settings of the data that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from environments.rules.problem import Problem
from environments.sections.data import UCI_ARCHIVE

if TYPE_CHECKING:
    from environments.sections.environment import Settings


def dataset_problems(settings: Settings, *, root: Path) -> Iterator[Problem]:
    """A dataset whose place is missing, not that of its source, or no file."""
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
                value,
                f"it goes with data.dataset.source {source}, which is {dataset.source}; remove one of the two",
            )
    if dataset.source != "uci" and dataset.url != UCI_ARCHIVE:
        yield Problem(
            ("data", "dataset", "url"),
            dataset.url,
            f"it goes with data.dataset.source uci, which is {dataset.source}; remove one of the two",
        )
    # What the build step makes is checked where it is read, with the command that makes it.
    if dataset.source == "file" and dataset.path is not None and not dataset.path.startswith("build/"):
        path = root / Path(dataset.path).expanduser()
        if not path.is_file():
            allowed = "there is no such file; give a path from the repository's root"
            yield Problem(("data", "dataset", "path"), dataset.path, allowed)


def text_problems(settings: Settings) -> Iterator[Problem]:
    """Texts that would be stored in one place and may not be in the other."""
    kept, captured = settings.data.request_log_text, settings.serving.data_capture_percent
    if kept != "store" and captured:
        allowed = f"data capture keeps whole texts in S3, and data.request_log_text is {kept}; remove one of the two"
        yield Problem(("serving", "data_capture_percent"), captured, allowed)
