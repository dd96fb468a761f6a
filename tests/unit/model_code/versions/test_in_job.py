"""A job makes the next dataset version of its channels, or says why not (tests/long/test_dataset_version.py trains)."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.datasets import fold, ledger, manifest
from contracts.texts.label_mapping import LabelMapping
from model_code.dataset_generator import generate_headlines
from model_code.training import train
from model_code.training.errors import TrainingError
from model_code.training.folders import Folders
from model_code.training.settings import Hyperparameters
from model_code.training.versions import in_job, rows

NEW = "A cure for hiccups found in Ulm"
Start = Callable[..., Hyperparameters]


def event(text: str, label: str) -> dict[str, Any]:
    given = {"row_id": ledger.row_of(text), "event_id": f"e{text}", "kind": "label", "source": "feedback"}
    return {**given, "key_id": "k", "trusted": True, "label": label, "text": text, "time": "2026-11-20T10:00:00.000Z"}


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    base = tmp_path / "ml"
    for channel in ("dataset", fold.CHANNEL):
        (base / "input/data" / channel).mkdir(parents=True)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    return base


@pytest.fixture
def first(base: Path) -> None:
    """The environment's dataset, whose columns have names of their own."""
    with (base / "input/data/dataset/news.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("said", "kind"), *generate_headlines.headlines(400, seed=8)])


@pytest.fixture
def start(base: Path) -> Start:
    """Fills the channel fold; the job's settings."""

    def start(*events: dict[str, Any], settings: dict[str, Any] | None = None, **changed: Any) -> Hyperparameters:
        channel = base / "input/data" / fold.CHANNEL
        content = "".join(json.dumps(each) + "\n" for each in events).encode()
        (channel / fold.EVENTS_FILE).write_bytes(content)
        request: Any = {
            **{"layout": 1, "version": "v1", "parent": None, "created": "2026-11-30T09:00:00Z", "parent_sha256": ""},
            **{"events_sha256": hashlib.sha256(content).hexdigest(), "gone": [], "erased": 0, "key_share": 0.5},
            **changed,
        }
        written = fold.to_json(request)
        (channel / fold.REQUEST_FILE).write_bytes(written)
        digest = hashlib.sha256(written).hexdigest()
        return Hyperparameters(fold_sha256=digest, text_column="said", label_column="kind", **(settings or {}))

    return start


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def becomes_parent(base: Path, made: Folders) -> str:
    """Put the version into the dataset channel instead of what is there; its file's digest."""
    channel = base / "input/data/dataset"
    for path in channel.iterdir():
        path.unlink()
    content = (made.dataset / manifest.ROWS_FILE).read_bytes()
    (channel / manifest.ROWS_FILE).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def parent(base: Path, first: None, start: Start, tmp_path: Path) -> dict[str, Any]:
    """v1 in the dataset channel; the request for the version after it."""
    folder = tmp_path / "first"
    folder.mkdir()
    _, made = in_job.folded(start(), Folders.from_environment(), work=folder)
    return {"version": "v2", "parent": "v1", "parent_sha256": becomes_parent(base, made)}


def test_without_a_request_nothing_changes(base: Path, work: Path) -> None:
    settings, folders = Hyperparameters(), Folders.from_environment()
    assert in_job.folded(settings, folders, work=work) == (settings, folders)


def test_the_first_version_is_made_of_the_dataset_and_the_ledger(first: None, start: Start, work: Path) -> None:
    settings, made = in_job.folded(start(event(NEW, "Health")), Folders.from_environment(), work=work)
    content = (made.dataset / manifest.ROWS_FILE).read_bytes()
    written = (work / "manifest" / manifest.MANIFEST_FILE).read_bytes()
    document = manifest.read(written)
    assert (document["version"], document["parent"], document["created"]) == ("v1", None, "2026-11-30T09:00:00Z")
    assert document["file"]["key"] == manifest.file_key(hashlib.sha256(content).hexdigest())
    assert (document["new"], document["file"]["bytes"]) == (1, len(content))
    assert NEW in {row.text for row in rows.read(made.dataset / manifest.ROWS_FILE)}
    # The version has columns of its own.
    assert (settings.text_column, settings.label_column, made.labels) == ("", "", None)
    assert (settings.dataset_version, settings.manifest_sha256) == ("v1", manifest.digest(written))


def test_the_next_version_leaves_out_what_was_erased(
    base: Path, parent: dict[str, Any], start: Start, work: Path
) -> None:
    known = rows.read(base / "input/data/dataset" / manifest.ROWS_FILE)
    asked = start(event(NEW, "Health"), gone=[known[0].row_id], erased=2, **parent)
    _, made = in_job.folded(asked, Folders.from_environment(), work=work)
    document = manifest.read((work / "manifest" / manifest.MANIFEST_FILE).read_bytes())
    found = {row.row_id for row in rows.read(made.dataset / manifest.ROWS_FILE)}
    assert found == {row.row_id for row in known[1:]} | {ledger.row_of(NEW)}
    assert (document["left_out"], document["parent"], document["new"]) == ({"erased": 3}, "v1", 1)


def test_labels_of_the_settings_are_applied_once(base: Path, parent: dict[str, Any], start: Start, work: Path) -> None:
    mapping = LabelMapping(rename={"Health": "Medicine"})
    channel = base / "input/data/labels"
    channel.mkdir()
    (channel / "labels.json").write_text(mapping.to_json(), encoding="utf-8")
    asked = start(event(NEW, "Health"), settings={"labels_sha256": mapping.sha256}, **parent)
    settings, made = in_job.folded(asked, Folders.from_environment(), work=work)
    found = rows.read(made.dataset / manifest.ROWS_FILE)
    assert {row.label for row in found} >= {"Medicine"} and "Health" not in {row.label for row in found}
    assert (settings.labels_sha256, made.labels) == ("", None)
    document = manifest.read((work / "manifest" / manifest.MANIFEST_FILE).read_bytes())
    assert document["labels_sha256"] == mapping.sha256


def test_nothing_new_ends_the_job_before_it_trains(base: Path, parent: dict[str, Any], start: Start) -> None:
    settings = start(event(NEW, "No such label"), **parent)
    assert train.main(["--fold_sha256", settings.fold_sha256]) == 1
    assert (base / "output/failure").read_text() == (
        "Nothing new to train on: no label that came in since changes v1 (1 waiting for a review: `rubric data "
        "review`); `rubric train --dataset v1` trains on it again"
    )
    assert not (base / "model").exists()


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("fold/request.json", "does not have the request of this run"),
        ("fold/events.jsonl", "not those that this run was started with"),
        ("dataset/rows.csv", "are not those of dataset version v1"),
    ],
)
def test_files_that_somebody_changed_are_refused(
    base: Path, parent: dict[str, Any], start: Start, work: Path, file: str, part: str
) -> None:
    settings = start(event(NEW, "Health"), **parent)
    with (base / "input/data" / file).open("a") as out:
        out.write("\n")
    with pytest.raises(TrainingError, match=part):
        in_job.folded(settings, Folders.from_environment(), work=work)


def test_a_request_of_another_layout_is_refused(first: None, start: Start, work: Path) -> None:
    with pytest.raises(TrainingError, match="has the layout 7, not 1"):
        in_job.folded(start(layout=7), Folders.from_environment(), work=work)
