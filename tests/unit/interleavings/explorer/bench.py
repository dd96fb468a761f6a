"""Runs functions and timed events to the end, with an event before some of the calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from tests.unit.interleavings.explorer.engine import Call, Clock, Function, fault, lost

_MOST_STEPS, _STALLED = 2000, 4.0
# Events that may come before any call. `error`: the call works, but its answer is lost for good; `lost`: its answer is
# lost and botocore retries; `refused`: the call is throttled.
ANYWHERE = ("kill", "lost", "error", "refused", "switch", "stall")


class Bench:
    """deviations: by a call's number, the event before it: one of ANYWHERE, or one that `events` makes then."""

    def __init__(
        self, make: Callable[[Call], Any], deviations: Mapping[int, str] | None = None, *, clock: Clock
    ) -> None:
        self.clock, self.began = clock, clock.now
        self.events: dict[str, Callable[[], None]] = {}
        self.calls: list[tuple[str, Call]] = []
        self._make, self._deviations = make, dict(deviations or {})
        self._functions: list[Function] = []
        self._ended: dict[Function, Callable[[Function], None]] = {}
        self._timers: list[tuple[float, Callable[[], None]]] = []

    def start(
        self,
        name: str,
        work: Callable[[], Any],
        *,
        limit: float,
        then: Callable[[Function], None] = lambda _: None,
        first: bool = False,
    ) -> None:
        """Begins a function that may run for `limit` seconds; `then` is called when it ends or is killed. first:
        before the functions that are already running continue.
        """
        function = Function(name, work, started=self.clock.now, limit=limit)
        self._functions.insert(0 if first else len(self._functions), function)
        self._ended[function] = then

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Schedules something for a time."""
        self._timers.append((when, do))

    def run(self) -> bool:
        """Runs until nothing is left to do; False if that never happens."""
        for _ in range(_MOST_STEPS):
            ready = next((each for each in self._functions if each.wakes <= self.clock.now), None)
            if ready is not None:
                self._step(ready)
            elif not self._time_passes():
                return True
        return False

    def possible(self, *events: str, since: int = 0) -> Iterator[tuple[int, str]]:
        """Each single deviation that was possible in the run."""
        for number in range(since, len(self.calls)):
            for kind in (*ANYWHERE, *events):
                yield number, kind

    def _time_passes(self) -> bool:
        times = [when for when, _ in self._timers] + [function.wakes for function in self._functions]
        if not times:
            return False
        self.clock.now = max(self.clock.now, min(times))
        due = [timer for timer in self._timers if timer[0] <= self.clock.now]
        self._timers = [timer for timer in self._timers if timer not in due]
        for _, do in due:
            do()
        return True

    def _step(self, function: Function) -> None:
        call = function.pending
        assert call is not None
        if call.service == "clock":
            function.wakes = self.clock.now + call.arguments["seconds"]
            function.answer(lambda _: None)
            return
        happens = self._deviations.get(len(self.calls), "")
        self.calls.append((function.name, call))
        if self.clock.now > function.dies:
            happens = "kill"
        if happens in self.events:
            self.events[happens]()
        elif happens == "switch":
            self._functions.remove(function)
            self._functions.append(function)
        elif happens == "stall":
            function.wakes = self.clock.now + _STALLED
        else:
            self._goes_on(function, call, happens)
            if function.done:
                self._functions.remove(function)
                self._ended.pop(function)(function)

    def _goes_on(self, function: Function, call: Call, happens: str) -> None:
        if happens == "kill" or (happens == "error" and not call.service):
            function.kill()
            return
        if happens in ("lost", "error") and call.service:
            with suppress(Exception):  # an error is lost, too
                self._make(call)
        if happens == "error":
            function.fail(lost())
        elif happens == "refused" and call.service:
            function.fail(fault("ThrottlingException"))
        else:
            function.answer(self._make)
