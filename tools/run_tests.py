"""Runs the linters and test suites, each in the environment it belongs to, and sums up: `python -m tools.run_tests`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tools.testing import changed, covered, running
from tools.testing.suites import suites

ROOT = Path(__file__).resolve().parents[1]
SIDE_BY_SIDE = 2  # besides those that mostly wait (running.WAITS)
LIMIT_MINUTES = 30  # twice what the longest suite takes


def main(argv: list[str] | None = None) -> int:
    """The command; returns 0 when everything passed."""
    known = {suite.name: suite for suite in suites(ROOT)}
    parser = argparse.ArgumentParser(prog="run_tests", description="Run the linters and the tests.")
    parser.add_argument("--only", action="append", choices=sorted(known), help="a suite; may be given several times")
    parser.add_argument("--long", action="store_true", help="the slow suites that rarely break, instead of the rest")
    parser.add_argument("--all", action="store_true", help="the slow suites as well as the rest, in one run")
    parser.add_argument("--jobs", type=int, default=SIDE_BY_SIDE, help=f"suites side by side (default {SIDE_BY_SIDE})")
    parser.add_argument(
        "--limit",
        metavar="MINUTES",
        type=float,
        default=LIMIT_MINUTES,
        help=f"stop a suite that takes longer (default {LIMIT_MINUTES})",
    )
    parser.add_argument("--coverage", action="store_true", help="measure which lines run; takes half as long again")
    parser.add_argument("extra", nargs="*", help="further arguments for pytest, after --")
    parser.add_argument(
        "--changed",
        metavar="REVISION",
        help="the linters, and the unit tests that belong to what differs from REVISION (git's name for a commit)",
    )
    options = parser.parse_args(argv)
    if options.changed:
        try:
            chosen = changed.checks(ROOT, options.changed)
        except changed.GitError as error:
            parser.error(f"{error}: give a commit, as in `make check SINCE=main`")
        files = sum(
            word.startswith(("tests/", "local-aws/"))
            for suite in chosen
            for line in suite.commands[:1]
            for word in line
        )
        print(f"Of the tests, those in {files} files belong to what differs from {options.changed}.", flush=True)
    else:
        chosen = [
            suite
            for name, suite in known.items()
            if (name in options.only if options.only else options.all or suite.long is options.long)
        ]
    if options.coverage:
        covered.forget(ROOT)
    started = time.monotonic()
    outcomes = running.run(
        chosen,
        options.extra,
        root=ROOT,
        coverage=options.coverage,
        side_by_side=options.jobs,
        limit=options.limit * 60,
    )
    if options.coverage:
        covered.report(ROOT)
    print()
    width = max(9, *map(len, outcomes))
    for name, outcome in outcomes.items():
        print(f"  {'passed' if outcome.passed else 'FAILED'}  {name:<{width}} {outcome.seconds:6.1f} s")
    failed = [name for name, outcome in outcomes.items() if not outcome.passed]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "Everything passed."
    print(f"\n{verdict} ({time.monotonic() - started:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
