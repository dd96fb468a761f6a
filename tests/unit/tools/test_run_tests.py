"""tools/run_tests.py: each suite in its environment, and no failure is lost."""

import subprocess

import pytest

from tools import run_tests


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """The command lines that would run; those whose words are in `failing` fail with that status."""
    seen: list[list[str]] = []
    failing: dict[str, int] = {}

    def run(line, **_):
        seen.append(line)
        status = next((status for word, status in failing.items() if word in line), 0)
        return subprocess.CompletedProcess(line, status, "", "")

    monkeypatch.setattr(run_tests.subprocess, "run", run)
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    return seen, failing


def test_model_tests_run_in_the_models_environment_and_the_rest_do_not(commands):
    seen, _ = commands
    assert run_tests.main([]) == 0
    in_model = [line for line in seen if line[0] == run_tests.MODEL]
    assert [run_tests.MODEL_TESTS in line for line in in_model] == [True]
    unit = next(line for line in seen if "tests/unit" in line)
    assert unit[0] == run_tests.APP and f"--ignore={run_tests.MODEL_TESTS}" in unit


def test_a_failing_suite_fails_the_run_and_the_others_still_run(commands, capsys):
    seen, failing = commands
    failing["tests/stacks"] = 1
    assert run_tests.main([]) == 1
    assert any("tests/e2e" in line for line in seen)
    assert "FAILED: stacks" in capsys.readouterr().out


def test_a_suite_without_a_test_is_a_failure_unless_it_was_filtered(commands):
    _, failing = commands
    failing["tests/e2e"] = run_tests.NO_TESTS
    assert run_tests.main(["--only", "e2e"]) == 1
    assert run_tests.main(["--only", "e2e", "--", "-k", "word"]) == 0


def test_ruff_and_mypy_are_part_of_it(commands):
    seen, _ = commands
    run_tests.main(["--only", "lint"])
    assert [line[2] for line in seen] == ["ruff", "mypy", "mypy"]
