"""One delivery to an environment at a time, whoever runs it and wherever.

The lock is an object in the bootstrap's bucket, which every bootstrapped account has before there is any stack. It is
taken for a run, not for a process, and kept until the environment is in a known state: tested, rolled back, or
untouched. No time frees it: what a killed run has begun goes on in CloudFormation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tools.delivery.errors import USAGE, DeliveryError
from tools.delivery.store import Store, Stored

_NAME = "lock.json"


class Phase:
    """How far a run has come."""

    LOCKED = "nothing is changed yet"
    CHANGING = "its stacks are being changed"
    CHANGED = "its stacks are changed and not tested yet"
    TESTED = "its smoke test has passed"
    ROLLED_BACK = "it is rolled back"
    SETTLED = (LOCKED, TESTED, ROLLED_BACK)


@dataclass(frozen=True)
class Run:
    """Who delivers. id: the same for all steps of one run; url: where to watch it, "" if nowhere; digest: of what."""

    id: str
    who: str
    url: str
    digest: str


@dataclass(frozen=True)
class Lock:
    """The lock of one environment, for one run."""

    store: Store
    environment: str
    run: Run

    def take(self) -> None:
        """Take it, or keep it if this run has it. Raises DeliveryError, before anything is changed, if another has."""
        if self.store.write(_NAME, self._content(Phase.LOCKED), IfNoneMatch="*"):
            return
        held = self.store.read(_NAME)
        if held is None:  # let go meanwhile
            self.take()
            return
        if held.value["id"] != self.run.id:
            raise DeliveryError(self._refusal(held.value), status=USAGE)
        if held.value["digest"] != self.run.digest:
            raise DeliveryError(
                f"This run has begun to deliver another assembly to {self.environment}, {held.value['digest'][:12]}: "
                "finish with that one",
                status=USAGE,
            )

    def reach(self, phase: str) -> None:
        """Note how far the run has come. Raises DeliveryError if the lock is not its own."""
        held = self._own()
        if not self.store.write(_NAME, {**held.value, "phase": phase}, IfMatch=held.etag):
            raise DeliveryError(f"The lock of {self.environment} was taken away: look at its stacks, then start again")

    def adopt(self, held: Stored) -> None:
        """Take over the lock of a run that was killed. Raises DeliveryError if somebody was quicker."""
        mine = {**held.value, "id": self.run.id, "who": self.run.who, "url": self.run.url}
        if not self.store.write(_NAME, mine, IfMatch=held.etag):
            raise DeliveryError(
                f"Somebody has changed the lock of {self.environment} meanwhile: look again", status=USAGE
            )

    def phase(self) -> str:
        """How far the run has come. Raises DeliveryError if the lock is not its own."""
        return str(self._own().value["phase"])

    def release(self, *, by_force: bool = False) -> str:
        """Let it go; what was done, as a sentence. Raises DeliveryError while the environment's state is unknown.

        by_force: another run's too, and in any phase.
        """
        held = self.store.read(_NAME)
        if held is None:
            return f"{self.environment} is not locked."
        mine = held.value["id"] == self.run.id
        if not by_force and not mine:
            return f"{self.environment} is locked by another run, {_shown(held.value)}, which keeps its lock."
        if not by_force and held.value["phase"] not in Phase.SETTLED:
            raise DeliveryError(
                f"{self.environment} stays locked, because {held.value['phase']}: make delivery-smoke or make "
                f"delivery-rollback first; FORCE=yes unlocks it as it is"
            )
        if not self.store.delete(_NAME, etag=held.etag):
            raise DeliveryError(f"Somebody has locked {self.environment} meanwhile: nothing was unlocked")
        return f"{self.environment} is unlocked" + ("." if mine else f": it was locked by {_shown(held.value)}.")

    def held(self) -> Stored | None:
        """The lock, whoever's it is."""
        return self.store.read(_NAME)

    def _own(self) -> Stored:
        held = self.store.read(_NAME)
        if held is None or held.value["id"] != self.run.id:
            raise DeliveryError(
                f"This run has not locked {self.environment}: make delivery-prepare ENV={self.environment} does it",
                status=USAGE,
            )
        return held

    def _content(self, phase: str) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        run = self.run
        return {"id": run.id, "who": run.who, "url": run.url, "digest": run.digest, "since": now, "phase": phase}

    def _refusal(self, held: dict[str, Any]) -> str:
        return (
            f"{self.environment} is being delivered to by {_shown(held)}: wait for that run; if it was killed, "
            f"make delivery-rollback ENV={self.environment} FORCE=yes undoes it, and make delivery-unlock "
            f"ENV={self.environment} FORCE=yes keeps what it did"
        )


def _shown(held: dict[str, Any]) -> str:
    where = held["url"] or held["who"]
    return f"{where} since {held['since']} ({held['phase']})"
