"""Tests rubric eda: the process it starts, the results it shows, and its error messages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.models.progress import Progress
from ops.errors import OpsError
from ops.explore import analysis, model_process
from tests.unit.ops.conftest import ROOT, run

ANALYSIS = {
    "file": "news.csv",
    "sha256": "a5e7e39cffa3fdc0",
    "layout": "comma separated with a header",
    "rows_read": 1010,
    "rows_used": 1000,
    "labels": {"Business": 700, "Health": 300},
    "findings": ["The labels are uneven."],
    "data": {
        "dropped": {
            "conflicting label, outvoted: the same text has another label more often": 1,
            "conflicting label, tied: the same text has several labels equally often": 4,
            "exact duplicate: the same text and label as another row": 10,
        },
        "exact_duplicates": 10,
        "near_duplicates": {"groups": 12, "rows": 40},
        "conflicts": {"texts": 2},
        "stories": 87,
    },
    "lengths": {
        **{
            name: {
                "mean": 9.4,
                "median": 9,
                "p95": 14,
                "p99": 16,
                "max": 20,
                "histogram": {"edges": [1, 2, 3], "counts": [1, 8]},
            }
            for name in ("words", "pieces")
        },
        "tokenizer": {"name": "word pieces learned from these texts", "vocabulary": 6000},
    },
    "scripts": {"Latin": 0.9, "Han": 0.1},
    "terms": {"method": "log-odds", "labels": {"Business": [{"term": "shares"}, {"term": "bank"}], "Health": []}},
    "split": {"train": 850, "valid": 50, "test": 100},
    "leak": {
        "random_split_share": 0.34,
        "this_split_share": 0.0,
        "baseline_accuracy_random": 0.94,
        "baseline_accuracy_this": 0.905,
    },
    "publishers": {
        "count": 2,
        "top": [{"publisher": "Post", "rows": 9, "labels": {"Business": 6, "Health": 3}}],
    },
    "time": {
        "unit": "day",
        "bins": [{"start": f"2026-01-0{day}", "labels": {"Business": day, "Health": 0}} for day in (1, 2, 3)],
    },
}


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Makes `rubric eda` run a script of the test's own in place of explore.py; the arguments it got are in `args`."""
    monkeypatch.delenv("RUBRIC_ENV", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUBRIC_MODEL_PYTHON", sys.executable)
    monkeypatch.setattr(analysis, "SCRIPT", tmp_path / "script.py")
    monkeypatch.chdir(tmp_path)

    def write(body: str) -> None:
        first = "import json, pathlib, sys\npathlib.Path('args').write_text(json.dumps(sys.argv[1:]))\n"
        (tmp_path / "script.py").write_text(first + body)

    return write


SUCCEEDS = f"""
print("progress: read 0/1"); print("noise"); print("progress: read 1/1")
pathlib.Path(sys.argv[sys.argv.index("--json") + 1]).write_text({json.dumps(json.dumps(ANALYSIS))})
pathlib.Path(sys.argv[sys.argv.index("--html") + 1]).write_text("the page")
"""


def test_the_summary_is_printed_and_the_page_is_named(script, tmp_path, capsys):
    script(SUCCEEDS)
    assert run("eda", "data/news.csv") == 0
    output = capsys.readouterr()
    printed = " ".join(output.out.split())
    for words in (
        "news.csv 1,000 rows of 2 labels",
        "• The labels are uneven.",
        "Business 700 70.0%",
        "Business shares, bank",
        "Health -",
        "near duplicates 40 rows in 12 groups",
        "left out: conflicting label, outvoted 1 rows left out: conflicting label, tied 4 rows",
        "left out: exact duplicate 10 rows",
        "random split 34.0% 0.940",
        "Post 9 ████████████████ 67% Business",
        "Rows by day, 2026-01-01 to 2026-01-03",
    ):
        assert words in printed, words
    assert "Scripts: Latin 90" in printed and ", Han 10" in printed
    assert f"Page with plots: {tmp_path / 'news-eda.html'}" in output.err and "read 100%" in output.err
    assert (tmp_path / "news-eda.html").read_text() == "the page"
    assert json.loads((tmp_path / "args").read_text())[0] == "data/news.csv"


def test_a_page_that_is_there_is_replaced_only_when_told_to(script, tmp_path, capsys):
    script(SUCCEEDS)
    (tmp_path / "news-eda.html").write_text("mine")
    assert run("eda", "news.csv") == 2
    assert "news-eda.html already exists: add --force to replace\n" in capsys.readouterr().err
    assert (tmp_path / "news-eda.html").read_text() == "mine" and not (tmp_path / "args").exists()
    assert run("eda", "news.csv", "--force") == 0
    assert (tmp_path / "news-eda.html").read_text() == "the page"


def test_json_is_the_analysis_and_options_are_passed_on(script, tmp_path, capsys):
    script(SUCCEEDS)
    options = (
        "--html",
        "x.html",
        "--text-column",
        "-a b",
        "--label-column",
        "R&D",
        "--base-model",
        "m",
        "--terms",
        "3",
    )
    assert run("eda", "news.csv", "--json", *options) == 0
    assert json.loads(capsys.readouterr().out) == ANALYSIS
    assert (tmp_path / "x.html").read_text() == "the page"
    arguments = json.loads((tmp_path / "args").read_text())
    for option, value in zip(options[2::2], options[3::2], strict=True):
        assert f"{option}={value}" in arguments


def test_labels_are_passed_on_as_a_mapping(script, tmp_path, capsys):
    labels = "next(word.partition('=')[2] for word in sys.argv if word.startswith('--labels='))"
    script(SUCCEEDS + f"pathlib.Path('mapping').write_text(pathlib.Path({labels}).read_text())\n")
    (tmp_path / "own.yaml").write_text("merge: {'R&D / \"x\"': [rd]}\ndrop: ['nan']\n")
    assert run("eda", "news.csv", "--labels", "own.yaml") == 0
    mapping = json.loads((tmp_path / "mapping").read_text())
    assert mapping == {"rename": {}, "merge": {'R&D / "x"': ["rd"]}, "drop": ["nan"]}


def test_labels_that_cannot_be_meant_are_refused_in_one_line(script, tmp_path, capsys):
    script(SUCCEEDS)
    (tmp_path / "own.yaml").write_text("rename: {a: b, b: c}\n")
    assert run("eda", "news.csv", "--labels", "own.yaml") == 2
    assert "own.yaml: data.labels.rename.a: 'b' is not allowed; this label in turn" in capsys.readouterr().err
    assert not (tmp_path / "args").exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit('warning: x\\nnews.csv:7: no label; add one')", "rubric: news.csv:7: no label; add one\n"),
        ("raise ValueError('odd')", "rubric: The analysis crashed (status 1): ValueError: odd\n"),
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9: the machine may have run out of memory\n"),
    ],
)
def test_a_failure_is_one_line(script, capsys, body, words):
    script(body)
    assert run("eda", "news.csv") == 1
    output = capsys.readouterr()
    assert output.err.endswith(words) and output.out == "" and "Traceback" not in output.err


def test_without_the_model_environment_the_remedy_is_make_setup(script, monkeypatch, capsys):
    script("")
    monkeypatch.setenv("RUBRIC_MODEL_PYTHON", "/no/python")
    assert run("eda", "news.csv") == 1
    assert "There is no Python at /no/python" in (output := capsys.readouterr().err) and "make setup" in output
    monkeypatch.delenv("RUBRIC_MODEL_PYTHON")
    with pytest.raises(OpsError, match=r"the model environment's Python\): `make setup`"):
        model_process.python(Path("/nowhere"))


def test_giving_up_ends_the_process(script, tmp_path, monkeypatch):
    script("print('progress: read 0/1', flush=True); import time; time.sleep(600)")
    started: list[subprocess.Popen] = []
    real = subprocess.Popen

    def start(*arguments, **more):
        started.append(real(*arguments, **more))
        return started[-1]

    monkeypatch.setattr(model_process.subprocess, "Popen", start)
    events = analysis.run(analysis.Request(files=[Path("news.csv")]))
    assert next(events) == Progress("read", 0, 1)
    assert started[0].poll() is None
    events.close()
    ended = started[0].returncode
    started[0].kill()  # leaves no process, even if the test fails
    assert ended == -9


def test_the_script_is_where_the_command_looks_for_it():
    assert analysis.SCRIPT == ROOT / "model_code/training/explore.py" and analysis.SCRIPT.is_file()
