"""What comes next in the test that runs, according to its record.

A step can be killed anywhere: nothing counts before the record says it, and whatever was begun is found again by its
name. Of two steps at the same time one writes the record, and the other's work is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts.ab_tests import record
from contracts.ab_tests.record import Record
from lambda_src.ab_test import changes, ending, evidence, replay, traffic
from lambda_src.ab_test.challenger import ChallengerError
from lambda_src.ab_test.errors import OvertakenError
from lambda_src.ab_test.parts import Parts
from lambda_src.ab_test.registry import REJECTED
from lambda_src.common.times import written

_MOST = 10  # changes of the record in one call


def step(parts: Parts) -> Record | None:
    """The record of the last test after its next steps; None if there was none. Raises OvertakenError."""
    for _ in range(_MOST):
        stored = parts.store.current()
        test = stored.record
        if test is None or not parts.has_time():
            return test
        if test["phase"] == record.ENDED:
            ending.sweep(test, parts)
            return test
        after = _advance(test, parts)
        if after is None or after == test:
            return test
        parts.store.save(after, etag=stored.etag)
        if after["phase"] == test["phase"] == record.RUNNING:
            return after  # the next labels and texts are the next minute's
    return parts.store.current().record


def _advance(test: Record, parts: Parts) -> Record | None:
    if test["phase"] == record.ENDING:
        return ending.advance(test, parts)
    stopped = _overtaken_by_events(test, parts)
    if stopped is not None:
        return stopped
    after = _PHASES[test["phase"]](test, parts)
    going_on = after or test
    if going_on["phase"] != record.ENDING and written(parts.now()) >= test["plan"]["ends_at"]:
        reason = going_on["reason"] or f"it was still {test['phase']}"
        return changes.ending(going_on, record.TIME_OVER, f"the time is over: {reason}", now=parts.now())
    return after


def _overtaken_by_events(test: Record, parts: Parts) -> Record | None:
    """The end of a test that something outside it has decided."""
    champion, challenger, now = test["champion"], test["challenger"], parts.now()
    if parts.settings.ab_tests_enabled != "yes":
        return changes.ending(test, record.STOPPED, "ab_tests.enabled is false", now=now, by="the settings")
    if parts.serving.approved() != champion["artifact_uri"]:
        serving = parts.serving.now()
        if not serving.is_still(champion["artifact_uri"]):
            reason = f"{champion['version']} does not serve any more"
            return changes.ending(test, record.CHAMPION_REPLACED, reason, now=now)
    # Of a replay's challenger nobody gets an answer.
    if test["plan"]["mode"] == record.LIVE:
        package = parts.registry.package(challenger["package_arn"])
        if package is None or package.approval == REJECTED:
            reason = f"{challenger['version']} was {'rejected in' if package else 'deleted from'} the registry"
            return changes.ending(test, record.STOPPED, reason, now=now, by="the registry")
    return None


def _starting(test: Record, parts: Parts) -> Record | None:
    now = parts.now()
    state, reason = parts.challenger.state(token=test["test_id"])
    if state == "changing":
        return None
    asked = bool(test["progress"].get("asked"))
    if state == "none" or not asked:
        return _ask(test, parts)
    if state != "ready":
        return changes.ending(test, record.FAILED, f"the challenger could not be started: {reason}", now=now)
    if test["plan"]["mode"] == record.REPLAY:
        return {**changes.noted(test, "the challenger's model is there", now=now), "phase": record.CLASSIFYING}
    return traffic.begin(test, parts)


def _ask(test: Record, parts: Parts) -> Record:
    """Asks for the challenger's resources; again, if something else was changing its stack when it was asked before."""
    challenger, now = test["challenger"], parts.now()
    package = parts.registry.package(challenger["package_arn"])
    fault = parts.fault(package) if package else f"{challenger['version']} was deleted from the registry"
    if fault:
        return changes.ending(test, record.FAILED, fault, now=now)
    serve = test["plan"]["mode"] == record.LIVE
    if parts.store.current().record != test:  # to verify an artifact takes long enough for somebody to end the test
        raise OvertakenError("another step has gone on from here")
    try:
        parts.challenger.ask(challenger["artifact_uri"], serve=serve, token=test["test_id"])
    except ChallengerError as error:
        return changes.ending(test, record.FAILED, f"the challenger could not be started: {error}", now=now)
    if test["progress"].get("asked"):
        return test
    return changes.progressed(changes.noted(test, "the challenger is asked for", now=now), {"asked": True})


def _running(test: Record, parts: Parts) -> Record | None:
    if test["plan"]["mode"] == record.REPLAY and not test["progress"].get("clean"):
        if not replay.clean_up(test, parts):
            return None
        test = changes.progressed(test, {"clean": True})
    after = evidence.labelled(test, parts)
    if test["plan"]["mode"] == record.LIVE:
        after = traffic.looked_at(after, parts)
    after = evidence.judged(after, parts)
    return traffic.allocated(after, parts) if after["phase"] == record.RUNNING else after


_PHASES: dict[str, Callable[[Record, Parts], Record | None]] = {
    record.STARTING: _starting,
    record.CLASSIFYING: replay.advance,
    record.RUNNING: _running,
}
