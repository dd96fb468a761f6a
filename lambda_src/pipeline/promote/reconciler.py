"""The reconciler: when no promotion runs and the stack is quiet, the parameter names what serves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.deployment.pipeline import SETTLING
from lambda_src.common import served_config
from lambda_src.pipeline.promote import armed, logic, turns
from lambda_src.pipeline.promote.parts import Parts, token
from lambda_src.pipeline.promote.stuck import STUCK, how_to_repair
from lambda_src.pipeline.promote.turns import Turn


@dataclass(frozen=True)
class Settled:
    """The reconciler's result. status: agrees, settled, or why it changed nothing. differs: whether the parameter
    named another model than the one that serves while no promotion was running. stuck: how a person must repair a
    stack that no promotion can change until then, or "".
    """

    status: str
    differs: bool = False
    approved: str = ""
    serving: str = ""
    stuck: str = ""


def settle(parts: Parts, *, request: str) -> Settled:
    """Make the parameter name the model that serves. request: an id of this call, the same in its retries."""
    every = parts.turns.all()
    last = every[-1] if every else None
    execution = f"{SETTLING}{request}"
    if last is not None and last.execution != execution and parts.turns.lasts(last):
        return Settled("a promotion runs")
    interrupted = last if last is not None and not last.over else None
    status = parts.stack.status()
    if logic.is_to_come(status):
        return _without_stack(interrupted, parts, status=status, execution=execution)
    if not logic.is_there(status):
        return Settled("the stack is changing")
    stuck = _stuck(status, parts)
    served, wanted = parts.endpoint.compare()
    if served is not None and served_config.busy(served, wanted=wanted):
        return Settled("the endpoint is changing", stuck=stuck)
    serving = parts.serving(interrupted)
    if not serving:
        return Settled("what serves is not known", approved=parts.approved.get(), stuck=stuck)
    return replace(
        _correct_parameter(interrupted, parts, serving=serving, status=status, execution=execution), stuck=stuck
    )


def _stuck(status: str, parts: Parts) -> str:
    if not logic.needs_a_person(status):
        return ""
    return parts.stack.how_to_repair() if status == STUCK else how_to_repair(status)


def _without_stack(turn: Turn | None, parts: Parts, *, status: str, execution: str) -> Settled:
    """After a turn that was stopped before there was a stack: the next deploy must not serve a model not promoted."""
    if turn is None:
        return Settled("no stack")
    before = parts.approved.get() if turn.previous is None else turn.previous
    return _correct_parameter(turn, parts, serving=before, status=status, execution=execution)


def _correct_parameter(turn: Turn | None, parts: Parts, *, serving: str, status: str, execution: str) -> Settled:
    """Makes the parameter name the model that serves, and ends the turn that was stopped. status: the stack's, which
    must not have changed.
    """
    approved = parts.approved.get()
    if approved == serving:
        _close(turn, parts, serving=serving, exists=logic.is_there(status))
        return Settled("agrees", approved=approved, serving=serving)
    # With a turn of its own, so no promotion can begin in between.
    own = parts.turns.take(execution, artifact_uri=serving, previous=serving)
    if parts.stack.status() != status:
        return Settled("the stack is changing", differs=True, approved=approved, serving=serving)
    parts.approved.put(serving)
    parts.turns.finish(own, turns.SETTLED, reason=f"the parameter named {approved}")
    if turn is not None and turn.number != own.number:
        _close(turn, parts, serving=serving, exists=logic.is_there(status))
    return Settled("settled", differs=True, approved=approved, serving=serving)


def _close(turn: Turn | None, parts: Parts, *, serving: str, exists: bool) -> None:
    """Records how a turn ended whose execution was stopped. exists: whether there is a stack."""
    if turn is None:
        return
    outcome = turns.SERVED
    if turn.execution.startswith(SETTLING):
        outcome = turns.SETTLED
    elif turn.artifact_uri != serving or not exists:
        # A rollout that never began says nothing about its model: a rollback may still choose it.
        began = parts.stack.operation(token=token(turn.execution), since=turn.at).started
        outcome = turns.INTERRUPTED if began else turns.FAILED
    else:
        turn = armed.judged(turn, parts)
    reason = "its execution was stopped"
    parts.turns.finish(turn, outcome, reason=f"{turn.reason}; {reason}" if turn.reason else reason)
