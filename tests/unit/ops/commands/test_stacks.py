"""Tests rubric stacks: its exit status says whether something changes, and what it refuses."""

import json
from pathlib import Path

import pytest

from ops.changes import markdown
from tests.unit.ops.changes.assemblies import template, written
from tests.unit.ops.conftest import run

DATA = "Rubric-dev-Data"


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return written(tmp_path / "before", {DATA: template()})


@pytest.mark.parametrize(
    ("after", "status"),
    [
        (template(), 0),
        (template(memory=256), 10),
        (template(["s3:*"]), 11),
        (template(["s3:GetObjectTagging"]), 11),
        ({**template(), "Description": "another"}, 0),
    ],
)
def test_the_exit_status_tells_a_change_from_an_error(before: Path, tmp_path: Path, after: dict, status: int) -> None:
    folder = written(tmp_path / "after", {DATA: after})
    assert run("stacks", "changes", "--assembly", str(folder), "--against", str(before)) == status
    assert run("stacks", "changes", "--assembly", str(tmp_path / "none"), "--against", str(before)) == 1


def test_it_shows_the_review(before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "after", {DATA: template(["s3:*"], table=False)})
    run("stacks", "changes", "--assembly", str(folder), "--against", str(before))
    shown = capsys.readouterr().out
    assert "dev: 1 changed, 1 removed" in shown
    assert "action added: Allow s3:* on a/* [many actions]" in shown
    assert "Table (AWS::DynamoDB::GlobalTable): removed; its data is lost (items)" in shown


def test_reviews_of_several_accounts_make_one_comment(
    before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = []
    for memory in (128, 256):
        folder = written(tmp_path / str(memory), {DATA: template(memory=memory)})
        run("stacks", "changes", "--assembly", str(folder), "--against", str(before), "--json")
        reports.append(tmp_path / f"{memory}.json")
        reports[-1].write_text(capsys.readouterr().out, encoding="utf-8")
        assert json.loads(reports[-1].read_text())["reviews"][0]["changed"] is (memory == 256)
    named = [argument for file in reports for argument in ("--report", str(file))]
    assert run("stacks", "changes", "--markdown", *named) == 10
    comment = capsys.readouterr().out
    assert comment.startswith(markdown.MARKER) and comment.count("\n| dev |") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--markdown", "--json"), "--markdown and --json cannot be combined"),
        (("--report", "x.json", "--env", "dev"), "leave out --against and --env"),
        (("--report", "{none}"), "none.json: No such file"),
        (("--report", "{other}"), "other.json is no output of `rubric stacks changes --json`"),
    ],
)
def test_what_it_refuses(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text('{"findings": []}')
    named = [each.format(none=tmp_path / "none.json", other=tmp_path / "other.json") for each in arguments]
    assert run("stacks", "changes", *named) in (1, 2)
    assert message in capsys.readouterr().err


def test_the_environment_of_the_command_line_is_the_only_one(before: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "after", {DATA: template(), "Rubric-prod-Data": template(memory=256)})
    arguments = ("stacks", "changes", "--assembly", str(folder), "--against", str(before))
    assert run("--env", "dev", *arguments) == 0
    assert run(*arguments) == 11  # prod is new
    assert run(*arguments, "--env", "dev") == 0
