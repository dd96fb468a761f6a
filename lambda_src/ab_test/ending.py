"""The end of a test: the split first, then texts and the challenger's resources, the promotion, and the archive last.

Each step can be done again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.ab_tests import record
from contracts.ab_tests.record import Record
from lambda_src.ab_test import changes, promotion, replay
from lambda_src.ab_test.challenger import ChallengerError
from lambda_src.ab_test.errors import OvertakenError, RefusedError
from lambda_src.ab_test.parts import Parts

_TRIES = 5
# After a verdict: a step that had begun before it can go on for minutes, and an endpoint take an hour to be made.
_SWEPT = timedelta(hours=2)


def stop(parts: Parts, *, by: str) -> Record:
    """Ends the test that runs, whatever it is doing. Raises RefusedError if none runs."""
    for _ in range(_TRIES):
        stored = parts.store.current()
        test = stored.record
        if test is None or test["phase"] == record.ENDED:
            raise RefusedError("no test runs")
        if test["phase"] == record.ENDING:
            return test
        who = by or "somebody"
        stopped = changes.ending(test, record.STOPPED, f"{who} stopped it", now=parts.now(), by=who)
        try:
            parts.store.save(stopped, etag=stored.etag)
        except OvertakenError:
            continue
        return stopped
    raise RefusedError("the record of the test keeps changing: try again")


def advance(test: Record, parts: Parts) -> Record | None:
    """The record once all is deleted, or with what keeps it from being so; None while something is being deleted."""
    if not _tidied(test, parts):
        return None
    number = test["progress"].get("removals", 0)
    state, reason = parts.challenger.state(token=_token(test, number))
    if state == "changing":
        return None
    if state == "none":
        ended: Record = {**promotion.after_test(test, parts), "phase": record.ENDED}
        parts.store.archive(ended)
        return changes.progressed(ended, {"stuck": ""})
    stuck = reason if state == "failed" and number else ""
    return _removing(test, number + 1 if state == "failed" or not number else number, stuck, parts)


def sweep(test: Record, parts: Parts) -> None:
    """Deletes what a step that began before the verdict of an ended test may have made or written since."""
    if parts.now() >= datetime.fromisoformat(test["ended_at"]) + _SWEPT:
        return
    _tidied(test, parts)
    state, _ = parts.challenger.state(token=test["test_id"])
    if state == "ready" and parts.store.current().record == test:  # it is not that of the next test
        parts.challenger.remove(token=f"{test['test_id']}-swept-{parts.now():%d%H%M}")


def _tidied(test: Record, parts: Parts) -> bool:
    """Ends the split and deletes what steps have written; False while a job still reads the texts."""
    if test["plan"]["mode"] == record.LIVE:
        parts.log.unite()
        parts.store.delete_below(record.seen(test["test_id"]))
    return replay.clean_up(test, parts)


def _removing(test: Record, number: int, stuck: str, parts: Parts) -> Record:
    """The record after a try to delete the challenger's resources; a try after a failed one has another token."""
    try:
        parts.challenger.remove(token=_token(test, number))
    except ChallengerError as error:
        stuck = str(error)
    return changes.progressed(test, {"removals": number, "stuck": stuck})


def _token(test: Record, number: int) -> str:
    return f"{test['test_id']}-end-{number}"
