"""The steps of a promotion that has its turn: start, check, after_failed_start, revert and check_back.

Each can be repeated, lost or stopped at any point: it first checks what its execution has already done. However a turn
ends, the parameter then names the model that serves.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from contracts.deployment.pipeline import NO_STACK_YET, STOPPED_ALARM, StackBusy, Status
from lambda_src.common import s3_uri, served_config
from lambda_src.pipeline.promote import armed, logic, stuck, turns
from lambda_src.pipeline.promote.dal import Operation
from lambda_src.pipeline.promote.logic import Progress
from lambda_src.pipeline.promote.parts import Event, Parts, execution_of, token
from lambda_src.pipeline.promote.turns import Turn


def start(event: Event, parts: Parts) -> dict[str, Any]:
    """`{"execution", "input": {"artifact_uri", "model_package_arn"?, "champion"?, "rollback"?, "by"?}}` -> status
    updating or done, `previous`, the artifact that served before ("" = none), and a reason.

    champion: the artifact that must still serve, "" for none. by: who or what asked for it. A rollback first stops
    another promotion's rollout. Raises StackBusy, StackNotUpdatable, ArtifactRefused,
    NotApproved and ChampionReplaced with the parameter as it was.
    """
    execution, promotion = execution_of(event), event["input"]
    artifact_uri = str(promotion["artifact_uri"])
    s3_uri.split(artifact_uri)
    status = parts.stack.status()
    turn = parts.turns.of(execution)
    if turn is None:
        if status == stuck.STUCK:
            raise stuck.StackNotUpdatable(parts.stack.how_to_repair())
        _stop_another(promotion, parts)
        logic.has_stack(status)
        parts.turns.check_free()
        parts.verify(promotion)  # reads the whole artifact
        parts.deadline.begin()
        turn = parts.turns.take(
            execution, artifact_uri=artifact_uri, rollback=bool(promotion.get("rollback")), by=_asked_by(promotion)
        )
        status = parts.stack.status()  # again: another promotion may have had its turn until now
    elif turn.over:
        return _as_it_ended(turn)
    elif parts.stack.operation(token=token(execution), since=turn.at).started:
        return _started(Status.UPDATING, turn)
    exists = logic.has_stack(status)
    if turn.previous is None:
        turn = _begin(turn, parts, champion=_champion(promotion), exists=exists)
    _require_approval(turn, promotion, parts)
    if exists:
        _require_awake(parts)
    parts.approved.put(artifact_uri)
    # A rejection checks the parameter afterwards, and this checks the approval after setting the parameter: one of the
    # two sees the other.
    _require_approval(turn, promotion, parts)
    return _roll_out(turn, parts, exists=exists)


def _require_awake(parts: Parts) -> None:
    """A rollout without a copy would prove nothing: nobody could ask the new model. Raises StackBusy while it wakes."""
    if not parts.endpoint.woken():
        raise StackBusy("the model is asleep and is being woken for the rollout")


def _stop_another(promotion: Event, parts: Parts) -> None:
    """A rollback stops the rollout that it would have to wait for: SageMaker takes it back as for any alarm. Another
    promotion waits until that alarm has ended. Raises StackBusy.
    """
    if not promotion.get("rollback"):
        if parts.traffic.ringing(ending=STOPPED_ALARM):
            raise StackBusy("a rollback has just stopped a rollout")
        return
    other = parts.turns.under_way()
    if other is not None and not other.rollback and other.artifact_uri != promotion["artifact_uri"]:
        parts.stop_rollout()


def _asked_by(promotion: Event) -> str:
    """Who or what asked for a promotion: as its input says, or the training run that started it."""
    return str(promotion.get("by") or promotion.get("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID") or "")


def _require_approval(turn: Turn, promotion: Event, parts: Parts) -> None:
    """Ends the turn if the model has been rejected meanwhile. Raises NotApproved."""
    try:
        parts.approval(promotion)
    except logic.NotApproved as error:
        _approve(parts.serving(turn), parts)
        parts.turns.finish(turn, turns.REFUSED, reason=str(error))
        raise


def _champion(promotion: Event) -> str | None:
    """The champion in a promotion's input; None if the model was not compared with another."""
    champion = promotion.get("champion")
    return None if champion is None else str(champion)


def _begin(turn: Turn, parts: Parts, *, champion: str | None, exists: bool) -> Turn:
    """Records which model serves; raises ChampionReplaced if it is not the one that the model was compared with."""
    serving = (parts.serving(turn) if exists else "") or parts.approved.get()
    refused = logic.replaced(champion, serving=serving, wanted=turn.artifact_uri)
    if refused:
        parts.turns.finish(turn, turns.REFUSED, reason=refused)
        raise logic.ChampionReplaced(refused)
    return parts.turns.note_previous(turn, previous=serving)


def _roll_out(turn: Turn, parts: Parts, *, exists: bool) -> dict[str, Any]:
    """Roll out the model, which the parameter names by now."""
    # A deploy may have begun to create the stack, with the model that the parameter named before.
    if not exists and not logic.has_stack(parts.stack.status()):
        turn = parts.turns.finish(turn, turns.APPROVED, reason=NO_STACK_YET)
        return _started(Status.DONE, turn, reason=NO_STACK_YET)
    # What serves already needs no update, which would at most change how a rollout is guarded.
    if _serves(turn.artifact_uri, parts).status == Status.DONE:
        _settled(turn, parts)
        return _started(Status.DONE, turn, reason="it serves already")
    try:
        if parts.stack.update(token=token(turn.execution), guarded=not turn.rollback):
            return _started(Status.UPDATING, turn)
    except Exception:
        # After any refusal the parameter must name the model that serves, unless an earlier try has worked.
        if not parts.stack.operation(token=token(turn.execution), since=turn.at).started:
            parts.approved.put(parts.serving(turn))
        raise
    # The stack has this value already: if the endpoint serves something else, the check reports it.
    progress = _settled(turn, parts)
    status = Status.DONE if progress.status == Status.DONE else Status.UPDATING
    return _started(status, turn, reason="no updates are to be performed")


def _started(status: str, turn: Turn, *, reason: str = "") -> dict[str, Any]:
    return {"status": status, "previous": turn.previous or "", "artifact_uri": turn.artifact_uri, "reason": reason}


def _as_it_ended(turn: Turn) -> dict[str, Any]:
    """The answer to a start that is repeated after its turn has ended."""
    if turn.outcome == turns.REFUSED:
        raise logic.Refused(turn.reason)
    if turn.outcome in (turns.SERVED, turns.APPROVED):
        return _started(Status.DONE, turn, reason=turn.reason)
    raise turns.TurnIsOver(f"this promotion has already ended ({turn.outcome}): start another")


def check(event: Event, parts: Parts) -> dict[str, Any]:
    """`{"execution"}` -> status updating, done or failed, and the reason of a failure."""
    turn = parts.turns.held_by(execution_of(event))
    if turn.over:
        done = turn.outcome == turns.SERVED
        return asdict(
            Progress(Status.DONE, turn.reason) if done else Progress(Status.FAILED, turn.reason or turn.outcome)
        )
    status = parts.stack.status()
    progress = logic.progress(status, reason="")
    if progress.status == Status.UPDATING:
        return asdict(progress)
    mine = parts.stack.operation(token=token(turn.execution), since=turn.at)
    if status == stuck.STUCK:
        return asdict(Progress(Status.FAILED, _stuck(mine, parts)))
    if mine.started and logic.progress(mine.status, reason="").status == Status.FAILED:
        return asdict(Progress(Status.FAILED, mine.reason or f"the Serving stack is in {mine.status}"))
    if not logic.is_settled(status):
        return asdict(Progress(Status.FAILED, mine.reason or progress.reason))
    return asdict(_settled(turn, parts, rolled_out=True))


def _stuck(mine: Operation, parts: Parts) -> str:
    repair = parts.stack.how_to_repair()
    return f"{mine.reason}; {repair}" if mine.reason else repair


def _settled(turn: Turn, parts: Parts, *, rolled_out: bool = False) -> Progress:
    """Whether the artifact serves, once the stack is settled; ends the turn if it does."""
    progress = _serves(turn.artifact_uri, parts)
    if progress.status != Status.DONE:
        return progress
    _approve(turn.artifact_uri, parts)
    if rolled_out:
        turn = armed.judged(turn, parts)
    parts.turns.finish(turn, turns.SERVED, reason=turn.reason)
    return Progress(Status.DONE, turn.reason)


def _serves(artifact_uri: str, parts: Parts) -> Progress:
    """Whether the stack has the artifact, and the endpoint serves the stack's configuration."""
    served, wanted = parts.endpoint.compare()
    if served is not None and served_config.busy(served, wanted=wanted):
        return Progress(Status.UPDATING)
    reason = served_config.difference(served, wanted=wanted) if served is not None else ""
    if reason:
        return Progress(Status.FAILED, reason)
    artifacts = {parts.stack.resolved(parts.parameter) or artifact_uri, parts.endpoint.artifact() or artifact_uri}
    others = sorted(artifacts - {artifact_uri})
    if others:
        return Progress(Status.FAILED, f"the Serving stack has another model: {', '.join(others)}")
    return Progress(Status.DONE)


def _approve(artifact_uri: str, parts: Parts) -> None:
    if parts.approved.get() != artifact_uri:
        parts.approved.put(artifact_uri)


def after_failed_start(event: Event, parts: Parts) -> dict[str, Any]:
    """`{"execution", "failure"}` of a start that failed -> status updating or done if it has worked after all, else
    failed, and the reason. The parameter then names the model that serves, or will soon (see reconciler.py).
    """
    reason = _sentence(event["failure"])
    turn = parts.turns.of(execution_of(event))
    if turn is None or (turn.over and turn.outcome not in (turns.SERVED, turns.APPROVED)):
        return {"status": Status.FAILED, "reason": reason}
    if turn.over:
        return {"status": Status.DONE, "reason": turn.reason}
    if parts.stack.operation(token=token(turn.execution), since=turn.at).started:
        return {"status": Status.UPDATING, "reason": ""}
    status = parts.stack.status()
    if turn.previous is not None and (logic.is_settled(status) or logic.is_to_come(status)):
        _approve(turn.previous if logic.is_to_come(status) else parts.serving(turn), parts)
        parts.turns.finish(turn, turns.FAILED, reason=reason)
    return {"status": Status.FAILED, "reason": reason}


def _sentence(failure: Event) -> str:
    """The message of an error from Step Functions: JSON for a function's exception, otherwise plain text."""
    cause = str(failure.get("Cause") or failure.get("Error") or "")
    try:
        exception = json.loads(cause)
    except ValueError:
        return cause
    return str(exception.get("errorMessage") or cause) if isinstance(exception, dict) else cause


def revert(event: Event, parts: Parts) -> dict[str, Any]:
    """`{"execution", "reason"}` of a rollout that failed -> the model that serves is approved again: status reverted,
    or updating if the stack still has to return to it.

    Raises StackBusy and StackNotUpdatable.
    """
    turn = parts.turns.held_by(execution_of(event))
    if turn.over:
        return {"status": "reverted", "approved": turn.previous or ""}
    status = parts.stack.status()
    if status.endswith("_IN_PROGRESS"):
        raise StackBusy(f"the Serving stack is in {status}")
    served, wanted = parts.endpoint.compare() if status else (None, "")
    if served is not None and served.busy and served_config.busy(served, wanted=wanted):
        raise StackBusy(f"the endpoint {served.endpoint} is {served.status}")
    serving = parts.serving(turn)
    parts.approved.put(serving)
    # A stack that did not roll back describes a configuration that nothing serves.
    out_of_step = served is not None and bool(served_config.difference(served, wanted=wanted))
    if status == stuck.STUCK:
        return {"status": Status.UPDATING, "approved": serving}  # the next check reports what a person must do
    back = token(turn.execution, back=True)
    # Alarms may ring for the model that is taken back, and must not stop that.
    if out_of_step and logic.is_settled(status) and parts.stack.update(token=back, guarded=False):
        return {"status": Status.UPDATING, "approved": serving}
    _take_back(turn, parts, serving=serving, reason=str(event.get("reason", "")))
    return {"status": "reverted", "approved": serving}


def check_back(event: Event, parts: Parts) -> dict[str, Any]:
    """`{"execution", "reason"}` while the stack is reverted -> status updating, done or failed, with the reason."""
    turn = parts.turns.held_by(execution_of(event))
    if turn.over:
        return asdict(Progress(Status.DONE))
    status = parts.stack.status()
    progress = logic.progress(status, reason="")
    if progress.status == Status.UPDATING:
        return asdict(progress)
    mine = parts.stack.operation(token=token(turn.execution, back=True), since=turn.at)
    serving = parts.serving(turn)
    if status == stuck.STUCK:
        mine = parts.stack.operation(token=token(turn.execution), since=turn.at)
        progress = Progress(Status.FAILED, _stuck(mine, parts))
    elif mine.started and logic.progress(mine.status, reason="").status == Status.FAILED:
        progress = Progress(Status.FAILED, mine.reason or f"the Serving stack is in {mine.status}")
    else:
        progress = _serves(serving, parts)
    if progress.status != Status.UPDATING:
        _take_back(turn, parts, serving=serving, reason=str(event.get("reason", "")))
    return asdict(progress)


def _take_back(turn: Turn, parts: Parts, *, serving: str, reason: str) -> None:
    """Ends the turn of a model that does not serve, unless a deploy has made it serve meanwhile."""
    _approve(serving, parts)
    served = serving == turn.artifact_uri
    parts.turns.finish(turn, turns.SERVED if served else turns.TAKEN_BACK, reason=reason)
