from pathlib import Path

import pytest
import yaml

from local.demo import override
from local.errors import CliError
from local.workspace import Workspace


@pytest.fixture
def dataset(tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "environments").mkdir()
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "news.csv"
    file.write_text("text,label\n")
    return file


def written(workspace: Workspace) -> object:
    return yaml.safe_load(override.file_of(workspace).read_text())


def test_a_dataset_is_kept_by_its_absolute_path(workspace: Workspace, dataset: Path) -> None:
    choice = override.apply(workspace, dataset="news.csv", base_model=None)
    assert written(workspace) == {"data": {"dataset": {"source": "file", "path": str(dataset)}}}
    assert (choice.dataset, choice.dataset_kept, choice.base_model) == (str(dataset), False, "compact")


def test_what_is_not_given_stays_and_is_said_to(workspace: Workspace, dataset: Path) -> None:
    override.apply(workspace, dataset="news.csv", base_model="distilbert-base-uncased")
    choice = override.apply(workspace, dataset=None, base_model=None)
    assert (choice.dataset, choice.dataset_kept) == (str(dataset), True)
    assert (choice.base_model, choice.base_model_kept) == ("distilbert-base-uncased", True)


def test_generated_and_compact_go_back_and_leave_the_users_own_settings(workspace: Workspace, dataset: Path) -> None:
    override.apply(workspace, dataset="news.csv", base_model="x/y")
    path = override.file_of(workspace)
    path.write_text(path.read_text() + "api:\n  throttle_rate: 7\n")
    choice = override.apply(workspace, dataset="generated", base_model="compact")
    assert written(workspace) == {"api": {"throttle_rate": 7}}
    assert (choice.dataset, choice.dataset_kept, choice.base_model_kept) == ("generated", False, False)


def test_no_choice_left_is_no_file(workspace: Workspace, dataset: Path) -> None:
    override.apply(workspace, dataset="news.csv", base_model=None)
    override.apply(workspace, dataset="generated", base_model=None)
    assert not override.file_of(workspace).exists()


def test_column_names_stay_with_their_file_only(workspace: Workspace, dataset: Path) -> None:
    columns = {"source": "file", "path": str(dataset), "text_column": "body"}
    override.file_of(workspace).write_text(yaml.safe_dump({"data": {"dataset": columns}}))
    override.apply(workspace, dataset="news.csv", base_model=None)
    assert written(workspace) == {"data": {"dataset": columns}}
    other = dataset.with_name("other.csv")
    other.write_text("text,label\n")
    override.apply(workspace, dataset="other.csv", base_model=None)
    assert written(workspace) == {"data": {"dataset": {"source": "file", "path": str(other)}}}


def test_s3_and_uci_take_the_place_of_the_file(workspace: Workspace, dataset: Path) -> None:
    override.apply(workspace, dataset="s3://b/k.csv", base_model=None)
    assert written(workspace) == {"data": {"dataset": {"source": "s3", "path": None, "uri": "s3://b/k.csv"}}}
    override.apply(workspace, dataset="uci", base_model=None)
    assert written(workspace) == {"data": {"dataset": {"source": "uci", "path": None}}}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"dataset": "nope.csv", "base_model": None}, "DATASET"),
        ({"dataset": None, "base_model": "./nope"}, "BASE_MODEL"),
        ({"dataset": None, "base_model": "environments"}, "config.json"),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_is_written(
    workspace: Workspace, dataset: Path, arguments: dict[str, str | None], word: str
) -> None:
    with pytest.raises(CliError, match=word):
        override.apply(workspace, **arguments)
    assert not override.file_of(workspace).exists()
