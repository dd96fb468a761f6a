"""Runs the linters and test suites, each in the environment it belongs to, and sums up: `python -m tools.run_tests`."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP, MODEL = ".venv/bin/python", ".venv-model/bin/python"
MODEL_TESTS = "tests/unit/model_code"
NO_TESTS = 5  # pytest's exit status for a selection that holds no test
TYPED = ("environments", "lambda_src", "local_aws", "ops", "stacks", "tools", "tests")
TYPED_IN_MODEL = ("model_code", MODEL_TESTS)  # what they import is installed there only


@dataclass(frozen=True)
class Suite:
    """Something to run: `commands` one after another; a `pytest` suite takes further arguments.

    measured: whether it runs our code in its own process, so that its coverage says something.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    pytest: bool = True
    measured: bool = True

    def lines(self, extra: Sequence[str], *, coverage: bool) -> list[list[str]]:
        """The command lines to run, with pytest's `extra` arguments and coverage where they apply."""
        if not self.pytest:
            return [list(command) for command in self.commands]
        measure = ["--cov", "--cov-report="] if coverage and self.measured else []
        return [[*command, *measure, *extra] for command in self.commands]


def _pytest(name: str, *paths: str, python: str = APP, measured: bool = True) -> Suite:
    return Suite(name, ((python, "-m", "pytest", "-q", *paths),), measured=measured)


def suites(root: Path = ROOT) -> list[Suite]:
    """Every suite, quick ones first."""
    typed = [name for name in TYPED if (root / name).is_dir()]
    lint = (
        (APP, "-m", "ruff", "check", "."),
        (APP, "-m", "mypy", "--exclude", f"^{MODEL_TESTS}/", *typed),
        (APP, "-m", "mypy", "--cache-dir", ".mypy_cache/model", "--python-executable", MODEL, *TYPED_IN_MODEL),
    )
    return [
        Suite("lint", lint, pytest=False),
        _pytest("unit", "tests/unit", f"--ignore={MODEL_TESTS}"),
        _pytest("model", MODEL_TESTS, python=MODEL),
        _pytest("stacks", "tests/stacks"),
        _pytest("contract", "tests/contract"),
        _pytest("e2e", "tests/e2e", measured=False),
    ]


def _run(suite: Suite, extra: Sequence[str], *, coverage: bool) -> tuple[bool, float]:
    """Run one suite; whether it passed, and the seconds it took."""
    started = time.monotonic()
    passed = True
    for line in suite.lines(extra, coverage=coverage):
        print(f"\n── {suite.name}: {' '.join(line[1:])}", flush=True)
        env = {**os.environ, "COVERAGE_FILE": str(ROOT / f".coverage.{suite.name}")}
        status = subprocess.run(line, cwd=ROOT, env=env, check=False).returncode
        selected_none = status == NO_TESTS and any(part.startswith("-k") for part in extra)
        passed = passed and (status == 0 or selected_none)
    return passed, time.monotonic() - started


def _report_coverage() -> None:
    parts = sorted(ROOT.glob(".coverage.*"))
    if not parts:
        return
    coverage = [APP, "-m", "coverage"]
    combined = subprocess.run(
        [*coverage, "combine", "--quiet", *map(str, parts)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if combined.returncode:
        print(f"coverage: {combined.stdout.strip()} {combined.stderr.strip()}")
        return
    report = subprocess.run([*coverage, "report"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    totals: dict[str, list[int]] = {}
    for line in report.splitlines():
        found = re.match(r"(\w+)/\S+\s+(\d+)\s+(\d+)\s+\d+\s+\d+\s+", line)
        if found:
            counts = totals.setdefault(found[1], [0, 0])
            counts[0] += int(found[2])
            counts[1] += int(found[3])
    print("\n── coverage (lines; `.venv/bin/python -m coverage report` for each file)")
    for name, (statements, missed) in sorted(totals.items()):
        print(f"  {name:<14} {100 * (statements - missed) / max(statements, 1):5.1f} %  of {statements}")
    statements, missed = (sum(column) for column in zip(*totals.values(), strict=True)) if totals else (0, 0)
    print(f"  {'total':<14} {100 * (statements - missed) / max(statements, 1):5.1f} %  of {statements}")


def main(argv: list[str] | None = None) -> int:
    """The command; returns 0 when everything passed."""
    known = {suite.name: suite for suite in suites()}
    parser = argparse.ArgumentParser(prog="run_tests", description="Run the linters and the tests.")
    parser.add_argument("--only", action="append", choices=sorted(known), help="a suite; may be given several times")
    parser.add_argument("extra", nargs="*", help="further arguments for pytest, after --")
    options = parser.parse_args(argv)
    chosen = [suite for name, suite in known.items() if not options.only or name in options.only]
    coverage = not options.extra
    for stale in ROOT.glob(".coverage*"):
        stale.unlink()
    results = {suite.name: _run(suite, options.extra, coverage=coverage) for suite in chosen}
    if coverage:
        _report_coverage()
    print()
    for name, (passed, seconds) in results.items():
        print(f"  {'passed' if passed else 'FAILED'}  {name:<9} {seconds:6.1f} s")
    failed = [name for name, (passed, _) in results.items() if not passed]
    print(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'Everything passed.'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
