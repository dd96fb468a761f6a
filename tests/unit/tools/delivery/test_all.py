"""Tests what `make delivery` leaves behind when it does not come to a deploy."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.unit.tools.delivery.bucket import Bucket
from tools.delivery import main
from tools.delivery.assembly import AssemblyStack
from tools.delivery.delivery import Delivery
from tools.delivery.errors import USAGE
from tools.delivery.lock import Lock, Phase, Run
from tools.delivery.store import Store


class Place(Bucket):
    """An account without stacks, and the bootstrap's bucket."""

    caller = "arn:aws:iam::123456789012:user/person"

    @property
    def cloudformation(self) -> Place:
        return self

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        message = f"Stack with id {StackName} does not exist"
        raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")


class Refused:
    """The CDK's CLI where AWS refuses every change set."""

    def prepare(self, stacks: list[str]) -> int:
        return 1


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def delivery(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Delivery:
    """A delivery of one stack to dev, whose change sets cannot be made."""
    stack = AssemblyStack(
        name="Rubric-dev-Data",
        template={},
        region="us-east-1",
        account=None,
        deploy_role=None,
        publish_role=None,
        bucket="assets",
    )
    one = Delivery("dev", build=tmp_path, digest="d1", say=lambda text: None)
    vars(one).update(stacks=[stack], place=place)
    monkeypatch.setattr(one, "_deployer", Refused)
    monkeypatch.setattr(main, "begin", lambda *args, **options: one)
    return one


def test_a_plan_that_fails_leaves_no_lock(delivery: Delivery, place: Place, tmp_path: Path) -> None:
    assert main.main(["all", "--env", "dev", "--build", str(tmp_path)]) == 1
    assert place.objects == {}


def test_a_run_that_is_refused_leaves_the_lock_of_the_other(delivery: Delivery, place: Place, tmp_path: Path) -> None:
    store = Store(cast(Any, place), prefix="rubric-delivery/Rubric-dev/")
    other = Lock(store, "dev", Run(id="other", who="arn:other", url="", digest="d1"))
    other.take()
    assert main.main(["all", "--env", "dev", "--build", str(tmp_path)]) == USAGE
    assert other.phase() == Phase.LOCKED
