"""Runs a scenario of promotions on fakes to the end, with events between its calls, and checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from lambda_src.pipeline.promote import handler as promote
from stacks.training.machines import promotion
from tests.unit.interleavings.explorer.engine import Call, Function, lost
from tests.unit.interleavings.fakes.asl import Execution
from tests.unit.interleavings.fakes.cloud import ALARMS, PARAMETER, Cloud, artifact
from tests.unit.interleavings.promotions import judging
from tests.unit.interleavings.promotions.installed import armed, installed
from tests.unit.interleavings.promotions.operators import reject_all, rollback
from tests.unit.interleavings.promotions.scenarios import ROLLBACK, Scenario, package, promoting

MACHINE = promotion.definition(promote_arn="promote", patience=promotion.Patience(rollout_seconds=600, poll_seconds=20))
FUNCTION_SECONDS = 300
SETTLES = hasattr(promote, "_settle")
# The longest that a call takes, with its retries.
_STALLED, _MOST_STEPS = 45.0, 4000


class Run:
    """A scenario's run. deviations: by a call's number, the event before it."""

    def __init__(self, scenario: Scenario, deviations: Mapping[int, str] | None = None) -> None:
        self.scenario, self.deviations = scenario, dict(deviations or {})
        outcomes = {artifact(name): outcome for name, outcome in scenario.outcomes.items()}
        self.cloud = Cloud(outcomes=outcomes, answers=scenario.answers, rollback_seconds=scenario.rollback_seconds)
        self.clock = self.cloud.clock
        self.cloud.stack.rollout_seconds = scenario.rollout_seconds
        self.cloud.stack.ringing = set(scenario.ringing)
        self.cloud.starts = lambda name, payload: self._start(name, payload, after=0.0)
        if scenario.serving:
            served = artifact(scenario.serving)
            self.cloud.parameters.put_parameter(Name=PARAMETER, Value=served, Type="String")
            self.cloud.stack.create(served)
            self.cloud.endpoint.packages[package(scenario.serving)] = _package(scenario.serving)
        self.functions: list[Function] = []
        self.owners: dict[Function, Execution] = {}
        self.calls: list[Call] = []
        self.trace: list[str] = []
        self.faults: list[str] = []
        self.rejected: dict[str, int] = {}  # by artifact, how many updates had begun when it was reported as rejected
        self._judged: set[str] = set()
        self._later: list[tuple[float, str]] = []
        self._settled = 0

    def run(self) -> list[str]:
        """Runs until nothing is left and the reconciler has run; returns the errors."""
        with installed(self.cloud), armed(self.scenario.armed):
            for name, (after, payload) in self.scenario.starts.items():
                if payload == ROLLBACK:
                    self._later.append((self.clock.now + after, name))
                else:
                    self._start(name, payload, after=after)
            self._until_quiet()
            self.cloud.stack.ringing |= {ALARMS[0]} if self.scenario.armed else set()
            self._settle_all()
            self.faults += [*judging.of_stuck(self), *judging.of_rejected(self)]
            if self.scenario.afterwards:
                self._person()
                self._until_quiet()
                self._settle_all()
        self.faults += judging.of_end(self)
        return self.faults

    def _settle_all(self) -> None:
        """Runs the reconciler some times, far enough apart that stopped calls have ended."""
        for _ in range(8 if self.scenario.armed else 3):
            self.clock.now += 120
            self._settle()
            self._until_quiet()

    def _person(self) -> None:
        """A person's last actions."""
        if self.scenario.afterwards == "deploy":
            self.cloud.stack.deploy()
        elif self.cloud.stack.status == "UPDATE_ROLLBACK_FAILED":
            self.cloud.stack.mend()
            self._start("later", promoting("c"), after=0.0)

    def _roll_back(self, name: str) -> None:
        payload = rollback(self.cloud)
        if payload is None:
            return
        if self.scenario.outcomes.get(_name(payload["artifact_uri"]), "good") != "good":
            self.faults.append(f"{name} goes back to {_name(payload['artifact_uri'])}, which was taken back")
        self._start(name, payload, after=0.0)

    def _start(self, name: str, payload: dict[str, Any], *, after: float) -> None:
        arn = f"arn:aws:states:us-east-1:1:execution:rubric-dev-promotion:{name}"
        of = payload["detail"]["of"] if "detail" in payload else _name(payload["artifact_uri"])
        self.cloud.endpoint.packages.setdefault(package(of), _package(of))
        execution = Execution(arn, MACHINE, payload, clock=self.clock, invoke=self._invoke)
        execution.wakes = self.clock.now + after
        self.cloud.executions[arn] = execution

    def _invoke(self, owner: str, event: dict[str, Any]) -> Function:
        function = self._function(f"{owner.rsplit(':', 1)[-1]}.{event['action']}", event)
        self.owners[function] = self.cloud.executions[owner]
        return function

    def _function(self, name: str, event: dict[str, Any]) -> Function:
        context = SimpleNamespace(
            function_name="promote",
            memory_limit_in_mb=256,
            invoked_function_arn="arn:aws:lambda:us-east-1:1:function:promote",
            aws_request_id=f"request-{len(self.functions)}-{self._settled}",
        )
        work: Callable[[], Any] = lambda: promote.handler(event, context)  # noqa: E731
        function = Function(name, work, started=self.clock.now, limit=FUNCTION_SECONDS)
        self.functions.append(function)
        return function

    def _settle(self) -> None:
        if SETTLES:
            self._settled += 1
            self._function(f"settle-{self._settled}", {"action": "settle"})

    def _until_quiet(self) -> None:
        while len(self.calls) < _MOST_STEPS:
            self._executions_go_on()
            self.functions = [function for function in self.functions if not function.done]
            ready = [function for function in self.functions if function.wakes <= self.clock.now]
            if ready:
                self._step(ready[0])
            elif not self._time_passes():
                return
        self.faults.append("it never ends")

    def _executions_go_on(self) -> None:
        for name, execution in list(self.cloud.executions.items()):
            if execution.running:
                execution.go_on()
            if not execution.running and name not in self._judged:
                self._judged.add(name)
                self.faults += judging.of_success(self, execution)

    def _time_passes(self) -> bool:
        update = self.cloud.stack.update
        times = [execution.wakes for execution in self.cloud.executions.values() if execution.wakes is not None]
        times += [function.wakes for function in self.functions]
        times += [update.ends] if update is not None else []
        times += [when for when, _ in self._later]
        if not times:
            return False
        self.clock.now = max(self.clock.now, min(times))
        if update is not None and update.ends <= self.clock.now:
            self.cloud.stack.end()
            self.trace.append(f"-- {self.cloud.stack.status}")
        for when, name in list(self._later):
            if when <= self.clock.now:
                self._later.remove((when, name))
                self._roll_back(name)
        return True

    def _step(self, function: Function) -> None:
        call = function.pending
        assert call is not None
        number = len(self.calls)
        self.calls.append(call)
        happens = self.deviations.get(number, "")
        self.trace.append(f"{number} {function.name} {call.service}.{call.operation} {_told(call)} {happens}".rstrip())
        if self.clock.now > function.dies:
            function.kill()
            return
        _DEVIATIONS[happens](self, function)

    # Events that may come before a call

    def _goes_on(self, function: Function) -> None:
        function.answer(self.cloud.make)

    def _kill(self, function: Function) -> None:
        function.kill()

    def _lost(self, function: Function) -> None:
        """The answer is lost: botocore repeats the call, and Step Functions repeats a function's call."""
        call = function.pending
        assert call is not None
        if not call.service:
            self._lose(function)
            function.answer(self.cloud.make)
            return
        with suppress(Exception):  # an error is lost, too
            self.cloud.make(call)
        function.answer(self.cloud.make)

    def _error(self, function: Function) -> None:
        """The call works, but none of botocore's tries gets an answer."""
        call = function.pending
        assert call is not None
        if not call.service:
            function.kill()
            return
        with suppress(Exception):  # an error is lost, too
            self.cloud.make(call)
        function.fail(lost())

    def _lose(self, function: Function) -> None:
        owner = self.owners.get(function)
        if owner is not None and owner.waits_for is function:
            owner.lose()

    def _abort(self, function: Function) -> None:
        owner = self.owners.get(function)
        if owner is not None and owner.running:
            owner.abort()

    def _double(self, function: Function) -> None:
        """Step Functions starts the function again while the first one still runs."""
        self._lose(function)
        function.wakes = self.clock.now + 5

    def _stall(self, function: Function) -> None:
        function.wakes = self.clock.now + _STALLED

    def _switch(self, function: Function) -> None:
        self.functions.remove(function)
        self.functions.append(function)

    def _deploy(self, function: Function) -> None:
        self.cloud.stack.deploy()

    def _settle_now(self, function: Function) -> None:
        self._settle()
        if SETTLES:
            self.functions.insert(0, self.functions.pop())

    def _reject(self, function: Function) -> None:
        work: Callable[[], Any] = lambda: reject_all(self.cloud, rejected=self._rejected)  # noqa: E731
        self.functions.insert(0, Function("reject", work, started=self.clock.now, limit=FUNCTION_SECONDS))

    def _rejected(self, artifact_uri: str) -> None:
        self.rejected[artifact_uri] = len(self.cloud.stack.rollouts)
        if self.cloud.endpoint.artifact == artifact_uri:
            self.faults.append(f"{_name(artifact_uri)} is rejected while it serves")


_DEVIATIONS: dict[str, Callable[[Run, Function], None]] = {
    "": Run._goes_on,
    "kill": Run._kill,
    "lost": Run._lost,
    "error": Run._error,
    "abort": Run._abort,
    "double": Run._double,
    "stall": Run._stall,
    "switch": Run._switch,
    "deploy": Run._deploy,
    "settle": Run._settle_now,
    "reject": Run._reject,
}


def _package(name: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(1_790_000_000, UTC)
    return {
        "ModelApprovalStatus": "Approved",
        "CreationTime": at.replace(hour=1, minute=ord(name) % 50 if name != "x" else 0),
        "LastModifiedTime": at,
        "InferenceSpecification": {"Containers": [{"ModelDataUrl": artifact(name)}]},
    }


def _told(call: Call) -> str:
    request = call.arguments
    return str(request.get("Name", "")).rsplit("/", 1)[-1] + " " + str(request.get("Value", ""))[:200]


def _name(artifact_uri: str) -> str:
    return artifact_uri.split("/")[-3]
