"""Each approval that a person gives starts one rollout; no other event of the registry does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws_testing.cloud import SERVE, Cloud
from local_aws_testing.server import wait_for
from tests.contract.sagemaker.promotions import GROUP, Promotions, artifact, make


class Registry:
    """Packages of a group whose events start promotions."""

    def __init__(self, promotions: Promotions) -> None:
        self.promotions = promotions
        self._states = promotions.cloud.server.client("stepfunctions")
        self._sagemaker = promotions.cloud.sagemaker
        self._before: set[str] = set()
        self.settled()

    def register(self, name: str, *, approval: str = "PendingManualApproval") -> str:
        arn: str = self._sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus=approval,
            InferenceSpecification={
                "Containers": [{"Image": SERVE, "ModelDataUrl": artifact(name)}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )["ModelPackageArn"]
        return arn

    def decide(self, arn: str, approval: str) -> None:
        self._sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=approval)

    def edit(self, arn: str) -> None:
        self._sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"desk": "news"})

    def rollouts(self, *, events: int) -> list[str]:
        """How the promotions since the last call, `events` in all, ended that rolled something out."""
        fresh: list[dict[str, Any]] = []

        def all_there() -> bool:
            fresh[:] = [one for one in self._executions() if one["executionArn"] not in self._before]
            return len(fresh) >= events and all(one["status"] != "RUNNING" for one in fresh)

        wait_for(all_there, what=f"{events} executions to end", seconds=90)
        assert len(fresh) == events
        self._before |= {one["executionArn"] for one in fresh}
        ended = [self._states.describe_execution(executionArn=one["executionArn"]) for one in fresh]
        return [one["status"] for one in ended if one["status"] == "FAILED" or "rollout" in json.loads(one["output"])]

    def settled(self) -> None:
        """Forget the earlier runs."""
        self._before |= {one["executionArn"] for one in self._executions()}

    def _executions(self) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self._states.list_executions(stateMachineArn=self.promotions.machine)[
            "executions"
        ]
        return result


@pytest.fixture(scope="module")
def registry(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    promotions = make(cloud, folder=tmp_path_factory.mktemp("functions"), name="approvals")
    events = cloud.server.client("events")
    # The pattern of stacks/training/promotion.py.
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model Package State Change"],
               "detail": {"ModelPackageGroupName": [GROUP]}}  # fmt: skip
    events.put_rule(Name="approvals", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="approvals", Targets=[{"Id": "machine", "Arn": promotions.machine}])
    with promotions.serving():
        yield Registry(promotions)
    events.remove_targets(Rule="approvals", Ids=["machine"])
    events.delete_rule(Name="approvals")


@pytest.fixture(autouse=True)
def no_faults(registry: Registry) -> Iterator[None]:
    yield
    registry.promotions.faults()


@pytest.mark.parametrize(
    ("faults", "times"),
    [((), 1), (("event-fields",), 1), (("doubled-events",), 2), (("doubled-events", "reordered-events"), 2)],
)
def test_an_approval_is_rolled_out_once_whatever_its_events_do(
    registry: Registry, faults: tuple[str, ...], times: int
) -> None:
    registry.promotions.faults(*faults)
    other = "one" if registry.promotions.consistent() == "two" else "two"
    arn = registry.register(other)
    if "reordered-events" not in faults:
        assert registry.rollouts(events=times) == []
        registry.decide(arn, "Approved")
        assert registry.rollouts(events=times) == ["SUCCEEDED"]
    else:
        registry.decide(arn, "Approved")  # before it is heard of that the package waits
        assert registry.rollouts(events=2 * times) == ["SUCCEEDED"]
    assert registry.promotions.consistent() == other
    registry.edit(arn)
    if "reordered-events" in faults:
        registry.promotions.faults("doubled-events")
    assert registry.rollouts(events=times) == []


def test_an_old_version_that_is_touched_is_not_rolled_out(registry: Registry) -> None:
    """Neither one that a person approved once, nor one that the pipeline registered as approved."""
    old = registry.register("one")
    registry.decide(old, "Approved")
    registry.rollouts(events=2)
    newer = registry.register("two")
    registry.decide(newer, "Approved")
    assert registry.rollouts(events=2) == ["SUCCEEDED"]
    by_itself = registry.register("one", approval="Approved")
    registry.edit(old)
    registry.edit(by_itself)
    registry.decide(old, "Approved")  # repeated, which changes nothing
    assert registry.rollouts(events=4) == []
    assert registry.promotions.consistent() == "two"
    registry.decide(old, "Rejected")
    assert registry.rollouts(events=1) == []
    registry.decide(old, "Approved")  # a person's second decision
    assert registry.rollouts(events=1) == ["SUCCEEDED"]
    assert registry.promotions.consistent() == "one"


def test_a_model_that_was_taken_back_is_not_tried_again_by_the_same_approval(registry: Registry) -> None:
    before = registry.promotions.consistent()
    registry.promotions.faults("doubled-events")
    broken = registry.register("broken")
    assert registry.rollouts(events=2) == []
    registry.decide(broken, "Approved")
    assert registry.rollouts(events=2) == ["FAILED"]
    registry.edit(broken)
    assert registry.rollouts(events=2) == []
    assert registry.promotions.consistent() == before


def test_a_package_that_was_rejected_meanwhile_is_not_rolled_out(registry: Registry) -> None:
    before = registry.promotions.consistent()
    registry.promotions.faults("reordered-events")
    arn = registry.register("two" if before == "one" else "one")
    registry.decide(arn, "Rejected")
    assert registry.rollouts(events=2) == []
    assert registry.promotions.consistent() == before


def test_an_approval_is_rolled_out_though_the_event_of_the_registration_was_lost(registry: Registry) -> None:
    """The pipeline calls the function as it registers a version, as its state "Note that it waits" does."""
    other = "one" if registry.promotions.consistent() == "two" else "two"
    server = registry.promotions.cloud.server
    server.client("events").disable_rule(Name="approvals")
    arn = registry.register(other)
    noted = {"action": "waiting", "model_package_arn": arn}
    answer = server.client("lambda").invoke(FunctionName="promote", Payload=json.dumps(noted))
    assert json.loads(answer["Payload"].read()) == {"status": "noted"}
    server.client("events").enable_rule(Name="approvals")
    registry.decide(arn, "Approved")
    assert registry.rollouts(events=1) == ["SUCCEEDED"]
    assert registry.promotions.consistent() == other
