"""The steps of the loop, each through what an operator or a caller has: the API, `rubric`, and a machine's schedule."""

import json
import time
from collections.abc import Callable
from typing import Any

from contracts.ab_tests import record
from contracts.deployment import stack_outputs
from contracts.logs import drift_report
from contracts.models.progress import Progress
from contracts.retraining import decision
from local.demo import rubric_command
from local.deployment import state
from local.deployment.training_tail import TrainingTail
from local.errors import CliError
from local.workspace import Workspace

_DONE = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
_EVERY = 1.0  # seconds between two looks
_PATIENCE = 900.0


class System:
    """The deployed system, as the loop's steps see it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._machines = state.client(workspace, "stepfunctions")
        outputs = [state.outputs_of(stack) for stack in state.stacks_of(workspace)]
        self._outputs = {name: value for each in outputs for name, value in each.items()}

    def rubric(self, *arguments: str) -> Any:
        """What a command prints with `--json`."""
        return rubric_command.json_of(self._workspace, [*arguments, "--json"])

    def served(self) -> str:
        """The version of the model that is approved."""
        return str(self.rubric("status")["model_version"])

    def drift(self, *, told: Callable[[str], None]) -> dict[str, Any]:
        """Look for drift until it is found."""

        def found() -> dict[str, Any] | None:
            try:
                report: dict[str, Any] = self.rubric("drift", "--now")
            except CliError as error:
                if "has no drift report" in str(error):
                    return None
                raise
            told(f"{report['counted']['texts']} texts counted: {report['status'].replace('-', ' ')}")
            return report if report["status"] == drift_report.DRIFT else None

        return dict(_until("drift", found, every=5.0))

    def decided(self) -> dict[str, Any]:
        """Run the machine `retraining` once, as its rule does on a schedule, and return its decision."""
        started = self._machines.start_execution(
            stateMachineArn=self._outputs[stack_outputs.RETRAINING_ARN], input=json.dumps({})
        )
        ended = self._ended(started["executionArn"])
        if ended["status"] != "SUCCEEDED":
            raise CliError(f"The decision failed: {ended.get('cause') or ended.get('error')}")
        return dict(json.loads(ended["output"]))

    def trained(self, run: str, *, told: Callable[[Progress], None]) -> dict[str, Any]:
        """Wait for a run of the training pipeline; its output."""
        logs = state.client(self._workspace, "logs")
        tail = TrainingTail(logs, prefix=self._workspace.stack_prefix.lower(), resume=True)

        def watched() -> None:
            for progress in tail.poll():
                told(progress)

        pipeline = self._outputs[stack_outputs.PIPELINE_ARN]
        arn = f"{pipeline.replace(':stateMachine:', ':execution:')}:{run}"
        ended = self._ended(arn, tick=watched)
        if ended["status"] != "SUCCEEDED":
            raise CliError(f"The training run {run} failed: {ended.get('cause') or ended.get('error')}")
        return dict(json.loads(ended["output"]))

    def test(self, *phases: str, told: Callable[[str], None]) -> dict[str, Any]:
        """The newest A/B test, once it is in one of these phases."""

        def there() -> dict[str, Any] | None:
            tests = self.rubric("ab", "list")
            if not tests:
                return None
            told(tests[0]["phase"])
            return dict(tests[0]) if tests[0]["phase"] in phases else None

        return dict(_until(f"a test that is {' or '.join(phases)}", there, every=2.0))

    def serving(self, version: str, *, told: Callable[[str], None]) -> None:
        """Wait until this model serves and its promotion has ended."""

        def serves() -> bool:
            status = self.rubric("status")
            told(f"{status['model_version']} serves")
            return bool(status["model_version"] == status["serving_version"] == version)

        _until(f"{version} to serve", serves, every=2.0)

    def _ended(self, arn: str, *, tick: Callable[[], None] = lambda: None) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            tick()
            described: dict[str, Any] = self._machines.describe_execution(executionArn=arn)
            return described if described["status"] in _DONE else None

        return dict(_until(f"the execution {arn.rsplit(':', 1)[-1]}", ended, every=_EVERY))


def _until(what: str, check: Callable[[], Any], *, every: float) -> Any:
    """What the check returns, once that is true. Raises CliError after a quarter of an hour."""
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        found = check()
        if found:
            return found
        time.sleep(every)
    raise CliError(f"Waited {_PATIENCE / 60:.0f} minutes for {what}: `rubric history --since 1d` shows what happened.")


def trains(made: dict[str, Any]) -> bool:
    """Whether a decision starts a run."""
    return bool(made["outcome"] == decision.TRAIN)


def differing(test: dict[str, Any]) -> int:
    """On how many texts the two models differ: those that wait for a label are only counted."""
    return len(test["disagreements"]) + int(test.get("open", 0))


def is_won(test: dict[str, Any]) -> bool:
    """Whether the challenger of a test reached its goal."""
    return test["verdict"] in record.WINS
