"""Tests tools/testing/changed.py, which chooses the tests that `make check` runs for a change."""

import subprocess
from pathlib import Path

import pytest

from tests.clone import ROOT
from tools.testing import changed


def chosen(*paths: str) -> set[str]:
    return {str(path) for path in changed.tests(ROOT, map(Path, paths))}


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("lambda_src/authorizer/limits.py", "tests/unit/lambda_src/authorizer/test_handler.py"),
        ("model_code/training/data/split.py", "tests/unit/model_code/data/test_split.py"),
        ("tools/testing/changed.py", "tests/unit/tools/testing/test_changed.py"),
        ("tests/unit/ops/api/test_keys.py", "tests/unit/ops/api/test_keys.py"),
        ("tests/unit/ops/conftest.py", "tests/unit/ops/commands/test_load.py"),
        ("docs/security.md", "tests/unit/test_security_page.py"),
        ("stacks/api/stack.py", "tests/stacks/api/test_stack.py"),
        ("local-aws/local_aws/gate/rules.py", "local-aws/tests/unit/gate/test_rules.py"),
    ],
)
def test_a_change_has_the_tests_that_lead_to_it(path: str, test: str) -> None:
    assert test in chosen(path)


def test_what_has_nothing_to_do_with_a_change_does_not_run() -> None:
    assert "tests/unit/tools/bundling/test_native.py" not in chosen("lambda_src/authorizer/limits.py")
    assert not chosen()
    assert not any(path.startswith("tests/long") for path in chosen("tests/long/test_native.py"))


def test_a_change_is_what_differs_or_is_new(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    for name in ("same.py", "other.py", "gone.py", ".gitignore"):
        (tmp_path / name).write_text("ignored.py\n")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    (tmp_path / "other.py").write_text("changed")
    (tmp_path / "é new.py").write_text("new")
    (tmp_path / "ignored.py").write_text("ignored")
    (tmp_path / "gone.py").unlink()
    assert changed.files(tmp_path, "HEAD") == [Path("other.py"), Path("é new.py")]
    with pytest.raises(changed.GitError, match="no-such-revision"):
        changed.files(tmp_path, "no-such-revision")


def test_each_test_runs_in_its_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ("model_code/training/data/split.py", "ops/api/keys.py", "benchmarks/chips.py")
    monkeypatch.setattr(changed, "files", lambda *_: [Path(path) for path in paths])
    suites = {suite.name: suite.commands for suite in changed.checks(ROOT, "HEAD")}
    assert set(suites) == {"lint", "unit", "model"}
    assert suites["model"][0][0] == ".venv-model/bin/python"
    assert {"tests/unit/model_code/data/test_split.py", "tests/benchmarks/test_chips.py"} <= set(suites["model"][0])


def test_the_local_awss_own_tests_are_unit_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed, "files", lambda *_: [Path("local-aws/local_aws/gate/rules.py")])
    suites = {suite.name: suite.commands for suite in changed.checks(ROOT, "HEAD")}
    assert set(suites) == {"lint", "unit"}
    assert "local-aws/tests/unit/gate/test_rules.py" in suites["unit"][0]
