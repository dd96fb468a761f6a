"""Whose turn it is to change the approved model, and how each turn ended: the lock of promotions and their history.

Each turn is an SSM parameter `<path>/<number>` that is created once (PutParameter without Overwrite), so only one of
two promotions that want the next turn gets it. A turn need not be released: it is over when its outcome is written, or
when its execution has ended. So the lock survives if a function or an execution is killed at any point.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment.pipeline import StackBusy
from lambda_src.common.aws import error_code
from lambda_src.pipeline.promote.deadline import OVER_SECONDS, StepDeadline

SERVED, TAKEN_BACK, REFUSED, FAILED, APPROVED, SETTLED, INTERRUPTED = (
    "served",
    "taken back",
    "refused",
    "failed",
    "approved",
    "settled",
    "interrupted",
)
# DescribeExecution is eventually consistent (its API reference): an execution that has just begun may be unknown.
_MAY_BE_UNKNOWN = 600
_KEPT = 50
_TRIES = 5
_REASON = 500
_BY = 300


Keep = Callable[[int, bytes], None]


class TurnIsOver(Exception):  # noqa: N818 (the state machine shows this name)
    """The turn of this execution has ended, and another may have begun: it must change nothing any more."""


@dataclass(frozen=True)
class Turn:
    """One change of the approved model. at, ended: seconds since 1970, 0.0 for not yet. execution: its ARN, or
    `settling` for the reconciler. previous: the model that served when it began, None until known. believed: the same
    for the turn before, if that was stopped and is not settled, else "". rollback: whether `previous` was to be
    replaced by an earlier model. by: who or what asked for it, "" if nobody said. outcome: "" until it ends.
    requests, tested: what its model answered while it was rolled out, and whether that was enough; None where nobody
    counted. armed_until: until when a ringing alarm rolls it back, 0.0 for not (any more).
    """

    number: int
    execution: str
    artifact_uri: str
    at: float
    previous: str | None = None
    believed: str = ""
    rollback: bool = False
    outcome: str = ""
    reason: str = ""
    ended: float = 0.0
    by: str = ""
    requests: int | None = None
    tested: bool | None = None
    armed_until: float = 0.0

    @property
    def over(self) -> bool:
        """Whether its outcome is known."""
        return bool(self.outcome)


def _believed(before: Turn | None) -> str:
    if before is None or before.over:
        return ""
    return before.believed if before.previous is None else before.previous


class Turns:
    """now: seconds since 1970."""

    def __init__(self, ssm: Any, states: Any, *, path: str, now: Callable[[], float], deadline: StepDeadline) -> None:
        self._ssm = ssm
        self._states = states
        self._path = path
        self._now = now
        self._deadline = deadline

    def all(self) -> list[Turn]:
        """Every turn that is still known, the oldest first."""
        turns: list[Turn] = []
        more: dict[str, str] = {}
        while True:
            page = self._ssm.get_parameters_by_path(Path=self._path, MaxResults=10, **more)
            for parameter in page["Parameters"]:
                number = int(parameter["Name"].rsplit("/", 1)[-1])
                turns.append(Turn(number=number, **json.loads(parameter["Value"])))
            if not page.get("NextToken"):
                return sorted(turns, key=lambda turn: turn.number)
            more = {"NextToken": page["NextToken"]}

    def of(self, execution: str) -> Turn | None:
        """The turn that an execution has or had; None if it never had one. Raises TurnIsOver if it lost its turn."""
        turns = self.all()
        mine = next((turn for turn in reversed(turns) if turn.execution == execution), None)
        if mine is not None and not mine.over and mine is not turns[-1]:
            raise TurnIsOver("another promotion has begun since this one was stopped: start it again")
        return mine

    def held_by(self, execution: str) -> Turn:
        """The turn of an execution that has or had one. Raises TurnIsOver if it never had one, or lost it."""
        mine = self.of(execution)
        if mine is None:
            raise TurnIsOver("this promotion never had its turn: start it again")
        return mine

    def take(
        self,
        execution: str,
        *,
        artifact_uri: str,
        rollback: bool = False,
        previous: str | None = None,
        by: str = "",
    ) -> Turn:
        """The next turn. Raises StackBusy while another has it."""
        for _ in range(_TRIES):
            turns = self.all()
            last = turns[-1] if turns else None
            if last is not None and last.execution == execution and not last.over:
                return last  # PutParameter's answer was lost
            if last is not None and self.lasts(last):
                raise StackBusy(f"another promotion is under way: {last.execution}")
            turn = Turn(
                number=last.number + 1 if last else 1,
                execution=execution,
                artifact_uri=artifact_uri,
                at=self._now(),
                previous=previous,
                believed=_believed(last),
                rollback=rollback,
                by=by[:_BY],
            )
            if self._put(turn, overwrite=False):
                return turn
        raise StackBusy("other promotions are beginning")

    def under_way(self) -> Turn | None:
        """The turn that somebody has."""
        turns = self.all()
        return turns[-1] if turns and self.lasts(turns[-1]) else None

    def check_free(self) -> None:
        """Raises StackBusy while another has its turn."""
        turn = self.under_way()
        if turn is not None:
            raise StackBusy(f"another promotion is under way: {turn.execution}")

    def lasts(self, turn: Turn) -> bool:
        """Whether its owner may still change something."""
        if turn.over:
            return False
        if not turn.execution.startswith("arn:"):
            return turn.at + OVER_SECONDS > self._now()
        try:
            execution = self._states.describe_execution(executionArn=turn.execution)
        except ClientError as error:
            if error_code(error) != "ExecutionDoesNotExist":
                raise
            return turn.at + _MAY_BE_UNKNOWN > self._now()
        stopped = execution.get("stopDate")
        return stopped is None or stopped.timestamp() + OVER_SECONDS > self._now()

    def note_previous(self, turn: Turn, *, previous: str) -> Turn:
        """The turn, with the model that served when it began."""
        noted = replace(turn, previous=previous)
        self._put(noted, overwrite=True)
        return noted

    def finish(self, turn: Turn, outcome: str, *, reason: str = "") -> Turn:
        """Ends a turn; the last thing that its owner does."""
        # Parameter Store refuses "{{" in a value (user guide, "sysman-paramstore-su-create").
        text = reason[:_REASON].replace("{{", "{ {")
        finished = replace(turn, outcome=outcome, reason=text, ended=self._now())
        self._put(finished, overwrite=True)
        return finished

    def note(self, turn: Turn) -> None:
        """Writes what became known of a turn after its end."""
        self._put(replace(turn, reason=turn.reason[:_REASON]), overwrite=True)

    def forget_old(self, *, keep: Keep) -> int:
        """Removes all but the last turns; returns how many. The last is never removed: its number is the lock.

        keep: puts what is removed elsewhere first.
        """
        old = self.all()[:-_KEPT]
        for turn in old:
            keep(turn.number, self._written(turn).encode())
            try:
                self._ssm.delete_parameter(Name=self._name(turn))
            except ClientError as error:
                if error_code(error) != "ParameterNotFound":
                    raise
        return len(old)

    def _put(self, turn: Turn, *, overwrite: bool) -> bool:
        """Whether it was written: False if there is one with this number."""
        self._deadline.check()
        try:
            self._ssm.put_parameter(
                Name=self._name(turn), Value=self._written(turn), Type="String", Overwrite=overwrite
            )
        except ClientError as error:
            if error_code(error) != "ParameterAlreadyExists":
                raise
            return False
        return True

    @staticmethod
    def _written(turn: Turn) -> str:
        return json.dumps({name: value for name, value in asdict(turn).items() if name != "number"})

    def _name(self, turn: Turn) -> str:
        return f"{self._path}/{turn.number:06d}"
