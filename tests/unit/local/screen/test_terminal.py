"""No command passes terminal control sequences from outside on to the terminal."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path

import pytest

from local import app
from local.demo import results, run
from local.demo.override import Choice
from local.deployment.state import Deployment
from local.destroy import report
from local.destroy.leftovers import Leftover
from local.errors import CliError
from local.screen import terminal
from local.screen.board import Board
from local.screen.views import LiveView, PlainView
from tests.terminals import EVERY, HOSTILE, MARKUP, obeyed, printing

SHOWN = f"Business{HOSTILE}{MARKUP}"
ROOT = Path(__file__).resolve().parents[4]


def test_what_a_terminal_would_obey_is_taken_out_and_nothing_else() -> None:
    assert obeyed(terminal.clean(EVERY)) == []
    assert len(terminal.clean(EVERY)) == len(EVERY) - len(obeyed(EVERY))


@pytest.mark.parametrize("coloured", [False, True])
def test_the_demos_last_screen(coloured: bool) -> None:
    file = io.StringIO()
    console = terminal.CleanConsole(file=file, force_terminal=coloured, width=200)
    model = {
        "model_version": SHOWN,
        "base_model": SHOWN,
        "dataset": {"counts": {"train": 1, "test": 1}},
        "evaluation": {"accuracy": 1.0, "macro_f1": 1.0, "baseline": {"name": SHOWN, "accuracy": 1.0, "macro_f1": 1.0}},
    }
    results.show(
        console,
        deployment=Deployment(api_url="http://h/$default", console_url=SHOWN, api_key="rk_1", environment="local"),
        model=model,
        choice=Choice(dataset=SHOWN, base_model=SHOWN, dataset_kept=True, base_model_kept=True),
        texts=[SHOWN],
        predictions=[{"predicted_label": SHOWN, "probabilities": [[0.5, 0.5]], "labels": [SHOWN, f"b{MARKUP}"]}],
        seconds=1,
    )
    message = file.getvalue()
    assert obeyed(message, coloured=coloured) == [] and "\x1b]" not in message and message.count("Business") > 4
    body = shlex.split(message[message.index(" -d ") :].splitlines()[0])[1]
    assert json.loads(body) == {"inputs": SHOWN}  # the command sends the text as it is


@pytest.mark.parametrize("coloured", [False, True])
def test_stages_and_what_is_left_over(coloured: bool, capsys: pytest.CaptureFixture[str]) -> None:
    file = io.StringIO()
    console = terminal.CleanConsole(file=file, force_terminal=coloured, width=200)
    board = Board()
    board.view = PlainView(board, console, every=0)
    board.begin(SHOWN, SHOWN)
    board.progress(SHOWN, done=1, total=2, detail=SHOWN)
    console.print(LiveView(board).render())
    board.fail(SHOWN, SHOWN)
    left = [Leftover(kind="S3 object", name=SHOWN, of_bootstrap=False)]
    report.show(left, console, as_json=False)
    assert obeyed(file.getvalue(), coloured=coloured) == [] and file.getvalue().count("Business") > 6
    report.show(left, console, as_json=True)
    output = capsys.readouterr().out
    assert obeyed(output) == [] and json.loads(output)["resources"] == {"S3 object": [SHOWN]}


def test_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise CliError(f"{SHOWN} is not there")

    monkeypatch.setattr(run, "Demo", refuses)
    for arguments in (["demo", "--dataset", SHOWN], ["demo", HOSTILE[:30]], [HOSTILE[:30]]):
        with pytest.raises(SystemExit) as ended:
            app.app(arguments, prog_name="local")
        assert ended.value.code
        output = capsys.readouterr()
        assert obeyed(output.out + output.err) == [] and "[2J" in output.out + output.err


def test_only_the_terminal_module_prints() -> None:
    console = re.compile(r"(^| )(console|self\._console)\.print$")
    calls = printing(ROOT / "local")
    assert [call for call in calls if "/terminal.py:" in call]
    matches = [call for call in calls if "/terminal.py:" not in call and not console.search(call)]
    made = [call for call in matches if not call.endswith(" console")]
    assert made == []
