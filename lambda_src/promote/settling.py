"""The reconciler: when no promotion runs and the stack is quiet, the parameter names what serves."""

from __future__ import annotations

from dataclasses import dataclass

from lambda_src.common import served_config
from lambda_src.promote import logic, turns
from lambda_src.promote.parts import Parts, token
from lambda_src.promote.turns import Turn


@dataclass(frozen=True)
class Settled:
    """What the reconciler found. status: agrees, settled, or why it left everything alone. differs: whether the
    parameter named another model than the one that serves, with nobody at work on it.
    """

    status: str
    differs: bool = False
    approved: str = ""
    serving: str = ""


def settle(parts: Parts, *, request: str) -> Settled:
    """request: tells this call from others, and is the same when it is tried again."""
    every = parts.turns.all()
    last = every[-1] if every else None
    execution = f"settling:{request}"
    if last is not None and last.execution != execution and parts.turns.lasts(last):
        return Settled("a promotion runs")
    status = parts.stack.status()
    if not logic.is_there(status):
        return Settled("the stack is changing" if status.endswith("_IN_PROGRESS") else "no stack")
    served, wanted = parts.endpoint.compare()
    if served is not None and served_config.busy(served, wanted=wanted):
        return Settled("the endpoint is changing")
    interrupted = last if last is not None and not last.over else None
    serving, approved = parts.serving(interrupted), parts.approved.get()
    if not serving:
        return Settled("what serves is not known", approved=approved)
    if approved == serving:
        _close(interrupted, parts, serving=serving)
        return Settled("agrees", approved=approved, serving=serving)
    # With a turn of its own: no promotion begins between this look and the end.
    turn = parts.turns.take(execution, artifact_uri=serving, previous=serving)
    if parts.stack.status() != status:
        return Settled("the stack is changing", differs=True, approved=approved, serving=serving)
    parts.approved.put(serving)
    parts.turns.finish(turn, turns.SETTLED, reason=f"the parameter named {approved}")
    _close(interrupted, parts, serving=serving)
    return Settled("settled", differs=True, approved=approved, serving=serving)


def _close(turn: Turn | None, parts: Parts, *, serving: str) -> None:
    """Says how a turn ended whose execution was stopped before it could."""
    if turn is not None and not turn.execution.startswith("settling:"):
        outcome = turns.SERVED
        if turn.artifact_uri != serving:
            # What never began says nothing of its model: a rollback may still go to it.
            began = parts.stack.operation(token=token(turn.execution), since=turn.at).started
            outcome = turns.INTERRUPTED if began else turns.FAILED
        parts.turns.finish(turn, outcome, reason="its execution was stopped")
