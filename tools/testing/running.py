"""Runs suites: one alone on the screen, or several side by side with the whole output of each at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from tools.testing import bytecode, commands
from tools.testing.suites import Suite

NO_TESTS = 5  # pytest's exit status for a selection that holds no test
STILL_EVERY_SECONDS = 60.0
# Started first, to keep the end short.
LONGEST = ("unit", "model", "contract", "long-settings", "long-acceptance", "long-demo")
# They wait for half of their time or more, for deploys, alarms and each minute's steps: they run besides the others.
WAITS = ("e2e", "long-closed_loop", "long-delivery", "long-game_day")
# Each of them has a local AWS: more of those at a time slow all of them down.
BESIDE = 3


@dataclass(frozen=True)
class SuiteResult:
    """How a suite ended; `output` is empty where it went straight to the screen."""

    suite: str
    passed: bool
    seconds: float
    output: str = ""


def run(
    suites: Sequence[Suite], extra: Sequence[str], *, root: Path, coverage: bool, side_by_side: int, limit: float
) -> dict[str, SuiteResult]:
    """Run the suites, at most `side_by_side` at a time and those that mostly wait besides. Returns their outcomes in
    the same order.

    limit: seconds, after which a command is stopped.
    """
    if side_by_side < 2 or len(suites) < 2:
        done = {
            suite.name: _one(suite, extra, root=root, coverage=coverage, captured=False, limit=limit)
            for suite in suites
        }
    else:
        done = _several(suites, extra, root=root, coverage=coverage, workers=side_by_side, limit=limit)
    bytecode.forget_temporary(root)
    return {suite.name: done[suite.name] for suite in suites}


def _how_many(suites: Sequence[Suite], workers: int) -> str:
    waiting = [suite.name for suite in suites if suite.name in WAITS]
    return f"{workers} at a time" + (f", and besides {' and '.join(waiting)}" if waiting else "")


def _turn(suite: Suite) -> tuple[bool, int]:
    """Long suites last: a mistake shows sooner in the others."""
    return suite.long, LONGEST.index(suite.name) if suite.name in LONGEST else len(LONGEST)


def _several(
    suites: Sequence[Suite], extra: Sequence[str], *, root: Path, coverage: bool, workers: int, limit: float
) -> dict[str, SuiteResult]:
    started, done = time.monotonic(), {}
    print(f"Running {', '.join(suite.name for suite in suites)}, {_how_many(suites, workers)}.", flush=True)
    with ThreadPoolExecutor(workers) as pool, ThreadPoolExecutor(BESIDE) as beside:
        running: dict[Future[SuiteResult], str] = {
            (beside if suite.name in WAITS else pool).submit(
                _one, suite, extra, root=root, coverage=coverage, captured=True, limit=limit
            ): suite.name
            for suite in sorted(suites, key=_turn)
        }
        while running:
            ended, _ = wait(running, timeout=STILL_EVERY_SECONDS, return_when=FIRST_COMPLETED)
            for future in ended:
                outcome = future.result()
                done[running.pop(future)] = outcome
                print(outcome.output, end="", flush=True)
                word = "passed" if outcome.passed else "FAILED"
                print(f"── {outcome.suite}: {word} in {outcome.seconds:.0f} s", flush=True)
            if running and not ended:
                at = f"{time.monotonic() - started:.0f} s"
                print(f"── {at}: still to end: {', '.join(sorted(running.values()))}", flush=True)
    return done


def _one(
    suite: Suite, extra: Sequence[str], *, root: Path, coverage: bool, captured: bool, limit: float
) -> SuiteResult:
    started = time.monotonic()
    passed, parts = True, []
    env = {**bytecode.environment(os.environ, root), "COVERAGE_FILE": str(root / f".coverage.{suite.name}")}
    for line in suite.lines(extra, coverage=coverage):
        title = f"\n── {suite.name}: {' '.join(line[1:])}\n"
        if not captured:
            print(title, end="", flush=True)
        ended = commands.run(line, cwd=root, env=env, captured=captured, limit=limit)
        parts += [title, ended.output] if captured else []
        selected_none = ended.status == NO_TESTS and any(part.startswith("-k") for part in extra)
        passed = passed and (ended.status == 0 or selected_none)
    return SuiteResult(suite.name, passed, time.monotonic() - started, "".join(parts))
