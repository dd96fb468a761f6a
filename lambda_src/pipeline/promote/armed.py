"""Models that were promoted with too little traffic to judge them: their alarms stay armed for a while.

While they are, the reconciler asks each minute whether a rollback alarm rings, and then starts the rollback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from contracts.deployment.pipeline import NOT_TESTED, STOPPED_ALARM
from lambda_src.pipeline.promote import turns
from lambda_src.pipeline.promote.logic import NotApproved
from lambda_src.pipeline.promote.parts import Parts
from lambda_src.pipeline.promote.turns import Turn

# A rollback that died before it began is tried again after this many seconds, and so long after the alarms' time.
_AGAIN = 300
_STILL_TRIED = 3 * _AGAIN
# Rollbacks that will not work the next time either.
_GIVEN_UP = (turns.REFUSED, turns.TAKEN_BACK)
Starts = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class Watched:
    """What became of the model that serves. status: armed, tested, time over, rolling back, refused (there is no going
    back) or "" where no alarms are armed. requests: that it has answered, None if unknown.
    """

    status: str = ""
    requests: int | None = None
    ringing: tuple[str, ...] = ()


def judged(turn: Turn, parts: Parts) -> Turn:
    """A turn whose model serves, with what its rollout has tested."""
    wanted = parts.wanted_requests
    if not wanted or turn.rollback:
        return turn
    served, _ = parts.endpoint.compare()
    if served is None:
        return turn
    count = parts.traffic.requests(served.config, since=turn.at, until=parts.now())
    if count is not None and count >= wanted:
        return replace(turn, requests=count, tested=True)
    ends = parts.now() + 60 * parts.armed_minutes if parts.armed_minutes and turn.previous else 0.0
    return replace(turn, requests=count, tested=False, armed_until=ends, reason=sentence(count, wanted=wanted))


def sentence(count: int | None, *, wanted: int) -> str:
    """What is said of a model that answered too few requests during its rollout."""
    if count is None:
        return f"{NOT_TESTED}: how many requests it answered is not known"
    return f"{NOT_TESTED}: {count} {'request' if count == 1 else 'requests'} of {wanted}"


def watch(parts: Parts, *, start: Starts) -> Watched:
    """Looks at the model that serves, while nothing is changing. start: starts a promotion by a name that can be used
    once, with its input.

    It stays armed while its rollback is tried, and whatever becomes of later promotions that do not serve.
    """
    every = parts.turns.all()
    turn = next((each for each in reversed(every) if each.outcome == turns.SERVED), None)
    if turn is None or not turn.armed_until:
        return Watched()
    served, _ = parts.endpoint.compare()
    if served is None or parts.serving() != turn.artifact_uri:
        return Watched()
    given_up = next((each for each in every if _is_its_rollback(each, turn) and each.outcome in _GIVEN_UP), None)
    if given_up is not None:
        return _disarmed(turn, parts, Watched("refused"), why=f"it was not rolled back: {given_up.reason}")
    ringing = tuple(name for name in parts.traffic.ringing() if not name.endswith(STOPPED_ALARM))
    count = parts.traffic.requests(served.config, since=turn.at, until=parts.now())
    if ringing and parts.now() <= turn.armed_until + _STILL_TRIED:
        try:
            # A promotion of a rejected model ends before its turn, and leaves none to see.
            parts.approval({"artifact_uri": turn.previous})
        except NotApproved as error:
            return _disarmed(turn, parts, Watched("refused", count, ringing), why=f"it was not rolled back: {error}")
        payload = {"artifact_uri": turn.previous, "rollback": True, "by": f"the alarm {ringing[0]}"}
        start(f"armed-{turn.number}-{int((parts.now() - turn.at) // _AGAIN)}", payload)
        return Watched("rolling back", count, ringing)
    if count is not None and count >= parts.wanted_requests:
        return _disarmed(turn, parts, Watched("tested", count), why=f"then tested: {count} requests")
    if parts.now() > turn.armed_until:
        return _disarmed(turn, parts, Watched("time over", count), why="its alarms are no longer armed")
    return Watched("armed", count)


def _is_its_rollback(each: Turn, turn: Turn) -> bool:
    return each.number > turn.number and each.rollback and each.artifact_uri == turn.previous


def _disarmed(turn: Turn, parts: Parts, watched: Watched, *, why: str) -> Watched:
    parts.turns.note(
        replace(
            turn,
            armed_until=0.0,
            tested=watched.status == "tested",
            requests=watched.requests if watched.requests is not None else turn.requests,
            reason=f"{turn.reason}; {why}",
        )
    )
    return watched
