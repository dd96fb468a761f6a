"""Tests rubric suggest: the process it starts, the table, and the files it writes."""

import csv
import json
import sys
from typing import Any

import pytest

from ops.explore import suggestions, suggestions_view
from ops.terminal import screen
from tests.terminals import HOSTILE, MARKUP, obeyed, spoiled
from tests.unit.ops.conftest import ROOT, run

SUGGESTED: dict[str, Any] = {
    "file": "news.csv",
    "unlabelled_file": "more.csv",
    "rows_used": 1000,
    "labels": {"Business": 700, "Health": 300},
    "findings": ["About 40 of 1,000 labels look wrong."],
    "wrong": {"estimate": 40.2, "interval": [30.0, 51.0]},
    "suspects": [
        {
            "line": line,
            "given": "Health",
            "likely": "Business",
            "probability_given": 0.01,
            "probability_likely": 0.97,
            "margin": 0.96,
            "text": f"Shares rise, {line}",
        }
        for line in range(1200, 1223)
    ],
    "next": [
        {
            "line": 7,
            "likely": "Health",
            "probability_likely": 0.51,
            "priority": 0.8,
            "uncertainty": 0.98,
            "typicality": 0.7,
            "novelty": 1.0,
            "text": "A vaccine maker's shares",
        }
    ],
}


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Makes `rubric suggest` run a script of the test's own; the arguments it got are in `args`."""
    monkeypatch.delenv("RUBRIC_ENV", raising=False)
    monkeypatch.setenv("RUBRIC_MODEL_PYTHON", sys.executable)
    monkeypatch.setattr(suggestions, "SCRIPT", tmp_path / "script.py")
    monkeypatch.chdir(tmp_path)

    def write(result: object, body: str = "") -> None:
        lines = [
            "import json, pathlib, sys",
            "pathlib.Path('args').write_text(json.dumps(sys.argv[1:]))",
            "print('progress: judge 5/10')",
            body,
            f"pathlib.Path(sys.argv[sys.argv.index('--json') + 1]).write_text({json.dumps(json.dumps(result))})",
        ]
        (tmp_path / "script.py").write_text("\n".join(lines))

    return write


def test_the_findings_and_both_tables_are_printed(script, capsys):
    script(SUGGESTED)
    assert run("suggest", "news.csv", "--rows", "20") == 0
    output = capsys.readouterr()
    printed = " ".join(output.out.split())
    for words in (
        "news.csv 1,000 rows of 2 labels",
        "• About 40 of 1,000 labels look wrong.",
        "1,200 Health Business 0.960 Shares rise, 1200",
        "and 3 more: --output FILE writes all of them",
        "7 Health 0.510 A vaccine maker's shares",
    ):
        assert words in printed, words
    assert "1220" not in printed and "judge  50%" in output.err


def test_all_suggestions_are_written_as_csv_or_json(script, tmp_path, capsys):
    script(SUGGESTED)
    assert run("suggest", "news.csv", "-o", "all.csv") == 0
    rows = list(csv.DictReader((tmp_path / "all.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == 24 and tuple(rows[0]) == suggestions.COLUMNS
    assert rows[0] | {"text": ""} == {
        "suggestion": "check the label",
        "rank": "1",
        "file": "news.csv",
        "line": "1200",
        "given": "Health",
        "likely": "Business",
        "probability_given": "0.01",
        "probability_likely": "0.97",
        "margin": "0.96",
        "priority": "",
        "text": "",
    }
    assert rows[0]["text"] == "Shares rise, 1200"
    last = rows[-1]
    assert (last["suggestion"], last["file"], last["given"], last["priority"]) == ("label next", "more.csv", "", "0.8")
    assert run("suggest", "news.csv", "--output", "all.JSON") == 0
    assert json.loads((tmp_path / "all.JSON").read_text(encoding="utf-8")) == SUGGESTED
    assert f"All suggestions: {tmp_path / 'all.JSON'}" in capsys.readouterr().err


def test_a_file_that_is_there_is_replaced_only_when_told_to(script, tmp_path, capsys):
    script(SUGGESTED)
    (tmp_path / "all.csv").write_text("mine")
    assert run("suggest", "news.csv", "-o", "all.csv") == 2 and not (tmp_path / "args").exists()
    assert run("suggest", "news.csv", "-o", "all.txt") == 2
    assert "the name must end in .csv or .json" in capsys.readouterr().err
    assert run("suggest", "news.csv", "-o", "all.csv", "--force") == 0
    assert (tmp_path / "all.csv").read_text() != "mine"


def test_options_are_passed_on_and_json_is_printed(script, tmp_path, capsys):
    script(SUGGESTED)
    options = (
        *("--unlabelled", "more.csv", "--text-column", "a", "--label-column", "b", "--count", "7"),
        *("--encoding", "utf-16"),
    )
    (tmp_path / "own.yaml").write_text("drop: ['nan']\n", encoding="utf-8")
    assert run("suggest", "news.csv", "--json", *options, "--labels", "own.yaml") == 0
    assert json.loads(capsys.readouterr().out) == SUGGESTED
    arguments = json.loads((tmp_path / "args").read_text())
    assert arguments[0] == "news.csv"
    for option, value in zip(options[::2], options[1::2], strict=True):
        assert f"{option}={value}" in arguments or arguments[arguments.index(option) + 1] == value
    assert any(word.startswith("--labels=") for word in arguments)


def test_a_refusal_is_one_line(script, capsys):
    script(SUGGESTED, "sys.exit('news.csv:7: no label; add one')")
    assert run("suggest", "news.csv") == 1
    output = capsys.readouterr()
    assert output.err.endswith("rubric: news.csv:7: no label; add one\n") and output.out == ""


def test_hostile_texts_and_labels_reach_neither_the_terminal_nor_its_markup(script, tmp_path, capsys):
    words = ("news.csv", "more.csv", "Health", "Business", "A vaccine maker's shares", SUGGESTED["findings"][0])
    script(spoiled(SUGGESTED, *words))
    for options in ((), ("--json",), ("-o", "all.csv"), ("-o", "all.json")):
        assert run("suggest", "news.csv", *options) == 0
        output = capsys.readouterr()
        assert obeyed(output.out + output.err) == [] and "[red]x[/nothing]" in output.out
    assert obeyed((tmp_path / "all.json").read_text(encoding="utf-8")) == []


def test_a_long_text_is_cut_after_it_is_cleaned():
    text = HOSTILE + "x" * suggestions_view.LONGEST_TEXT
    assert suggestions_view._short(text).endswith("…")
    assert len(suggestions_view._short(text)) == suggestions_view.LONGEST_TEXT
    assert suggestions_view._short(MARKUP) == screen.clean(MARKUP)


def test_the_script_is_where_the_command_looks_for_it():
    assert suggestions.SCRIPT == ROOT / "model_code/training/suggest.py" and suggestions.SCRIPT.is_file()
