"""The end of every run: stops what still runs, destroys the stacks and counts what is left."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from tools.acceptance.errors import StepError
from tools.acceptance.kinds import pages
from tools.acceptance.leftovers import Left, resources, settled, stacks_of
from tools.acceptance.run import Outcome, Run, measured

_SETTLE_SECONDS, _LOCAL_SETTLE_SECONDS = 3600.0, 300.0
_COUNT_SECONDS, _LOCAL_COUNT_SECONDS = 300.0, 10.0
_ANSWERS = "-first-model"
_PRESSES = 3
_TRIES = 2


def end(run: Run, *, say: Callable[[str], None]) -> Left:
    """Destroy and count, without limits and despite Ctrl-C; returns what is left."""
    run.commands.check = lambda: None
    left = Left(uncounted={"everything": "it was not counted"})
    with insisting(say):
        known = _known(run)
        destroyed = Outcome("destroy")
        run.outcomes.append(destroyed)
        with measured(run, destroyed, say=say):
            destroyed.seen = destroy(run, say=say)
        counted = Outcome("count")
        run.outcomes.append(counted)
        with measured(run, counted, say=say):
            seconds = _LOCAL_COUNT_SECONDS if run.place.is_local else _COUNT_SECONDS
            left = settled(run.place.client, run.name, prefix=run.settings.prefix, known=known, seconds=seconds)
            counted.seen = {"left": left.found, "records that AWS keeps": left.stays, "not counted": left.uncounted}
            if not left.is_nothing:
                raise StepError(f"{left.count} resources are left; {len(left.uncounted)} kinds could not be counted")
    return left


def destroy(run: Run, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Stop what runs, wait for stacks in progress, `cdk destroy`; once more where it failed. Raises StepError."""
    if not _stacks(run):
        return {"tries": 0}
    stopped = stop_work(run)
    if stopped:
        say(f"  stopped: {', '.join(stopped)}")
    settle(run, say=say)
    failures = []
    for _ in range(_TRIES):
        try:
            run.cdk(
                *("destroy", "--all", "--force", "-c", f"env={run.env_file}"),
                *("--output", str(run.folder / "cdk.out")),
            )
        except StepError as error:
            failures.append(str(error))
        left = _stacks(run)
        if not left:
            return {"tries": len(failures) + 1, "stopped": stopped, "failures": failures}
    raise StepError(f"{', '.join(left)} could not be destroyed: {failures[-1] if failures else 'no reason is given'}")


def _stacks(run: Run) -> list[str]:
    """Their names; looks again before it finds none: a stack just begun may not show at once."""
    cloudformation = run.place.client("cloudformation")
    found = stacks_of(cloudformation, run.name)
    if not found:
        time.sleep(1.0 if run.place.is_local else 10.0)
        found = stacks_of(cloudformation, run.name)
    return [stack["StackName"] for stack in found]


def stop_work(run: Run) -> list[str]:
    """Stop the environment's executions and jobs, so that no stack waits for them and nothing is paid for them."""
    machines, sagemaker, stopped = run.place.client("stepfunctions"), run.place.client("sagemaker"), []
    for machine in pages(machines, "list_state_machines", "stateMachines"):
        # The one that waits for the first training answers CloudFormation, which would wait an hour for it in vain.
        if run.name not in machine["name"] or machine["name"].endswith(_ANSWERS):
            continue
        arn = machine["stateMachineArn"]
        for each in pages(machines, "list_executions", "executions", stateMachineArn=arn, statusFilter="RUNNING"):
            machines.stop_execution(executionArn=each["executionArn"], cause="The acceptance run ends")
            stopped.append(f"execution of {machine['name']}")
    for kind, key, stop in (
        ("training", "TrainingJobSummaries", sagemaker.stop_training_job),
        ("transform", "TransformJobSummaries", sagemaker.stop_transform_job),
    ):
        member = f"{kind.capitalize()}JobName"
        for job in pages(sagemaker, f"list_{kind}_jobs", key, NameContains=run.name, StatusEquals="InProgress"):
            _stop(stop, member, job[member])
            stopped.append(job[member])
    return stopped


def settle(run: Run, *, say: Callable[[str], None]) -> None:
    """Wait until no stack is in progress. An update is cancelled; a stack that was only planned is deleted."""
    cloudformation = run.place.client("cloudformation")
    end_at = time.monotonic() + (_LOCAL_SETTLE_SECONDS if run.place.is_local else _SETTLE_SECONDS)
    told: set[tuple[str, str]] = set()
    while time.monotonic() < end_at:
        busy = [stack for stack in stacks_of(cloudformation, run.name) if stack["StackStatus"].endswith("_IN_PROGRESS")]
        if not busy:
            return
        for stack in busy:
            seen = (stack["StackName"], stack["StackStatus"])
            if seen in told:
                continue
            told.add(seen)
            say(f"  {seen[0]} is {seen[1]}")
            _hurry(cloudformation, *seen)
        stop_work(run)  # a stack that is still being created may have begun to train meanwhile
        time.sleep(1.0 if run.place.is_local else 10.0)
    say("  stacks are still in progress: the destroy is tried all the same")


@contextmanager
def insisting(say: Callable[[str], None]) -> Iterator[None]:
    """Ctrl-C has to be pressed several times: to leave resources behind costs money."""
    pressed = 0

    def count(number: int, frame: object) -> None:
        nonlocal pressed
        del number, frame
        pressed += 1
        if pressed >= _PRESSES:
            raise KeyboardInterrupt
        say(f"  the destroy goes on; Ctrl-C {_PRESSES - pressed} more times leaves what is there, which costs money")

    before = {kind: signal.signal(kind, count) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _known(run: Run) -> set[str]:
    cloudformation = run.place.client("cloudformation")
    try:
        return resources(cloudformation, [stack["StackName"] for stack in stacks_of(cloudformation, run.name)])
    except ClientError:
        return set()  # then names alone tell


def _hurry(cloudformation: Any, name: str, status: str) -> None:
    try:
        if status == "UPDATE_IN_PROGRESS":
            cloudformation.cancel_update_stack(StackName=name)
        elif status == "REVIEW_IN_PROGRESS":
            cloudformation.delete_stack(StackName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # it has moved on meanwhile
            raise


def _stop(stop: Callable[..., Any], member: str, job: str) -> None:
    try:
        stop(**{member: job})
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":  # it has ended meanwhile
            raise
