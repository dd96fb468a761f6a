"""Runs the parts of the Amazon States Language that our machines use (states-language.net/spec.html)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.unit.interleavings.explorer.engine import Clock, Function, Killed

Invoke = Callable[[str, dict[str, Any]], Function]


def at(path: str, data: Any, context: dict[str, Any]) -> Any:
    """The value at a reference path. Raises KeyError."""
    if path.startswith("$$"):
        path, data = path[1:], context
    for part in filter(None, path[1:].split(".")):
        data = data[part]
    return data


def evaluated(template: Any, data: Any, context: dict[str, Any]) -> Any:
    """A payload template with its paths and intrinsic functions filled in."""
    if isinstance(template, list):
        return [evaluated(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    result = {}
    for key, value in template.items():
        if not key.endswith(".$"):
            result[key] = evaluated(value, data, context)
        elif found := re.fullmatch(r"States\.StringToJson\((.+)\)", value):
            result[key[:-2]] = json.loads(at(found[1], data, context))
        else:
            result[key[:-2]] = json.loads(json.dumps(at(value, data, context)))
    return result


def put(path: str, data: Any, value: Any) -> Any:
    """The data with a value at a result path of one step."""
    return value if path == "$" else {**data, path.removeprefix("$."): value}


class Execution:
    """One execution. `invoke` starts a function, which the bench runs; `wakes`: when it continues, None for never."""

    def __init__(
        self, arn: str, definition: dict[str, Any], data: dict[str, Any], *, clock: Clock, invoke: Invoke
    ) -> None:
        self.arn, self.definition, self.data = arn, definition, data
        self.status, self.stopped = "RUNNING", 0.0
        self.error = self.cause = ""
        self.waits_for: Function | None = None
        self.wakes: float | None = clock.now
        self._clock, self._invoke = clock, invoke
        self._state = str(definition["StartAt"])
        self._tries: dict[int, int] = {}
        self._again = False

    @property
    def running(self) -> bool:
        return self.status == "RUNNING"

    def abort(self) -> None:
        """StopExecution; its function continues."""
        self._end("ABORTED")

    def lose(self) -> None:
        """The function's answer is lost (Lambda.SdkClientException), while the function continues."""
        self.waits_for = None
        self._failed("Lambda.SdkClientException", "Unable to execute HTTP request")

    def go_on(self) -> None:
        """Takes one step: reads a function's answer, or enters states until it has to wait."""
        if self.waits_for is not None:
            self._answered(self.waits_for)
        while self.running and self.waits_for is None and self.wakes is not None and self.wakes <= self._clock.now:
            self._enter(self.definition["States"][self._state])

    def _enter(self, state: dict[str, Any]) -> None:
        kind = state["Type"]
        context = {"Execution": {"Id": self.arn, "Name": self.arn.rsplit(":", 1)[-1]}}
        if kind == "Task":
            self._again = False
            self.wakes = None
            self.waits_for = self._invoke(self.arn, evaluated(state["Parameters"], self.data, context))
        elif kind == "Wait" and not self._again:
            self._again, self.wakes = True, self._clock.now + state["Seconds"]
        elif kind == "Choice":
            self._next(self._chosen(state, context))
        elif kind == "Pass":
            value = evaluated(state["Parameters"], self.data, context)
            self.data = put(state.get("ResultPath", "$"), self.data, value)
            self._next(state["Next"])
        elif kind == "Wait":
            self._next(state["Next"])
        elif kind == "Succeed":
            self._end("SUCCEEDED")
        else:
            assert kind == "Fail", kind
            self.error, self.cause = state["Error"], str(at(state["CausePath"], self.data, context))
            self._end("FAILED")

    def _next(self, name: str) -> None:
        self._state, self._again, self._tries = name, False, {}
        self.wakes = self._clock.now

    def _end(self, status: str) -> None:
        self.status, self.stopped, self.wakes, self.waits_for = status, self._clock.now, None, None

    def _chosen(self, state: dict[str, Any], context: dict[str, Any]) -> str:
        for choice in state["Choices"]:
            try:
                value, present = at(choice["Variable"], self.data, context), True
            except KeyError:
                value, present = None, False
            if "IsPresent" in choice:
                if present == choice["IsPresent"]:
                    return str(choice["Next"])
            elif value == choice["StringEquals"]:
                return str(choice["Next"])
        return str(state["Default"])

    def _answered(self, function: Function) -> None:
        if not function.done:
            return
        self.waits_for = None
        state = self.definition["States"][self._state]
        if function.error is None:
            self.data = put(state.get("ResultPath", "$"), self.data, json.loads(json.dumps(function.result)))
            self._next(state["Next"])
        elif isinstance(function.error, Killed):
            self._failed("Lambda.Unknown", "The cause could not be determined")
        else:
            name = type(function.error).__name__
            self._failed(name, json.dumps({"errorMessage": str(function.error), "errorType": name}))

    def _failed(self, error: str, cause: str) -> None:
        state = self.definition["States"][self._state]
        for number, retry in enumerate(state.get("Retry", [])):
            if not {error, "States.ALL"} & set(retry["ErrorEquals"]):
                continue
            tried = self._tries.get(number, 0)
            if tried < retry["MaxAttempts"]:
                self._tries[number] = tried + 1
                wait = retry["IntervalSeconds"] * retry["BackoffRate"] ** tried
                self.wakes = self._clock.now + min(wait, retry.get("MaxDelaySeconds", wait))
                return
            break
        for catch in state.get("Catch", []):
            if {error, "States.ALL"} & set(catch["ErrorEquals"]):
                self.data = put(catch["ResultPath"], self.data, {"Error": error, "Cause": cause})
                self._next(catch["Next"])
                return
        self.error, self.cause = error, cause
        self._end("FAILED")
