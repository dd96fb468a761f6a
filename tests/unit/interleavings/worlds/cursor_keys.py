"""Rotates the key that signs cursors while copies of the function sign and check cursors."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

from lambda_src.common.problems import Problem
from lambda_src.request_log_api import cursor
from lambda_src.request_log_api.cursor import Position
from lambda_src.request_log_api.signing_keys import KEPT_SECONDS, SigningKeys
from lambda_src.rotate_key import logic
from tests.unit.interleavings.explorer import deviating
from tests.unit.interleavings.explorer.bench import Bench
from tests.unit.interleavings.explorer.engine import Client, Clock
from tests.unit.interleavings.fakes.secrets_manager import PREVIOUS, SECRET, Rotator, Secret

DAY = 86_400.0
# How long a cursor holds at least (decision 61), and the shortest time between two rotations that are 30 days apart:
# Secrets Manager chooses the hour of the day (RotationRulesType in its API reference).
HOLDS, BETWEEN = 28 * DAY, 29 * DAY + 60
_CALL_SECONDS = 10.0
_PLACE = Position(since="2026-09-20T00:00:00.000Z", before="2026-09-21")
_QUIET = SimpleNamespace(error=lambda *_, **__: None)


_STALE = 2 * KEPT_SECONDS  # a copy that failed to read the keys tries again after the same time


class Run:
    """rotations: when each begins, in seconds from the start; calls: when callers request pages."""

    def __init__(
        self, deviations: Mapping[int, str] | None = None, *, rotations: tuple[float, ...], calls: tuple[float, ...]
    ) -> None:
        clock = Clock()
        self.secret = Secret("k" * 43, clock=clock)
        self.bench = Bench(self.secret.make, deviations, clock=clock)
        self.faults: list[str] = []
        self._client = Client("secretsmanager", direct=self.secret.make)
        self._rotator = Rotator(self.bench, self.secret, step=self._step)
        self._cursors: list[tuple[str, float, int]] = []
        self._may_fail = bool({"error", "kill", "refused"} & set((deviations or {}).values()))
        self._copies = [self._copy(), self._copy()]
        self.bench.events = {"late": self._late, "twice": self._twice, "called off": self._call_off}
        self._end = clock.now + max(*rotations, *calls) + DAY
        for number, when in enumerate(rotations):
            self.bench.at(clock.now + when, partial(self._rotate, f"rotation-{number}"))
        for when in (*calls, self._end - clock.now + 60):
            self.bench.at(clock.now + when, self._page)

    def run(self) -> list[str]:
        """Runs to the end; returns the errors."""
        if not self.bench.run():
            self.faults.append("it never ends")
        history = self.secret.history
        if len(set(history)) < len(history):
            self.faults.append(f"a key that was over is current again: {history}")
        if self.secret.labels.get(PREVIOUS, "first") != ["first", *history][-2]:
            self.faults.append("the key before the last rotation does not hold")
        if not self.secret.rotates and len(history) < self._least:
            self.faults.append("a rotation was lost")
        return self.faults

    def _copy(self) -> SigningKeys:
        return SigningKeys(lambda: self._client, secret=SECRET, logger=_QUIET, now=self.bench.clock.time)

    def _step(self, name: str, token: str) -> None:
        logic.step(name, client=self._client, secret=SECRET, token=token)

    _least = 1

    def _rotate(self, token: str) -> None:
        if not self.secret.rotates:
            self._least += 1
            self._rotator.rotate(token)

    # Events that may come before a call

    def _twice(self) -> None:
        if self._rotator.events:
            self._rotator.again(self._rotator.events[-1])

    def _late(self) -> None:
        """Sends every event again after everything has ended."""
        for event in self._rotator.events:
            self.bench.at(self._end, partial(self._rotator.again, event))

    def _call_off(self) -> None:
        """A person cancels the rotation, at any point of the function's work, and begins another."""
        if self.secret.rotates:
            self.secret.call_off()
            self._rotator.rotate(f"instead-{len(self._rotator.events)}")

    # Callers

    def _page(self) -> None:
        for number, copy in enumerate((*self._copies, self._copy())):
            self.bench.start(f"copy {number}", partial(self._ask, copy), limit=_CALL_SECONDS)

    def _ask(self, copy: SigningKeys) -> None:
        """Requests a page for each cursor of a caller, and gets a cursor for the next."""
        began, times = self.bench.clock.now, len(self.secret.history)
        over = [held for held in self._cursors if times - 1 - held[2] > 1]
        # A caller tries two expired cursors: more in a row count as forged.
        self._cursors = [held for held in self._cursors if held not in over[2:]]
        for text, made, key in self._cursors:
            replaced = times - 1 - key
            holds = began - made < HOLDS and replaced <= 1
            try:
                assert cursor.read(text, bound_to="me", keys=copy) == _PLACE
            except Problem as problem:
                if holds and not (problem.status == 503 and self._may_fail):
                    self.faults.append(f"a cursor of {began - made:.0f} s is answered {problem.status}")
            else:
                if replaced > 1 and began - self.secret.since[key + 2] > _STALE:
                    self.faults.append(f"a key holds that was replaced {replaced} times")
        with suppress(Problem):
            text = cursor.write(_PLACE, bound_to="me", keys=copy)
            values = [self.secret.values[version] for version in self.secret.history]
            self._cursors.append((text, self.bench.clock.now, values.index(copy.known()[0].decode())))
            return
        if not self._may_fail:
            self.faults.append("no cursor can be signed")


# Each begins 30 of Secrets Manager's days after the one before.
ROTATIONS = tuple(DAY + number * BETWEEN for number in range(3))
_FEW = (ROTATIONS[0] - 10, ROTATIONS[0] + 1, ROTATIONS[0] + 3, ROTATIONS[1] + 2, ROTATIONS[2] + 2)
_AROUND = [when + seconds for when in ROTATIONS for seconds in (-1, 1, 3, KEPT_SECONDS - 1, KEPT_SECONDS + 100)]
_MANY = (*_AROUND, *(when + 27 * DAY for when in ROTATIONS[:2]))
EVENTS = ("late", "twice", "called off")


def explore(*, every: int, thorough: bool = False, first: bool = False) -> tuple[list[str], int]:
    """Like `deviating.once`. thorough: with more calls between the rotations."""
    make = partial(Run, rotations=ROTATIONS, calls=_MANY if thorough else _FEW)
    return deviating.once(make, *EVENTS, every=every, first=first)
