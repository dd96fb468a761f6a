"""Data that cannot be read, or whose storage contradicts a setting, is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

REFUSED = [
    ("data: {dataset: {source: file}}", "data.dataset.path: is required; data.dataset.source is file"),
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
        "data: {request_log_text: drop}\nserving: {data_capture_percent: 10}",
        "serving.data_capture_percent: 10 is not allowed; data capture keeps whole texts in S3",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


ALLOWED = [
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
    assert (dataset.path, dataset.encoding, dataset.time_format) == ("files", "windows-1252", "day_first")


def test_a_file_of_the_repository_and_an_absolute_one_are_found(load_text: Loader, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text,label\n", encoding="utf-8")
    for path in ("mine.csv", str(tmp_path / "mine.csv")):
        settings = load_text(override=f"data: {{dataset: {{source: file, path: {path}}}}}")
        assert settings.data.dataset.path == path
