"""Only a test that was won promotes, once, and as any promotion: the champion must still serve."""

from __future__ import annotations

import contextlib
import json

import pytest

from contracts.ab_tests import record
from lambda_src.ab_test import ending, promotion, starting
from lambda_src.ab_test.errors import RefusedError
from tests.unit.lambda_src.ab_test.environment import NEW, OLD, arn, uri
from tests.unit.lambda_src.ab_test.test_replay import REQUEST, better, until
from tests.unit.lambda_src.ab_test.world import Killed

INPUT = {"artifact_uri": uri(NEW), "model_package_arn": arn(NEW), "champion": uri(OLD)}


def won(**settings):
    world = better(**settings)
    starting.start(REQUEST, world.parts())
    return world, until(world, record.ENDED)["test_id"]


def test_a_person_promotes_the_winner_once():
    world, test_id = won()
    for name in ("", test_id):
        promoted = promotion.promote(name, world.parts())
        assert promoted["promoted"] == f"arn:execution:ab-{test_id}"
    assert world.promotions == {f"ab-{test_id}": INPUT}
    assert world.test() == json.loads(world.objects[record.archived(test_id)]) == promoted


def test_a_promotion_that_is_killed_before_it_is_archived():
    world, test_id = won()
    parts = world.parts()
    parts.store.archive = lambda test: (_ for _ in ()).throw(Killed)
    with pytest.raises(Killed):
        promotion.promote("", parts)
    promotion.promote("", world.parts())
    assert json.loads(world.objects[record.archived(test_id)])["promoted"] == f"arn:execution:ab-{test_id}"


def test_an_earlier_test_is_promoted_too():
    world, test_id = won()
    starting.start(REQUEST, world.parts())
    promotion.promote(test_id, world.parts())
    assert world.promotions == {f"ab-{test_id}": INPUT}
    assert json.loads(world.objects[record.archived(test_id)])["promoted"]
    assert world.test()["promoted"] == ""


def test_by_setting_the_winner_is_promoted_when_the_test_ends():
    world, test_id = won(ab_promote="automatic")
    assert world.promotions == {f"ab-{test_id}": INPUT}
    assert json.loads(world.objects[record.archived(test_id)])["promoted"]


def test_where_a_person_approves_that_is_what_promotes():
    world = better(approval="manual", ab_promote="automatic")
    world.approvals[NEW] = "PendingManualApproval"
    starting.start(REQUEST, world.parts())
    test = until(world, record.ENDED)
    assert test["promoted"] == "" and world.approvals[NEW] == "PendingManualApproval"
    assert "waits for a person's approval" in test["steps"][-1]["what"]
    assert promotion.promote("", world.parts())["promoted"] == record.BY_APPROVAL
    assert world.approvals[NEW] == "Approved" and len(world.promotions) == 1  # the registry's rule begins it


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(1, 6))
def test_where_a_person_approves_a_promotion_that_is_killed_begins_once(call, after):
    world = better(approval="manual")
    world.approvals[NEW] = "PendingManualApproval"
    starting.start(REQUEST, world.parts())
    until(world, record.ENDED)
    world.last, world.after = world.calls + call, after
    with contextlib.suppress(Killed):
        promotion.promote("", world.parts())
    world.last = None
    assert promotion.promote("", world.parts())["promoted"] == record.BY_APPROVAL
    assert len(world.promotions) == 1


def test_what_was_approved_for_another_reason_is_promoted():
    """The promotion that its approval began has ended: it may have been rolled back."""
    world, test_id = won(approval="manual")
    world.notes[NEW] = "Looks good."
    assert promotion.promote("", world.parts())["promoted"] == f"arn:execution:ab-{test_id}"


def test_a_person_who_promotes_approves():
    world = better()
    world.approvals[NEW] = "PendingManualApproval"
    starting.start(REQUEST, world.parts())
    test_id = until(world, record.ENDED)["test_id"]
    promotion.promote("", world.parts())
    assert world.approvals[NEW] == "Approved" and world.promotions == {f"ab-{test_id}": INPUT}


def refused(world, test_id=""):
    with pytest.raises(RefusedError) as caught:
        promotion.promote(test_id, world.parts())
    assert world.promotions == {}
    return str(caught.value)


def test_no_test_an_unknown_one_and_one_that_runs():
    world = better()
    assert refused(world) == "no test was made"
    assert refused(world, "x") == "there is no test 'x': see `rubric ab list`"
    test = starting.start(REQUEST, world.parts())
    assert refused(world).startswith(f"the test {test['test_id']} has not ended")


def test_a_test_that_was_not_won():
    world = better()
    starting.start(REQUEST, world.parts())
    ending.stop(world.parts(), by="ben")
    test = until(world, record.ENDED)
    assert refused(world) == (
        f"the test {test['test_id']} ended as stopped, so {NEW} is not promoted by it: "
        f"`rubric models promote {NEW}` serves it all the same"
    )


def test_a_model_that_was_deleted_meanwhile():
    world, _ = won()
    del world.approvals[NEW]
    assert refused(world) == f"{NEW} was deleted from the registry: train again"


def test_a_model_that_was_rejected_meanwhile():
    world, _ = won()
    world.approvals[NEW] = "Rejected"
    assert refused(world) == f"{NEW} was rejected: run `rubric models approve {NEW}`"


@pytest.mark.parametrize("approval", ["automatic", "manual"])
def test_a_champion_that_was_replaced_since(approval):
    """Nor is the model approved: the rule would promote it."""
    world = better(approval=approval)
    world.approvals[NEW] = "PendingManualApproval"
    starting.start(REQUEST, world.parts())
    until(world, record.ENDED)
    world.approved = world.served = uri("rubric-dev-3")
    assert refused(world) == (
        f"{OLD}, with which {NEW} was compared, does not serve any more: run `rubric ab start {NEW}` to compare it "
        "with the model that serves"
    )
    assert world.approvals[NEW] == "PendingManualApproval" and world.test()["promoted"] == ""


def test_a_promotion_that_has_begun_unrecorded_is_recorded():
    world, test_id = won()
    world.approved = uri(NEW)
    assert promotion.promote("", world.parts())["promoted"] == f"arn:execution:ab-{test_id}"
