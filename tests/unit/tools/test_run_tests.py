"""Tests tools/run_tests.py: suites run in their environments, side by side, and no failure or output is lost."""

import sys
from pathlib import Path

import pytest

from tools import run_tests
from tools.testing import commands, running, suites
from tools.testing.suites import Suite


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """The command lines that would run; those whose words are in `failing` fail with that status."""
    seen: list[list[str]] = []
    failing: dict[str, int] = {}

    def run(line, **_):
        seen.append(line)
        status = next((status for word, status in failing.items() if word in line), 0)
        return commands.Ended(status)

    monkeypatch.setattr(running.commands, "run", run)
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    return seen, failing


def test_model_tests_run_in_the_models_environment_and_the_rest_do_not(ran):
    seen, _ = ran
    assert run_tests.main([]) == 0
    in_model = [line for line in seen if line[0] == suites.MODEL]
    assert [set(suites.MODEL_TESTS) <= set(line) for line in in_model] == [True]
    unit = next(line for line in seen if "tests/unit" in line)
    assert unit[0] == suites.APP and {f"--ignore={folder}" for folder in suites.MODEL_TESTS} <= set(unit)


def test_a_failing_suite_fails_the_run_and_the_others_still_run(ran, capsys):
    seen, failing = ran
    failing["tests/stacks"] = 1
    assert run_tests.main([]) == 1
    assert any("tests/e2e" in line for line in seen)
    assert "FAILED: stacks" in capsys.readouterr().out


def test_a_suite_without_a_test_is_a_failure_unless_it_was_filtered(ran):
    _, failing = ran
    failing["tests/e2e"] = running.NO_TESTS
    assert run_tests.main(["--only", "e2e"]) == 1
    assert run_tests.main(["--only", "e2e", "--", "-k", "word"]) == 0


def test_ruff_the_pages_the_walls_and_mypy_are_part_of_it(ran):
    seen, _ = ran
    run_tests.main(["--only", "lint"])
    assert [line[2:4] for line in seen[:3]] == [
        ["ruff", "check"],
        ["ruff", "format"],
        ["tools.checks.sentences", "--check"],
    ]
    assert Path(seen[3][0]).name == "lint-imports"
    assert "actionlint" in seen[4][1]
    assert seen[5][1:3] == ["PYTHONPATH=local-aws", ".venv/bin/lint-imports"]
    assert [line[2] for line in seen[6:]] == ["mypy", "mypy"]


@pytest.fixture
def long_modules(tmp_path):
    """A long test module, a folder of some, and a file that is neither."""
    folder = tmp_path / suites.LONG_TESTS
    folder.mkdir(parents=True)
    (folder / "emulation").mkdir()
    for name in ("test_rehearsal.py", "conftest.py", "emulation/__init__.py", "emulation/test_part.py"):
        (folder / name).touch()
    return {f"{suites.LONG_TESTS}/test_rehearsal.py", f"{suites.LONG_TESTS}/emulation"}


def test_each_long_module_or_folder_is_a_suite_that_only_the_long_run_has(ran, long_modules):
    seen, _ = ran
    assert run_tests.main([]) == 0
    assert not long_modules & {line[-1] for line in seen}
    seen.clear()
    assert run_tests.main(["--long"]) == 0
    assert sorted(line[-1] for line in seen) == sorted(long_modules)


def test_one_run_of_all_has_every_suite_even_when_one_fails(ran, long_modules):
    seen, failing = ran
    failing["tests/stacks"] = 1
    assert run_tests.main(["--all"]) == 1
    last = [line[-1] for line in seen]
    assert any("tests/e2e" in line for line in seen) and long_modules <= set(last)


def test_the_long_suites_start_last_and_the_longest_of_each_kind_first():
    names = {name: Suite(name, (), long=name.startswith("long-")) for name in ("long-x", "long-demo", "lint", "unit")}
    assert [suite.name for suite in sorted(names.values(), key=running._turn)] == [
        "unit",
        "lint",
        "long-demo",
        "long-x",
    ]


def test_a_long_suite_that_fails_fails_the_long_run_and_can_be_run_alone(ran, long_modules, capsys):
    seen, failing = ran
    failing["tests/long/emulation"] = 1
    assert run_tests.main(["--long"]) == 1
    assert "FAILED: long-emulation" in capsys.readouterr().out
    seen.clear()
    assert run_tests.main(["--only", "long-rehearsal"]) == 0
    assert [line[-1] for line in seen] == ["tests/long/test_rehearsal.py"]


def test_a_word_selects_among_the_long_tests(ran, long_modules):
    seen, failing = ran
    failing["tests/long/emulation"] = running.NO_TESTS
    assert run_tests.main(["--long", "--", "-k", "word"]) == 0
    assert all(line[-2:] == ["-k", "word"] for line in seen) and len(seen) == 2


def _suite(name: str, program: str) -> Suite:
    return Suite(name, ((sys.executable, "-c", program),), pytest=False)


def test_side_by_side_suites_run_at_the_same_time_and_show_their_output_whole(tmp_path, capsys):
    # Each waits for the other's file: one after the other they would never end.
    meet = (
        "import pathlib, sys, time\nmine, other = map(pathlib.Path, {names!r})\nmine.touch()\n"
        "end = time.monotonic() + 30\n"
        "while not other.exists():\n    assert time.monotonic() < end\n    time.sleep(0.01)\n"
        "print('first of', mine)\nprint('last of', mine, file=sys.stderr)"
    )
    pair = [_suite("a", meet.format(names=("a", "b"))), _suite("b", meet.format(names=("b", "a")))]
    outcomes = running.run(pair, [], root=tmp_path, coverage=False, side_by_side=2, limit=60)
    assert [outcome.passed for outcome in outcomes.values()] == [True, True]
    shown = capsys.readouterr().out
    for name in "ab":
        assert f"first of {name}" in shown and f"last of {name}" in shown
        assert sorted(outcomes[name].output.split("\n")[-3:-1]) == [f"first of {name}", f"last of {name}"]


def test_a_suite_that_mostly_waits_takes_no_turn(tmp_path, capsys):
    meet = (
        "import pathlib, time\nnames = {names!r}\npathlib.Path(names[0]).touch()\nend = time.monotonic() + 30\n"
        "while not all(map(pathlib.Path.exists, map(pathlib.Path, names))):\n"
        "    assert time.monotonic() < end\n    time.sleep(0.01)"
    )
    names = ["a", "b", running.WAITS[0]]
    three = [_suite(name, meet.format(names=[name, *(each for each in names if each != name)])) for name in names]
    outcomes = running.run(three, [], root=tmp_path, coverage=False, side_by_side=2, limit=60)
    assert all(outcome.passed for outcome in outcomes.values())
    assert f"2 at a time, and besides {running.WAITS[0]}" in capsys.readouterr().out


def test_a_failure_beside_others_is_not_lost(tmp_path, capsys):
    pair = [_suite("good", "pass"), _suite("bad", "raise SystemExit('it broke')")]
    outcomes = running.run(pair, [], root=tmp_path, coverage=False, side_by_side=2, limit=60)
    assert (outcomes["good"].passed, outcomes["bad"].passed) == (True, False)
    assert "it broke" in capsys.readouterr().out
