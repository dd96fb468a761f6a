"""With manual approval, a model that passes the gate waits in the registry until a person approves it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.test_20_api import HEADLINE
from tests.e2e.test_30_idempotence import assert_no_differences


@pytest.fixture(scope="module")
def by_hand(deployed: Cloud) -> Iterator[Cloud]:
    """The cloud with `training.approval: manual` and two spot instances that train quickly; put back afterwards."""
    override = deployed.settings_file.with_name("local.override.yaml")
    before = override.read_text()
    quick = {
        "approval": "manual",
        "instance_count": 2,
        "spot": True,
        "hyperparameters": {"epochs": 4},
        "gate": {"max_regression": 0.5, "max_possible_regression": 1.0},
    }
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
    number = str(waiting[0]["ModelPackageVersion"])
    shown = json.loads(by_hand.rubric("models", "show", number, "--json").stdout)
    assert shown["evaluation"]["processes"] == 2  # one on each instance

    by_hand.rubric("models", "approve", number, "--note", "end-to-end test")
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


def test_a_model_has_a_report_a_card_and_a_comparison_with_the_one_before(by_hand: Cloud, tmp_path: Path) -> None:
    models = json.loads(by_hand.rubric("models", "list", "--json").stdout)
    newest, before = models[0]["version"], models[-1]["version"]
    by_hand.rubric("models", "show", newest, "--html", str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text()
    assert newest in page and page.count("<svg") > 5
    assert newest in by_hand.rubric("models", "show", newest, "--card").stdout
    shown = json.loads(by_hand.rubric("models", "show", newest, "--json").stdout)
    champion, gate = shown["evaluation"]["champion"], shown["evaluation"]["gate"]
    assert champion["comparison"]["texts"] == shown["evaluation"]["counts"]["test"]
    assert gate["passed"] is True and champion["model_version"] in gate["reason"]
    compared = json.loads(by_hand.rubric("models", "compare", before, newest, "--json").stdout)
    assert compared["gate"]["b"] == gate["reason"]
