"""Stops an environment's executions and jobs, independently: one that cannot be stopped does not block the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tools.acceptance.cleanup.notes import Notes
from tools.acceptance.listing import pages
from tools.acceptance.run import Run

_ANSWERS = "-first-model"
Work = tuple[str, Callable[[], bool]]  # its name, and a function that stops it: False if it has already ended


def stop_work(run: Run, *, notes: Notes) -> list[str]:
    """Stop the environment's executions and jobs: no stack then waits for them, and they cost nothing.

    Returns the names of the stopped ones. Those that could not be listed or stopped are in the notes.
    """
    stopped: list[str] = []
    listings: tuple[tuple[str, Callable[[], Iterator[Work]]], ...] = (
        ("executions", lambda: _executions(run, notes)),
        ("training jobs", lambda: _jobs(run, "training", "TrainingJobSummaries")),
        ("transform jobs", lambda: _jobs(run, "transform", "TransformJobSummaries")),
    )
    for what, working in listings:
        with notes.of(f"the {what} could not be listed"):
            for name, stop in working():
                with notes.of(f"{name} could not be stopped"):
                    if stop():
                        stopped.append(name)
    return stopped


def _executions(run: Run, notes: Notes) -> Iterator[Work]:
    machines = run.place.client("stepfunctions")
    for machine in pages(machines, "list_state_machines", "stateMachines"):
        # The one that waits for the first training answers CloudFormation, which would wait an hour for it in vain.
        if run.name not in machine["name"] or machine["name"].endswith(_ANSWERS):
            continue
        found: list[str] = []
        with notes.of(f"the executions of {machine['name']} could not be listed"):
            arn = machine["stateMachineArn"]
            running = pages(machines, "list_executions", "executions", stateMachineArn=arn, statusFilter="RUNNING")
            found += [execution["executionArn"] for execution in running]
        for arn in found:
            stop = partial(machines.stop_execution, executionArn=arn, cause="The acceptance run ends")
            yield f"execution of {machine['name']}", partial(_stops, stop, "ExecutionDoesNotExist")


def _jobs(run: Run, kind: str, key: str) -> Iterator[Work]:
    sagemaker, member = run.place.client("sagemaker"), f"{kind.capitalize()}JobName"
    for job in pages(sagemaker, f"list_{kind}_jobs", key, NameContains=run.name, StatusEquals="InProgress"):
        stop = partial(getattr(sagemaker, f"stop_{kind}_job"), **{member: job[member]})
        yield job[member], partial(_stops, stop, "ValidationException", "ResourceNotFound")


def _stops(stop: Callable[[], Any], *ended: str) -> bool:
    """Whether it stopped something; False if the error's code means that it has already ended."""
    try:
        stop()
    except ClientError as error:
        if error.response["Error"]["Code"] in ended:
            return False
        raise
    return True
