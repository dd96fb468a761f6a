"""Tests the lock of an environment: one run at a time, until the environment is in a known state."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.unit.tools.delivery.bucket import Bucket
from tools.delivery.errors import USAGE, DeliveryError
from tools.delivery.lock import Lock, Phase, Run
from tools.delivery.store import Store


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def lock(bucket: Bucket, run: str = "first", digest: str = "d1") -> Lock:
    store = Store(cast(Any, bucket), prefix="rubric-delivery/Rubric-dev/")
    return Lock(store, "dev", Run(id=run, who=f"arn:{run}", url=f"https://ci/{run}", digest=digest))


def test_a_second_run_is_refused_in_one_sentence_that_names_the_first(bucket: Bucket) -> None:
    lock(bucket).take()
    kept = dict(bucket.objects)
    with pytest.raises(DeliveryError, match=r"dev is being delivered to by https://ci/first since .*wait") as refused:
        lock(bucket, "second").take()
    assert refused.value.status == USAGE and "\n" not in str(refused.value)
    assert bucket.objects == kept


def test_the_same_run_keeps_its_lock_in_a_later_step_and_on_another_machine(bucket: Bucket) -> None:
    lock(bucket).take()
    lock(bucket).take()
    lock(bucket).reach(Phase.CHANGING)
    assert lock(bucket).phase() == Phase.CHANGING


def test_the_same_run_delivers_one_assembly(bucket: Bucket) -> None:
    lock(bucket).take()
    with pytest.raises(DeliveryError, match="another assembly"):
        lock(bucket, digest="d2").take()


@pytest.mark.parametrize("phase", [Phase.CHANGING, Phase.CHANGED])
def test_an_environment_in_an_unknown_state_stays_locked(bucket: Bucket, phase: str) -> None:
    lock(bucket).take()
    lock(bucket).reach(phase)
    with pytest.raises(DeliveryError, match="stays locked"):
        lock(bucket).release()
    assert bucket.objects


@pytest.mark.parametrize("phase", Phase.SETTLED)
def test_a_run_that_is_over_lets_the_next_one_in(bucket: Bucket, phase: str) -> None:
    lock(bucket).take()
    lock(bucket).reach(phase)
    assert lock(bucket).release() == "dev is unlocked."
    lock(bucket, "second").take()


def test_another_runs_lock_is_let_go_only_by_force(bucket: Bucket) -> None:
    lock(bucket).take()
    lock(bucket).reach(Phase.CHANGING)
    assert "keeps its lock" in lock(bucket, "second").release()
    assert bucket.objects
    assert "was locked by https://ci/first" in lock(bucket, "second").release(by_force=True)
    assert not bucket.objects


def test_who_takes_over_a_killed_runs_lock_has_it_alone(bucket: Bucket) -> None:
    lock(bucket).take()
    held = lock(bucket, "second").held()
    assert held is not None
    lock(bucket, "second").adopt(held)
    with pytest.raises(DeliveryError, match="meanwhile"):
        lock(bucket, "third").adopt(held)
    with pytest.raises(DeliveryError, match="has not locked dev"):
        lock(bucket).phase()
