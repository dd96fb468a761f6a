"""Tests rubric models: its list, promotions and rollbacks."""

import json

import boto3
import pytest

from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stacks
from ops.errors import OpsError
from ops.models import registry
from tests.unit.ops.conftest import BY, PROMOTION, register, run, serve
from tests.unit.ops.promoted_models import NEW, OLD, promoted, serve_the_newer_of_two, uri


@pytest.fixture
def two(cloud):
    serve_the_newer_of_two()
    return cloud


def test_list_is_newest_first_and_marks_the_one_in_use(two, capsys):
    assert run("models", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(model["version"], model["in_use"], model["accuracy"]) for model in listed] == [
        (NEW, True, 0.92),
        (OLD, False, 0.90),
    ]
    assert run("models", "list") == 0
    assert NEW in capsys.readouterr().out


def test_show_prints_the_evaluation_of_the_one_in_use(two, capsys):
    assert run("models", "show") == 0
    printed = capsys.readouterr().out
    assert NEW in printed and "0.920" in printed and "TF-IDF + linear" in printed
    assert "Health" in printed and "0.333" in printed


def test_a_model_is_found_by_version_number_and_arn(two):
    model = registry.find(two, "1")
    assert model.version == OLD
    assert registry.find(two, OLD).arn == registry.find(two, model.arn).arn == model.arn
    with pytest.raises(OpsError, match=f"There is no model 'nope' in the registry \\(newest: {NEW}"):
        registry.find(two, "nope")


def test_rollback_promotes_the_approved_model_before(two, sfn, capsys):
    assert run("models", "rollback") == 0
    started = {"artifact_uri": uri(OLD), "model_package_arn": registry.find(two, OLD).arn, "by": BY, "rollback": True}
    assert sfn.started == [{"stateMachineArn": PROMOTION, "input": started}]
    assert f"{OLD} is in use" in capsys.readouterr().err


def test_rollback_passes_over_models_that_are_not_approved(two, sfn):
    rejected = register("rubric-dev-20261118-000000-cccc", approval="Rejected")
    assert registry.previous(two).version == OLD
    assert rejected


THIRD, FOURTH = "rubric-dev-20261121-000000-cccc", "rubric-dev-20261122-000000-dddd"


def test_rollback_goes_to_the_last_model_that_served_well(two):
    for version in (THIRD, FOURTH):
        register(version)
    promoted(1, NEW, "served", previous=OLD)
    promoted(2, THIRD, "taken back", previous=NEW)
    promoted(3, FOURTH, "served", previous=NEW)
    serve(FOURTH)
    assert registry.previous(two).version == NEW
    promoted(4, NEW, "served", previous=FOURTH, rollback=True)
    serve(NEW)
    assert registry.previous(two).version == OLD  # not to the model just rolled back
    promoted(5, FOURTH, "served", previous=NEW)
    promoted(6, OLD, "served", previous=FOURTH)
    serve(OLD)
    assert registry.previous(two).version == FOURTH  # it was promoted again since


def test_rollback_never_goes_to_a_model_whose_rollout_was_taken_back(two, capsys):
    register(THIRD)
    promoted(1, NEW, "taken back", previous=OLD)
    promoted(2, OLD, "interrupted")
    promoted(3, THIRD, "served")
    serve(THIRD)
    assert run("models", "rollback") == 3
    assert "name one with --to" in capsys.readouterr().err


def test_what_was_refused_or_never_begun_says_nothing_of_a_model(two):
    promoted(1, OLD, "served")
    promoted(2, NEW, "served", previous=OLD)
    promoted(3, OLD, "refused", previous=NEW)
    promoted(4, OLD, "failed", previous=NEW)
    assert registry.previous(two).version == OLD


def test_a_rollback_during_a_rollout_goes_back_to_what_still_serves(two, monkeypatch):
    monkeypatch.setattr("ops.models.promotions.serving_uri", lambda _: uri(OLD))
    assert registry.previous(two).version == OLD


def test_rollback_never_goes_to_a_model_that_was_only_ever_refused(two, capsys):
    promoted(1, OLD, "refused", previous=NEW)
    assert run("models", "rollback") == 3
    assert "name one with --to" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "champion"), [([], {"champion": uri(NEW)}), (["--override-champion"], {})])
def test_promoting_by_hand_counts_on_the_champion_unless_told_otherwise(two, sfn, options, champion):
    arn = register(THIRD, metadata={"champion": uri(NEW), "compared_with": NEW})
    assert run("models", "promote", THIRD, *options) == 0
    assert sfn.started[0]["input"] == {"artifact_uri": uri(THIRD), "model_package_arn": arn, "by": BY, **champion}


def test_rollback_without_an_older_model_is_refused(cloud, sfn, capsys):
    register(OLD)
    serve(OLD)
    assert run("models", "rollback") == 3
    assert sfn.started == [] and "No other approved model has served well" in capsys.readouterr().err


def test_promoting_what_is_not_approved_is_refused(two, sfn, capsys):
    register("rubric-dev-x", approval="PendingManualApproval")
    assert run("models", "promote", "rubric-dev-x") == 1
    assert sfn.started == [] and "models approve rubric-dev-x" in capsys.readouterr().err


def test_promoting_the_one_in_use_does_nothing(two, sfn):
    assert run("models", "promote", NEW) == 0
    assert sfn.started == []


@pytest.mark.parametrize("step", ["rollout", "let_go"])
def test_before_there_is_a_stack_a_promotion_says_that_the_next_deploy_serves_it(two, sfn, monkeypatch, capsys, step):
    sfn.steps = [{"status": "SUCCEEDED", "output": json.dumps({step: {"status": "done", "reason": "no stack yet"}})}]
    assert run("models", "promote", OLD) == 0
    printed_text = " ".join(capsys.readouterr().err.split())
    assert f"{OLD} is approved: there is no Serving stack yet" in printed_text and "in use" not in printed_text
    stacks = {part: stack for part, stack in two.stacks.by_part.items() if part != "Serving"}
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part=stacks))
    assert (run("models", "promote", NEW), run("models", "reject", NEW)) == (0, 1)
    printed_text = " ".join(capsys.readouterr().err.split())
    assert f"{NEW} is already approved: there is no Serving stack yet" in printed_text and "in use" not in printed_text
    assert f"{NEW} is what the next deploy serves" in printed_text


def test_a_rollout_that_was_taken_back_exits_with_1(two, sfn, capsys):
    sfn.steps = [{"status": "FAILED", "error": "RolledBack", "cause": "alarm ModelErrors"}]
    assert run("models", "promote", OLD) == 1
    assert f"{OLD} was not rolled out: alarm ModelErrors" in capsys.readouterr().err


def test_approve_and_reject_change_the_registry(two):
    arn = register("rubric-dev-x", approval="PendingManualApproval")
    describe = boto3.client("sagemaker").describe_model_package
    assert run("models", "approve", "rubric-dev-x", "--note", "checked") == 0
    assert describe(ModelPackageName=arn)["ModelApprovalStatus"] == "Approved"
    assert run("models", "reject", "rubric-dev-x") == 0
    assert describe(ModelPackageName=arn)["ModelApprovalStatus"] == "Rejected"


def test_only_an_approval_that_is_news_says_that_a_rollout_starts(two, monkeypatch, capsys):
    by_hand = two.settings.training.model_copy(update={"approval": "manual"})
    settings = two.settings.model_copy(update={"training": by_hand})
    monkeypatch.setattr(Cloud, "settings", settings)
    register("rubric-dev-x", approval="PendingManualApproval")
    message = []
    for _ in range(2):
        assert run("models", "approve", "rubric-dev-x") == 0
        message.append(capsys.readouterr().err)
    assert "its rollout starts automatically" in message[0]
    assert "serve it with: rubric models promote rubric-dev-x" in message[1]
