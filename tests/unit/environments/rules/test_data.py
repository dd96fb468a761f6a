"""Data that cannot be read, or whose storage contradicts a setting, is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.settings import SettingsError, load_labels
from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

ROOT = Path(__file__).resolve().parents[4]
REFUSED = [
    ("data: {dataset: {source: file}}", "data.dataset.path: is required; data.dataset.source is file"),
    ("data: {dataset: {source: file, path: []}}", "data.dataset.path: is required; the list has no file"),
    (
        "data: {dataset: {source: file, path: [environments, gone.csv]}}",
        "data.dataset.path: 'gone.csv' is not allowed; the file does not exist",
    ),
    ("data: {dataset: {source: s3}}", "data.dataset.uri: is required; data.dataset.source is s3"),
    (
        "data: {dataset: {path: x.csv}}",
        "data.dataset.path: 'x.csv' is not allowed; it needs data.dataset.source: file (now uci)",
    ),
    (
        "data: {dataset: {source: s3, uri: 's3://bucket/x.csv', url: 'https://mirror.example/x.zip'}}",
        "data.dataset.url: 'https://mirror.example/x.zip' is not allowed; it needs data.dataset.source: uci",
    ),
    (
        "data: {dataset: {source: file, path: gone.csv}}",
        "data.dataset.path: 'gone.csv' is not allowed; the file does not exist",
    ),
    (
        "data: {labels: {rename: {a: b, b: c}}}",
        "data.labels.rename.a: 'b' is not allowed; this label in turn becomes 'c'",
    ),
    ("data: {labels: {drop: [a], merge: {b: [a]}}}", "data.labels.drop: 'a' is not allowed; data.labels.merge has"),
    ("data: {labels: {rename: {a: b, 'a ': c}}}", "data.labels: 'a name' is not allowed; data.labels.rename has 'a'"),
    ("data: {labels: {drop: [null]}}", "data.labels.drop.0: None is not allowed; use text; put it in quotes"),
    ("data: {labels: {rename: {1: one}}}", "data.labels.rename.1: 1 is not allowed; use text; put it in quotes"),
    ("data: {labels: {merge: {Money: money}}}", "data.labels.merge.Money: 'money' is not allowed; use a list"),
    ("data: {labels: {remove: [a]}}", "data.labels.remove: is not a setting; did you mean 'rename'?"),
    (
        f"data: {{dataset: {{label_column: {'類' * 201}}}}}",
        "data.dataset.label_column: '類類",
    ),
    (
        "data: {request_log_text: drop}\nserving: {data_capture_percent: 10}",
        "serving.data_capture_percent: 10 is not allowed; data capture keeps whole texts in S3",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


ALLOWED = [
    "data: {labels: {rename: {'1': one}, merge: {Money: [Money, money]}, drop: ['nan', 'R&D / \"x\"']}}",
    "data: {dataset: {text_column: 'Class Index', label_column: '$HOME & \"so\" on/分类'}}",
    "data: {dataset: {source: s3, uri: 's3://bucket/x.csv'}}",
    "data: {dataset: {source: file, path: build/dataset/headlines.csv}}",
    "data: {retain: false, point_in_time_recovery: true}",
]


@pytest.mark.parametrize("override", ALLOWED)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)


def test_a_folder_is_found_and_forms_of_its_files_are_settings(load_text: Loader, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    forms = "encoding: windows-1252, time_format: day_first"
    dataset = load_text(override=f"data: {{dataset: {{source: file, path: files, {forms}}}}}").data.dataset
    assert (dataset.path, dataset.encoding, dataset.time_format) == (["files"], "windows-1252", "day_first")


def test_several_files_and_folders_are_found(load_text: Loader, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "one.csv").touch()
    dataset = load_text(override="data: {dataset: {source: file, path: [files, one.csv]}}").data.dataset
    assert dataset.path == ["files", "one.csv"]


def test_a_file_of_the_repository_and_an_absolute_one_are_found(load_text: Loader, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text,label\n", encoding="utf-8")
    for path in ("mine.csv", str(tmp_path / "mine.csv")):
        settings = load_text(override=f"data: {{dataset: {{source: file, path: {path}}}}}")
        assert settings.data.dataset.path == [path]


def test_the_labels_of_a_command_come_from_an_environment_or_a_file_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text("drop: ['nan']\n", encoding="utf-8")
    (tmp_path / "whole.yaml").write_text("data: {labels: {rename: {a: b}}}\n", encoding="utf-8")
    (tmp_path / "none.yaml").write_text("data: {retain: true}\n", encoding="utf-8")
    assert load_labels("own.yaml", root=ROOT).targets() == {"nan": None}
    assert load_labels("whole.yaml", root=ROOT).targets() == {"a": "b"}
    assert not load_labels("none.yaml", root=ROOT)
    assert not load_labels("dev", root=ROOT)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drop: [nan, null]", "own.yaml: drop.1: None is not allowed; use text"),
        ("data: {labels: {rename: {a: b, b: c}}}", "own.yaml: data.labels.rename.a: 'b' is not allowed; this label"),
        ("rename: {a: b, 'a ': c}", "own.yaml: data.labels.rename has 'a' twice"),
        ("- a", "own.yaml: the file must be a mapping"),
    ],
)
def test_a_command_refuses_labels_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_labels(str(path), root=ROOT)
    assert message in str(refused.value) and "\n" not in str(refused.value)
