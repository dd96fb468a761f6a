"""With approval by hand a model that passed the gate waits in the registry until a person approves it."""

from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.test_20_api import HEADLINE
from tests.e2e.test_30_idempotence import assert_no_differences


@pytest.fixture(scope="module")
def by_hand(deployed: Cloud) -> Iterator[Cloud]:
    """The cloud with `training.approval: manual` deployed, and small quick models; put back afterwards."""
    override = deployed.settings_file.with_name("local.override.yaml")
    before = override.read_text()
    quick = {"approval": "manual", "hyperparameters": {"epochs": 4}, "gate": {"max_regression": 0.5, "max_possible_regression": 1.0}}
    override.write_text(yaml.safe_dump({"training": quick}))
    deploy = ("deploy", "--exclusively", deployed.stack("Training"), "--require-approval", "never")
    deployed.cdk(*deploy)
    yield deployed
    override.write_text(before)
    deployed.cdk(*deploy)


def test_a_model_is_served_when_it_is_approved_and_not_before(by_hand: Cloud) -> None:
    serving = by_hand.status()["model_version"]
    by_hand.rubric("train", "--follow")
    assert by_hand.status()["model_version"] == serving
    group = by_hand.outputs("Training")["ModelPackageGroupName"]
    waiting = by_hand.client("sagemaker").list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus="PendingManualApproval"
    )["ModelPackageSummaryList"]
    assert len(waiting) == 1

    by_hand.rubric("models", "approve", str(waiting[0]["ModelPackageVersion"]), "--note", "end-to-end test")
    wait_for("its rollout", lambda: by_hand.status()["model_version"] != serving, timeout=60)
    approved = by_hand.status()["model_version"]

    def answers() -> bool:
        with by_hand.api() as api:
            return bool(api.post("v1/classify", json={"inputs": HEADLINE}).json()["model_version"] == approved)

    wait_for("its first answer", answers, timeout=60)
    wait_for("the update's end", lambda: by_hand.stack_status("Serving") == "UPDATE_COMPLETE", timeout=60)
    assert_no_differences(by_hand)


def test_a_rollback_serves_the_model_before(by_hand: Cloud) -> None:
    serving = by_hand.status()["model_version"]
    by_hand.rubric("models", "rollback")
    before = by_hand.status()["model_version"]
    assert before < serving
    with by_hand.api() as api:
        assert api.post("v1/classify", json={"inputs": HEADLINE}).json()["model_version"] == before
