"""What was deployed before a run changed it: kept in the bootstrap's bucket, so that it outlives the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.delivery.deployed import StackState
from tools.delivery.errors import DeliveryError
from tools.delivery.store import Store

_NAME = "before.json"


@dataclass(frozen=True)
class Before:
    """The stacks before a run, in the order in which they are deployed."""

    run: str
    stacks: list[StackState]

    @property
    def model(self) -> str:
        """The approved model's version; "" if there was none."""
        return next((stack.model for stack in self.stacks if stack.model), "")


def keep(store: Store, stacks: Sequence[StackState], *, run: str) -> Before:
    """Write it down, before anything is changed."""
    store.write(_NAME, {"run": run, "stacks": [stack.document() for stack in stacks]})
    return Before(run=run, stacks=list(stacks))


def read(store: Store, *, run: str) -> Before:
    """What was deployed before that run. Raises DeliveryError if it has kept nothing."""
    stored = store.read(_NAME)
    if stored is None or stored.value["run"] != run:
        raise DeliveryError(
            "There is no record of what was deployed before this run: deploy the commit before it, by make assembly "
            "and make delivery"
        )
    return Before(run=run, stacks=[StackState(**each) for each in stored.value["stacks"]])
