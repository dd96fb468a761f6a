"""Turns the CDK CLI's lines into the stages on the screen, and into the reason of a failure."""

import json
import re
import time
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path

from contracts.models.progress import Progress
from local.deployment import cdk_events
from local.deployment.training_tail import TrainingTail
from local.screen.board import Board

SYNTH = "synth"
TRAINING = "training"
ENDPOINT = "endpoint"
_POLL_SECONDS = 1.0
# Irrelevant lines of a failing CLI, and the steps that it logs on the way.
_NOISE = re.compile(
    r"Unknown option\(s\)|Failed resources:|Source Location:|CloudTrail delivery|\(no user code|"
    r".*Subprocess exited with error|\S+: (start|success): |\S+: creating CloudFormation changeset"
)


class DeployProgress:
    """Follows one `cdk deploy` or `cdk destroy`.

    prefix: removed from stack names in titles; tail: of the training job that may run at the same time;
    endpoint_status: returns the endpoint's status, None while there is none.
    """

    def __init__(
        self,
        board: Board,
        *,
        prefix: str,
        cdk_output: Path,
        tail: TrainingTail | None = None,
        endpoint_status: Callable[[], str | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board
        self._prefix = prefix
        self._cdk_output = cdk_output
        self._tail = tail
        self._endpoint_status = endpoint_status
        self._clock = clock
        self._polled = 0.0
        self._lines: list[str] = []
        self._failures: list[cdk_events.ResourceEvent] = []
        self._failed_stacks: list[str] = []
        self.trained = False

    def line(self, text: str) -> None:
        """Process a line of the CLI's output."""
        event = cdk_events.parse(text)
        match event:
            case cdk_events.Synthesised():
                self._synthesised()
            case cdk_events.StackBegan():
                self._begin_stack(event.stack)
            case cdk_events.ResourceEvent():
                self._resource(event)
            case cdk_events.StackEnded():
                self._begin_stack(event.stack)
                self._board.end(event.stack, "no changes" if event.unchanged else "")
            case cdk_events.StackFailed():
                self._failed_stacks.append(event.stack)
                self._begin_stack(event.stack)
                self._board.fail(event.stack, "")
            case None:
                self._keep(text)

    def tick(self) -> None:
        """Check the training job and the endpoint once a second, since CloudFormation does not report on them."""
        if self._clock() - self._polled < _POLL_SECONDS:
            return
        self._polled = self._clock()
        for progress in self._tail.poll() if self._tail else []:
            self.trained = True
            show_training(self._board, progress)
        self._show_endpoint(self._endpoint_status())

    def reason(self) -> str:
        """Why it failed, in one or two lines: the resource and CloudFormation's reason, or the CLI's last lines."""
        if self._failures:
            first = self._failures[0]
            return f"{first.stack}: {first.resource} ({first.resource_type}) {first.status}: {first.reason}"
        stack = f"{self._failed_stacks[0]}: " if self._failed_stacks else ""
        return stack + ("\n".join(self._lines[-2:]) or "no further output from the CDK CLI")

    def _synthesised(self) -> None:
        self._board.end(SYNTH)
        for name in stacks_in_order(self._cdk_output):
            self._board.add(name, self._title(name))

    def _begin_stack(self, name: str) -> None:
        if SYNTH in self._board.stages:
            self._board.end(SYNTH)
        self._board.begin(name, self._title(name))

    def _resource(self, event: cdk_events.ResourceEvent) -> None:
        self._begin_stack(event.stack)
        # The CLI counts the resources that it expects: one may finish before another one's start is reported.
        detail = "" if event.of_stack else f"{event.resource} {event.status.lower().replace('_', ' ')}"
        if event.waits_for_interfaces:
            detail = f"waiting until Lambda removes the network interfaces of {event.resource}"
        elif event.stack == f"{self._prefix}Network" and event.resource_type == "Custom::Cleanup":
            detail = "waiting until SageMaker has removed its network interfaces"
        self._board.progress(event.stack, done=event.done, total=event.total, detail=detail)
        if event.failed and not event.of_stack:
            self._failures.append(event)

    def _show_endpoint(self, status: str | None) -> None:
        if status in ("Creating", "Updating"):
            self._board.begin(ENDPOINT, "SageMaker endpoint")
        elif ENDPOINT in self._board.stages and status == "InService":
            self._board.end(ENDPOINT, "in service")
        elif ENDPOINT in self._board.stages and status is not None:
            self._board.fail(ENDPOINT, status)

    def _keep(self, text: str) -> None:
        text = text.strip()
        if text and not _NOISE.match(text):
            self._lines.append(text.removeprefix("error: "))

    def _title(self, stack: str) -> str:
        return f"stack {stack.removeprefix(self._prefix)}"


def show_training(board: Board, progress: Progress) -> None:
    """Show the training job's bar, with its current step and figures."""
    board.begin(TRAINING, "training job")
    if progress.stage == "done":
        board.end(TRAINING, progress.text)
        return
    board.progress(
        TRAINING, done=progress.done, total=progress.total, detail=f"{progress.stage} {progress.text}".strip()
    )


def stacks_in_order(cdk_output: Path) -> list[str]:
    """The synthesised app's stacks in order of their dependencies; [] if there is no output to read."""
    manifest = cdk_output / "manifest.json"
    if not manifest.exists():
        return []
    artifacts = json.loads(manifest.read_text())["artifacts"]
    stacks = {key: value for key, value in artifacts.items() if value["type"] == "aws:cloudformation:stack"}
    graph = {key: [d for d in value.get("dependencies", []) if d in stacks] for key, value in stacks.items()}
    order = TopologicalSorter(graph).static_order()
    return [stacks[key].get("properties", {}).get("stackName", key) for key in order]
