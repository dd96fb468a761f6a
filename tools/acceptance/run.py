"""One run: its shared state, its steps in order, and the destroy and count that always follow."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from environments.settings import Settings
from tools.acceptance.budget import Budget
from tools.acceptance.commands import Commands
from tools.acceptance.errors import LimitError, StepError
from tools.acceptance.listing import stacks_of
from tools.acceptance.planning.place import Place

PASSED, FAILED, SKIPPED, INTERRUPTED, NOT_RUN = "passed", "failed", "skipped", "interrupted", "not run"


class Skip(Exception):  # noqa: N818  it is not an error
    """The step does not apply to the environment; the message gives the reason."""


@dataclass
class StepResult:
    """How a step ended. `seen`: its observations, for the report."""

    step: str
    status: str = NOT_RUN
    seconds: float = 0.0
    seen: dict[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass
class Run:
    """The environment under test. `facts`: values that steps pass to later ones (key, model version, ...)."""

    name: str
    env_file: Path
    settings: Settings
    folder: Path
    root: Path
    place: Place
    budget: Budget
    commands: Commands
    outcomes: list[StepResult] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def rubric(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
        """The standard output of `rubric --env <the throw-away environment> ...`."""
        rubric = str(self.root / ".venv/bin/rubric")
        return self.commands.run(rubric, "--env", str(self.env_file), *arguments, allowed=allowed)

    def cdk(self, *arguments: str, cwd: Path | None = None) -> str:
        """The standard output of `cdk ...`."""
        return self.commands.run(
            str(self.root / "node_modules/.bin/cdk"), *arguments, "--no-color", "--no-notices", cwd=cwd
        )

    def outputs(self) -> dict[str, str]:
        """The outputs of all its stacks."""
        stacks = stacks_of(self.place.client("cloudformation"), self.name)
        return {each["OutputKey"]: each["OutputValue"] for stack in stacks for each in stack.get("Outputs", [])}

    def wait(self, what: str, probe: Callable[[], Any], *, seconds: float, every: float = 2.0) -> Any:
        """The first true result of `probe`. Raises StepError if there is none in time, LimitError from the budget."""
        end = time.monotonic() + seconds
        while True:
            result = probe()
            if result:
                return result
            self.commands.check()
            if time.monotonic() > end:
                raise StepError(f"{what} did not happen within {seconds:.0f} s")
            time.sleep(every)


Step = Callable[[Run], dict[str, Any]]


def perform(run: Run, steps: Sequence[tuple[str, Step]], *, say: Callable[[str], None]) -> str:
    """Run the steps until one fails. Returns why it stopped, "" if all passed or were skipped."""
    run.outcomes += [StepResult(name) for name, _ in steps]
    for outcome, (name, step) in zip(run.outcomes[-len(steps) :], steps, strict=True):
        with measured(run, outcome, say=say) as ended:
            outcome.seen = step(run)
        if outcome.status not in (PASSED, SKIPPED):
            return f"{name}: {ended[0]}"
    return ""


@contextmanager
def measured(run: Run, outcome: StepResult, *, say: Callable[[str], None]) -> Iterator[list[str]]:
    """Times a step and records how it ended; adds the reason to the list in one line."""
    say(f"… {outcome.step}")
    reason: list[str] = []
    run.budget.enter(outcome.step)
    began = time.monotonic()
    try:
        run.commands.check()
        yield reason
        outcome.status = PASSED
    except Skip as skip:
        outcome.status, outcome.error = SKIPPED, str(skip)
    except KeyboardInterrupt:
        outcome.status, outcome.error = INTERRUPTED, "Ctrl-C"
    except LimitError as limit:
        outcome.status, outcome.error = INTERRUPTED, str(limit)
    except (StepError, ClientError, BotoCoreError) as error:
        outcome.status, outcome.error = FAILED, str(error)
    except Exception:  # noqa: BLE001  after any error, the destroy must follow
        outcome.status, outcome.error = FAILED, traceback.format_exc()
    outcome.seconds = time.monotonic() - began
    lines = outcome.error.splitlines() or [""]
    reason.append(lines[-1] if outcome.error.startswith("Traceback") else lines[0])
    mark = {PASSED: "✓", SKIPPED: "-"}.get(outcome.status, "✗")
    say(f"{mark} {outcome.step}: {outcome.status} in {outcome.seconds:.0f} s {outcome.error}".rstrip())
