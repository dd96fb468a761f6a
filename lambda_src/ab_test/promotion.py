"""The promotion of a challenger that reached the goal: the ordinary one, with approval, canary and alarms."""

from __future__ import annotations

from typing import Any

from contracts.ab_tests import record
from contracts.ab_tests.record import Record
from lambda_src.ab_test import changes
from lambda_src.ab_test.errors import OvertakenError, RefusedError
from lambda_src.ab_test.parts import Parts
from lambda_src.ab_test.registry import APPROVED, REJECTED

_TRIES = 5


def promote(test_id: str, parts: Parts) -> Record:
    """Promotes the challenger of a test ("" for the last one); again, it changes nothing. Raises RefusedError."""
    for _ in range(_TRIES):
        stored = parts.store.current()
        is_current = stored.record is not None and test_id in ("", stored.record["test_id"])
        test = stored.record if is_current else parts.store.archived(test_id)
        if test is None:
            raise RefusedError(f"there is no test {test_id!r}: see `rubric ab list`" if test_id else "no test was made")
        _check(test, parts)
        if test["promoted"]:
            parts.store.archive(test)  # a call that was killed may not have come to it
            return test
        promoted = _promoted(test, parts, by_person=True)
        try:
            if is_current:
                parts.store.save(promoted, etag=stored.etag)
        except OvertakenError:
            continue  # the promotion has a name of its own: it is not begun twice
        parts.store.archive(promoted)
        return promoted
    raise RefusedError("the record of the test keeps changing: try again")


def after_test(test: Record, parts: Parts) -> Record:
    """The record of a test that was won, promoted if the plan says so; if that is refused, the record says why."""
    if test["plan"]["promote"] != "automatic" or test["verdict"] not in record.WINS or test["promoted"]:
        return test
    try:
        return _promoted(test, parts, by_person=False)
    except RefusedError as error:
        return changes.noted(test, f"not promoted: {error}", now=parts.now())


def _check(test: Record, parts: Parts) -> None:
    version = test["challenger"]["version"]
    if test["phase"] != record.ENDED:
        raise RefusedError(f"the test {test['test_id']} has not ended: wait for its result, or `rubric ab stop`")
    if test["verdict"] not in record.WINS:
        raise RefusedError(
            f"the test {test['test_id']} ended as {test['verdict']}, so {version} is not promoted by it: "
            f"`rubric models promote {version}` serves it all the same"
        )


def _promoted(test: Record, parts: Parts, *, by_person: bool) -> Record:
    """The champion must still serve, as for any promotion: here the one that the challenger was tested against."""
    challenger = test["challenger"]
    package = parts.registry.package(challenger["package_arn"])
    if package is None:
        raise RefusedError(f"{challenger['version']} was deleted from the registry: train again")
    if package.approval == REJECTED:
        raise RefusedError(f"{challenger['version']} was rejected: run `rubric models approve {challenger['version']}`")
    # That a promotion has begun may not be in the record yet: then the challenger is what is to serve.
    if parts.serving.approved() not in (test["champion"]["artifact_uri"], challenger["artifact_uri"]):
        raise RefusedError(
            f"{test['champion']['version']}, with which {challenger['version']} was compared, does not serve any more: "
            f"run `rubric ab start {challenger['version']}` to compare it with the model that serves"
        )
    note = f"Won the A/B test {test['test_id']}: {test['verdict']}."
    if package.approval != APPROVED:
        if not by_person:
            raise RefusedError(f"{package.version} waits for a person's approval: run `rubric ab promote`")
        parts.registry.approve(package.arn, note=note)
    elif package.note != note:
        note = ""  # it was approved for another reason, and what that began has ended
    # A rule promotes what a person approves: also what a call approved that was killed before the record said so.
    if note and parts.settings.approval == "manual":
        return _noted(test, record.BY_APPROVAL, parts)
    promotion: dict[str, Any] = {
        "artifact_uri": challenger["artifact_uri"],
        "model_package_arn": challenger["package_arn"],
        "champion": test["champion"]["artifact_uri"],
    }
    execution = parts.promote(f"ab-{test['test_id']}", promotion)
    return _noted({**test, "promoted": execution}, execution, parts)


def _noted(test: Record, promoted: str, parts: Parts) -> Record:
    what = "approved; its promotion begins" if promoted == record.BY_APPROVAL else "its promotion begins"
    return changes.noted({**test, "promoted": promoted}, what, now=parts.now())
