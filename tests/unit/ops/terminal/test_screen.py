"""No command passes terminal control sequences from outside on to the terminal."""

from __future__ import annotations

import copy
import io
import json
import re
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from contracts.models.progress import Progress
from ops import errors, main
from ops.deployment.executions import Ended, Entered, Execution, JobKnown
from ops.explore import summary_view
from ops.terminal import screen
from ops.terminal.progress_views import BarView, JsonLinesView, PlainView, View
from tests.terminals import EVERY, HOSTILE, MARKUP, obeyed, printing, spoiled
from tests.unit.ops.batches import put, service
from tests.unit.ops.conftest import ROOT, register, run, serve
from tests.unit.ops.evaluations import full
from tests.unit.ops.explore.test_analysis import ANALYSIS

SHOWN = f"Business{HOSTILE}{MARKUP}"


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    output = capsys.readouterr()
    assert obeyed(output.out + output.err) == []
    return output.out + output.err


def test_the_judge_sees_what_a_terminal_would_obey() -> None:
    assert len(obeyed(HOSTILE)) >= 12 and obeyed("plain\ttext\n") == []
    assert obeyed("\x1b[1mbold\x1b[0m", coloured=True) == [] and obeyed("\x1b]0;title\x07", coloured=True)


def test_what_a_terminal_would_obey_is_taken_out_and_nothing_else() -> None:
    assert obeyed(screen.clean(EVERY)) == []
    assert len(screen.clean(EVERY)) == len(EVERY) - len(obeyed(EVERY))


def test_only_the_screen_prints() -> None:
    # Locust's process prints for our own, which reads it; the two questions are cleaned where they are asked.
    elsewhere = {"ops/load/locustfile.py", "ops/terminal/screen.py", "ops/terminal/confirm.py", "ops/terminal/files.py"}
    own = re.compile(r"screen\.(out|err)\.print$|(self\._console|_bars\.console)\.print$| confirm$")
    results = [
        call for call in printing(ROOT / "ops") if not own.search(call) and call.partition(":")[0] not in elsewhere
    ]
    assert results == []


@pytest.mark.parametrize("terminal", [False, True])
def test_every_way_to_print_is_clean(monkeypatch: pytest.MonkeyPatch, capsys, terminal: bool) -> None:
    file = io.StringIO()
    console = screen.CleanConsole(file=file, force_terminal=terminal, width=300)
    monkeypatch.setattr(screen, "out", console)
    monkeypatch.setattr(screen, "err", console)
    screen.say(SHOWN)
    screen.line(SHOWN, bold=True)
    screen.heading(SHOWN)
    screen.point(SHOWN)
    screen.table(SHOWN, "n", rows=[[SHOWN, "1"]])
    views: list[View] = [PlainView(console), *([BarView(console)] if terminal else [])]
    for view in views:
        for event in (Entered("Train"), JobKnown(SHOWN), Progress(SHOWN, 1, 2, f"loss={SHOWN}")):
            view.show(event)
        view.show(Ended(Execution("arn", "FAILED", cause=SHOWN)))
    if terminal:
        with BarView(console) as live:
            live.show(Progress(SHOWN, 1, 2, f"loss={SHOWN}"))
    text = file.getvalue()
    assert obeyed(text, coloured=True) == [] and text.count("Business") >= 7
    assert "[red]x" in text and "\x1b]" not in text and capsys.readouterr().out == ""


def test_json_keeps_everything_as_escapes(capsys) -> None:
    value = {SHOWN: [SHOWN, "ü 🙂"]}
    screen.print_json(value)
    JsonLinesView().show(Progress("train", 1, 2, SHOWN))
    out = printed(capsys)
    assert "ü 🙂" in out and json.loads(out.rpartition("{")[0].strip()) == value
    assert json.loads(out.splitlines()[-1])["text"] == SHOWN


def test_an_analysis(capsys) -> None:
    summary_view.show(
        spoiled(ANALYSIS, "Business", "Health", "news.csv", "Post", "shares", "log-odds", "uneven", "comma")
    )
    assert "[red]x" in printed(capsys)


def test_models(cloud, capsys) -> None:
    made = full("m-1", hyperparameters={"note": "eight"})
    evaluation = spoiled(
        made, "Business", "eight", "Gene therapy", "compact", "Few labels: 12 rows for a typical label."
    )
    register("m-1", evaluation=evaluation)
    register("m-2", evaluation=full("m-2"))
    serve("m-2")
    for command in (
        ("list",),
        ("show", "m-1", "--mistakes", "9"),
        ("show", "m-1", "--json"),
        ("compare", "m-1", "m-2"),
    ):
        assert run("models", *command) == 0
        assert ("[red]x" in printed(capsys)) == (command != ("list",)), command


def test_a_batch(serving, monkeypatch, tmp_path, capsys) -> None:
    reply = json.dumps({"predicted_label": SHOWN, "probabilities": [[1.0]], "labels": [SHOWN], "model_version": "m"})
    service(serving, monkeypatch, one=reply, broken=None, status="Failed")
    put("batch/in/a.csv", "one")
    put("batch/in/b\x1b[2J\x9b.csv", "broken")
    assert run("batch", "s3://artifacts/batch/in/", "s3://artifacts/batch/out/") == 1
    assert "[red]x" in (output := printed(capsys)) and "b[2J.csv has no answers" in output
    assert run("batch", "s3://artifacts/batch/in/", f"{tmp_path}/") == 1
    assert "contains a control character" in printed(capsys)


def test_keys_and_what_is_wrong(cloud, monkeypatch, capsys) -> None:
    assert run("keys", "create", "--name", f"desk{HOSTILE[:40]}") in (0, 1, 2)
    printed(capsys)
    item = {
        "key_id": {"S": f"k{HOSTILE[:20]}"},
        "name": {"S": f"desk{HOSTILE[:20]}{MARKUP}"},
        "revoked": {"BOOL": False},
    }
    boto3.client("dynamodb").put_item(TableName="keys", Item=item | {"created_at": {"S": "2026-01-01T00:00:00Z"}})
    run("keys", "list")
    printed(capsys)
    message = {"Error": {"Code": f"Odd{HOSTILE}", "Message": f"It says{HOSTILE}{MARKUP}"}}

    def refuses(*_: object, **__: object) -> None:
        raise ClientError(copy.deepcopy(message), "ListThings")

    monkeypatch.setattr(main, "app", refuses)
    assert run("status") == 1
    assert "It says[2J]0;t" in printed(capsys)
    assert obeyed(str(errors.from_aws(ClientError(copy.deepcopy(message), "X")))) != []


@pytest.mark.parametrize(
    "arguments", [("suggest", "a", HOSTILE[:30]), (f"x{HOSTILE[:30]}",), ("keys", f"x{HOSTILE[:30]}")]
)
def test_a_wrong_usage_names_its_arguments_without_them(aws, capsys, arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == 2
    assert "[2J" in printed(capsys)


def test_a_file_that_is_not_there_is_one_line(aws, tmp_path: Path, capsys) -> None:
    assert run("batch", f"{'x' * 300}", "out/") in (1, 3)
    assert printed(capsys).count("\n") == 1
