"""Reviews of whole environments, against an account (moto) and against another assembly."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.deployment import stack_reviews
from ops.changes import assembly, environments
from ops.changes.review import Review
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from tests.unit.ops.changes.assemblies import written
from tests.unit.ops.changes.deployed import Deployed
from tests.unit.ops.conftest import ROOT, SESSION

TODAY = dt.date(2026, 12, 1)
DATA, API, SERVING = "Rubric-dev-Data", "Rubric-dev-Api", "Rubric-dev-Serving"


def queue(retention: int) -> dict[str, Any]:
    properties = {"MessageRetentionPeriod": retention}
    return {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}}}


@pytest.fixture
def cloud(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setattr("ops.deployment.cloud.boto3.Session", lambda **_: SESSION)
    yield Cloud("dev", root=ROOT)


def deploy(cloud: Cloud, **stacks: Any) -> Deployed:
    deployed = {name: (template, "CREATE_COMPLETE") for name, template in stacks.items()}
    return Deployed(cloud.client("cloudformation"), deployed)


def states(review: Review) -> dict[str, str]:
    return {stack.name: stack.state for stack in review.stacks}


def test_each_stack_is_compared_with_what_is_deployed(cloud: Cloud, tmp_path: Path) -> None:
    deployed = deploy(cloud, **{DATA: queue(60), API: queue(60), SERVING: queue(60)})
    deployed.stacks["Rubric-dev-Monitoring"] = ({}, "REVIEW_IN_PROGRESS")  # a change set of a stack that never was
    stacks = assembly.read(written(tmp_path, {DATA: queue(60), API: queue(90), "Rubric-dev-Monitoring": queue(60)}))
    review = environments.with_deployed(cloud, stacks, today=TODAY)
    assert states(review) == {
        DATA: "unchanged",
        API: "changed",
        "Rubric-dev-Monitoring": "new",
        SERVING: "left",
    }
    assert review.changed and not review.widens
    assert {f"cloudformation:{name}" for name in deployed.calls} == set(stack_reviews.CHANGES)


def test_two_assemblies_are_compared_without_an_account(tmp_path: Path) -> None:
    stacks = assembly.read(written(tmp_path / "new", {DATA: queue(60), API: queue(90)}))
    earlier = assembly.read(written(tmp_path / "old", {DATA: queue(60), API: queue(60), SERVING: queue(60)}))
    (cloud,) = environments.named(stacks, only=[])
    review = environments.with_assembly(cloud, stacks, earlier, today=TODAY)
    assert (review.environment, states(review)) == ("dev", {DATA: "unchanged", API: "changed", SERVING: "gone"})


def test_images_that_need_a_look_are_those_of_the_settings(tmp_path: Path) -> None:
    stacks = assembly.read(written(tmp_path, {DATA: queue(60)}))
    (cloud,) = environments.named(stacks, only=[])
    fine = environments.with_assembly(cloud, stacks, stacks, today=TODAY)
    late = environments.with_assembly(cloud, stacks, stacks, today=dt.date(2040, 1, 1))
    assert fine.images == () and not late.changed
    assert all(note.state == "past" for note in late.images) and late.images
    assert any("patches ended" in line for line in late.asked)


def test_the_environments_are_those_of_the_assembly(tmp_path: Path) -> None:
    stacks = assembly.read(written(tmp_path, {DATA: queue(60), "Rubric-prod-Data": queue(60)}))
    assert [cloud.env for cloud in environments.named(stacks, only=[])] == ["dev", "prod"]
    assert [cloud.env for cloud in environments.named(stacks, only=["prod"])] == ["prod"]
    with pytest.raises(OpsError, match="no stack of 'local'"):
        environments.named(stacks, only=["local"])


def test_stacks_of_no_environment_are_a_review_of_their_own(cloud: Cloud, tmp_path: Path) -> None:
    deploy(cloud, RubricDelivery=queue(60))
    stacks = assembly.read(written(tmp_path, {DATA: queue(60), "RubricDelivery": queue(90)}))
    clouds = environments.named(stacks, only=[])

    def client_of(region: str | None) -> Any:
        assert region == "us-east-1"
        return cloud.client("cloudformation")

    rest = environments.others(stacks, None, clouds=clouds, client_of=client_of)
    assert rest and states(rest) == {"RubricDelivery": "changed"}
    beside = environments.others(stacks, {}, clouds=clouds, client_of=client_of)
    assert beside and states(beside) == {"RubricDelivery": "new"}


def test_the_credentials_of_another_account_are_refused(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = cloud.settings.model_copy(update={"account": "999999999999"})
    monkeypatch.setattr(cloud, "settings", other)
    stacks = assembly.read(written(tmp_path, {DATA: queue(60)}))
    with pytest.raises(OpsError, match="account is 999999999999, and these credentials are for 123456789012"):
        environments.with_deployed(cloud, stacks, today=TODAY)
