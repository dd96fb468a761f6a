"""Tests the steps of a promotion on fakes of AWS; tests/unit/interleavings tests what comes between them."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from contracts.deployment.pipeline import StackBusy
from lambda_src.pipeline.promote import handler as promote
from lambda_src.pipeline.promote import logic, stuck, turns
from lambda_src.pipeline.promote.artifact import ArtifactRefused
from lambda_src.pipeline.promote.dal import Operation, Stack
from lambda_src.pipeline.promote.deadline import OutOfTime, StepDeadline
from tests.unit.interleavings.explorer.engine import fault
from tests.unit.interleavings.fakes.cloud import PARAMETER, Answers, Cloud, artifact
from tests.unit.interleavings.promotions.installed import installed
from tests.unit.interleavings.promotions.judging import turns_of
from tests.unit.interleavings.promotions.scenarios import package

MINE, THEIRS = (f"arn:aws:states:us-east-1:1:execution:rubric-dev-promotion:{name}" for name in ("mine", "theirs"))
OLD, NEW = artifact("x"), artifact("new")
PACKAGE = package("new")
TYPES = ["AWS::SageMaker::Endpoint", "Custom::RolloutCheck"]


@pytest.fixture
def cloud(configure):
    configure(
        promote,
        ENVIRONMENT="dev",
        APPROVED_MODEL_PARAMETER=PARAMETER,
        SERVING_STACK_NAME="Rubric-dev-Serving",
        SERVING_RESOURCE_TYPES=json.dumps(TYPES),
        APPROVALS_PATH="/rubric/dev/approvals",
        PROMOTIONS_PATH="/rubric/dev/promotions",
        MODEL_PACKAGE_GROUP="rubric-dev",
        ARTIFACT_BUCKET="artifacts",
    )
    made = Cloud(outcomes={}, answers=Answers())
    made.parameters.put_parameter(Name=PARAMETER, Value=OLD, Type="String")
    made.stack.create(OLD)
    for arn in (MINE, THEIRS):
        made.executions[arn] = SimpleNamespace(status="RUNNING", running=True, stopped=0.0)
    with installed(made):
        yield made


@pytest.fixture
def step(cloud, context):
    def run(action, execution=MINE, **parameters):
        return promote.handler({"action": action, "execution": execution, **parameters}, context)

    return run


@pytest.fixture
def start(step):
    def run(execution=MINE, uri=NEW, **parameters):
        return step("start", execution, input={"artifact_uri": uri, **parameters})

    return run


def approved(cloud):
    return cloud.parameters.values.get(PARAMETER, ("",))[0]


def stop(cloud, execution=MINE, *, ago):
    cloud.executions[execution] = SimpleNamespace(status="ABORTED", running=False, stopped=cloud.clock.now - ago)


def ends(cloud, outcome="good"):
    cloud.stack.outcomes[NEW] = outcome
    cloud.clock.now += 100
    cloud.stack.end()


def history(cloud):
    return [(turn.execution.rsplit(":", 1)[-1], turn.outcome) for turn in turns_of(cloud)]


def test_a_promotion_that_works(cloud, start, step):
    assert start() == {"status": "updating", "previous": OLD, "artifact_uri": NEW, "reason": ""}
    assert step("check")["status"] == "updating"
    ends(cloud)
    for _ in range(2):  # its answer may be lost
        assert step("check") == {"status": "done", "reason": ""}
    assert (approved(cloud), cloud.endpoint.artifact) == (NEW, NEW)
    assert start()["status"] == "done"
    assert history(cloud) == [("mine", "served")]


def test_the_update_is_of_the_previous_template_and_of_known_types(cloud, start, monkeypatch):
    calls = []
    monkeypatch.setattr(cloud.stack, "update_stack", lambda **call: calls.append(call))
    start()
    [call] = calls
    token = call.pop("ClientRequestToken")
    assert re.fullmatch("[a-zA-Z0-9][-a-zA-Z0-9]{0,127}", token)  # UpdateStack's API reference
    assert call == {
        "StackName": "Rubric-dev-Serving",
        "UsePreviousTemplate": True,
        "Parameters": [
            {"ParameterKey": "ApprovedModel", "UsePreviousValue": True},
            {"ParameterKey": "UnguardedRollout", "ParameterValue": "none"},
        ],
        "ResourceTypes": TYPES,
    }


def test_a_rollout_that_fails_is_taken_back(cloud, start, step):
    start()
    ends(cloud, "bad")
    failed = step("check")
    assert failed == {"status": "failed", "reason": "the Serving stack is in UPDATE_ROLLBACK_COMPLETE"}
    for _ in range(2):
        assert step("revert", reason=failed["reason"]) == {"status": "reverted", "approved": OLD}
    assert (approved(cloud), history(cloud)) == (OLD, [("mine", "taken back")])
    assert step("check") == failed
    with pytest.raises(turns.TurnIsOver, match="taken back"):
        start()


def test_a_rollout_that_cloudformation_took_for_a_success_goes_back(cloud, start, step):
    start()
    ends(cloud, "silent")
    reason = step("check")["reason"]
    assert reason.startswith("SageMaker took the rollout back")
    for _ in range(2):
        assert step("revert", reason=reason) == {"status": "updating", "approved": OLD}
        cloud.stack.status = "UPDATE_COMPLETE"  # asked again before CloudFormation shows it
    assert len(cloud.stack.rollouts) == 2
    assert step("check_back", reason=reason)["status"] == "failed"
    assert history(cloud) == [("mine", "taken back")]


def test_one_promotion_at_a_time(cloud, start, step):
    start()
    ends(cloud)
    with pytest.raises(StackBusy, match=r"another promotion is under way: .*mine"):
        start(THEIRS)
    step("check")
    assert start(THEIRS, artifact("other"))["previous"] == NEW


@pytest.mark.parametrize(("ago", "taken"), [(10, False), (115, False), (125, True)])
def test_the_turn_of_a_stopped_execution_is_taken_once_its_function_is_surely_gone(cloud, start, ago, taken):
    start()
    ends(cloud)
    stop(cloud, ago=ago)
    if not taken:
        with pytest.raises(StackBusy, match="another promotion"):
            start(THEIRS)
        return
    start(THEIRS, artifact("other"))
    with pytest.raises(turns.TurnIsOver, match="another promotion has begun"):
        start()


def test_an_execution_that_is_not_known_yet_may_have_only_begun(cloud, start):
    start()
    ends(cloud)
    del cloud.executions[MINE]
    with pytest.raises(StackBusy, match="another promotion"):
        start(THEIRS)
    cloud.clock.now += 600
    start(THEIRS, artifact("other"))


@pytest.mark.parametrize(
    ("champion", "refused"),
    [(OLD, ""), ("x", ""), (None, ""), (artifact("older"), "compared with older, and x serves"), ("", "no model")],
)
def test_a_verdict_counts_while_its_champion_serves(cloud, start, champion, refused):
    parameters = {} if champion is None else {"champion": champion}
    if not refused:
        assert start(**parameters)["status"] == "updating"
        return
    for _ in range(2):
        with pytest.raises(logic.Refused, match=refused) as error:
            start(**parameters)
    assert str(error.value).endswith("train again, or run `rubric models promote new --override-champion`")
    assert (approved(cloud), history(cloud), cloud.stack.rollouts) == (OLD, [("mine", "refused")], [])
    assert start(THEIRS)["status"] == "updating"


def test_the_first_model_has_no_stack_and_no_champion(cloud, start, step):
    cloud.parameters.values.clear()
    cloud.stack.status = "REVIEW_IN_PROGRESS"
    assert start(champion="") == {"status": "done", "previous": "", "artifact_uri": NEW, "reason": "no stack yet"}
    assert (approved(cloud), history(cloud)) == (NEW, [("mine", "approved")])
    assert start(champion="")["status"] == "done"
    with pytest.raises(logic.ChampionReplaced, match="compared with no model, and new serves"):
        start(THEIRS, artifact("other"), champion="")


def test_what_serves_already_is_not_rolled_out_again(cloud, start):
    assert start(uri=OLD)["reason"] == "it serves already"
    assert (cloud.stack.rollouts, history(cloud)) == ([], [("mine", "served")])


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_a_busy_stack_is_left_alone(cloud, start, status):
    cloud.stack.status = status
    with pytest.raises(StackBusy, match=status):
        start()
    assert (approved(cloud), history(cloud)) == (OLD, [])


@pytest.mark.parametrize("status", ["UPDATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_a_stack_that_a_person_has_to_mend(cloud, start, status):
    cloud.stack.status = status
    with pytest.raises(stuck.StackNotUpdatable, match="promote again"):
        start()
    assert (approved(cloud), history(cloud)) == (OLD, [])


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (fault("ValidationError", "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."), StackBusy),
        (fault("ValidationError", "Stack:arn is in X_FAILED state and can not be updated."), stuck.StackNotUpdatable),
        (fault("InsufficientCapabilitiesException", "Requires capabilities"), stuck.StackNotUpdatable),
        (fault("AccessDenied", "no"), Exception),
    ],
)
def test_a_refused_update_leaves_the_parameter_on_what_serves(cloud, start, step, monkeypatch, error, raised):
    def refuse(**_):
        raise error

    monkeypatch.setattr(cloud.stack, "update_stack", refuse)
    with pytest.raises(raised):
        start()
    assert approved(cloud) == OLD
    cause = '{"errorMessage": "why", "errorType": "X"}'
    assert step("let_go", failure={"Error": "X", "Cause": cause}) == {"status": "failed", "reason": "why"}
    assert history(cloud) == [("mine", "failed")]


def test_letting_go_of_a_start_that_died_at_any_point(cloud, start, step):
    died = {"Error": "Lambda.Unknown", "Cause": "it died"}
    assert step("let_go", failure=died) == {"status": "failed", "reason": "it died"}
    start()
    assert step("let_go", failure=died)["status"] == "updating"
    ends(cloud)
    step("check")
    assert step("let_go", failure=died)["status"] == "done"


def test_a_machine_of_an_earlier_version(cloud, context):
    with pytest.raises(ValueError, match="earlier version: start it again"):
        promote.handler({"action": "check"}, context)


@pytest.mark.parametrize("arn", [{"model_package_arn": PACKAGE}, {}], ids=["its package", "looked up"])
def test_an_artifact_that_is_not_what_was_approved_is_refused_before_anything_happens(cloud, start, arn):
    package = {"CustomerMetadataProperties": {"artifact_sha256": "0" * 64}, **of_new("Approved")}
    cloud.endpoint.packages[PACKAGE] = package
    cloud.objects["models/new/output/model.tar.gz"] = b"another"
    with pytest.raises(ArtifactRefused, match="is not what was approved"):
        start(**arn)
    assert (approved(cloud), cloud.stack.rollouts, history(cloud)) == (OLD, [], [])


@pytest.mark.parametrize(
    "packages", [{}, {PACKAGE: {"InferenceSpecification": {"Containers": [{"ModelDataUrl": OLD}]}}}]
)
def test_a_package_that_is_gone_or_is_of_another_artifact_vouches_for_nothing(cloud, start, packages):
    cloud.endpoint.packages.update(packages)
    with pytest.raises(ArtifactRefused, match=r"is gone|is not the artifact of"):
        start(model_package_arn=PACKAGE)
    assert (approved(cloud), cloud.stack.rollouts, history(cloud)) == (OLD, [], [])


def of_new(approval):
    stated = {} if approval is None else {"ModelApprovalStatus": approval}
    return {**stated, "InferenceSpecification": {"Containers": [{"ModelDataUrl": NEW}]}}


@pytest.mark.parametrize("approval", ["Rejected", "PendingManualApproval", None])
@pytest.mark.parametrize("arn", [{"model_package_arn": PACKAGE}, {}], ids=["its package", "looked up"])
def test_a_model_that_is_not_approved_is_refused_before_anything_happens(cloud, start, arn, approval):
    cloud.endpoint.packages[PACKAGE] = of_new(approval)
    with pytest.raises(logic.NotApproved, match=rf"^new is {approval or 'not approved'}: .*approve new` first$"):
        start(**arn)
    assert (approved(cloud), cloud.stack.rollouts, history(cloud)) == (OLD, [], [])


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_a_model_that_is_rejected_while_its_promotion_starts_is_not_rolled_out(cloud, start, monkeypatch, asked):
    approvals = iter(["Approved"] * asked + ["Rejected"] * 9)
    monkeypatch.setattr(cloud.endpoint, "describe_model_package", lambda **_: of_new(next(approvals)))
    if asked == 3:  # from here on the parameter names it, and `rubric models reject` refuses
        assert start(model_package_arn=PACKAGE)["status"] == "updating"
        return
    for _ in range(2):
        with pytest.raises(logic.Refused, match=r"^new is Rejected"):
            start(model_package_arn=PACKAGE)
    assert (approved(cloud), cloud.stack.rollouts, history(cloud)) == (OLD, [], [("mine", "refused")])


def test_a_step_that_took_too_long_changes_nothing(cloud, start, monkeypatch):
    real = cloud.stack.describe_stacks

    def slow(**request):
        cloud.clock.now += 61
        return real(**request)

    monkeypatch.setattr(cloud.stack, "describe_stacks", slow)
    with pytest.raises(OutOfTime):
        start()
    assert (approved(cloud), cloud.stack.rollouts) == (OLD, [])


def test_a_location_that_is_none(cloud, start):
    with pytest.raises(ValueError, match="not an S3 location"):
        start(uri="model.tar.gz")
    assert (approved(cloud), history(cloud)) == (OLD, [])


# The reconciler


@pytest.fixture
def settle(cloud, context):
    return lambda: promote.handler({"action": "settle"}, context)


def metric(capsys):
    return '"ApprovedDiffersFromServing":[1.0]' in capsys.readouterr().out


def test_where_all_agree_nothing_is_done(cloud, settle, capsys):
    assert settle()["status"] == "agrees"
    assert (history(cloud), metric(capsys)) == ([], False)


def test_a_parameter_that_names_another_model_is_settled_on_what_serves(cloud, settle, capsys):
    cloud.parameters.put_parameter(Name=PARAMETER, Value=NEW, Type="String", Overwrite=True)
    assert (settle()["status"], metric(capsys)) == ("settled", True)
    assert (approved(cloud), history(cloud)) == (OLD, [("5c1f1f0e-7d3a-4f0b-9d0e-1a2b3c4d5e6f", "settled")])
    assert (settle()["status"], metric(capsys)) == ("agrees", False)


def test_a_look_that_fails_is_counted(cloud, settle, capsys, monkeypatch):
    def refused(**request):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutParameter")

    cloud.parameters.put_parameter(Name=PARAMETER, Value=NEW, Type="String", Overwrite=True)
    monkeypatch.setattr(cloud.parameters, "put_parameter", refused)
    with pytest.raises(ClientError):
        settle()
    assert '"SettlingFailed":[1.0]' in capsys.readouterr().out


def test_only_a_look_that_was_done_counts_as_one(cloud, start, step, settle, capsys, monkeypatch):
    start()
    ends(cloud)
    step("check")
    assert "SettlingDone" not in capsys.readouterr().out  # a promotion's steps hide no reconciler that is silent
    settle()
    assert '"SettlingDone":[1.0]' in capsys.readouterr().out

    def refused(self, **_):
        raise RuntimeError("no")

    monkeypatch.setattr(turns.Turns, "forget_old", refused)
    with pytest.raises(RuntimeError):
        settle()
    output = capsys.readouterr().out
    assert '"SettlingFailed":[1.0]' in output and "SettlingDone" not in output


def test_the_record_of_a_promotion_outlives_its_parameter(cloud, settle):
    for number in range(1, 54):
        value = json.dumps({"execution": "x", "artifact_uri": OLD, "at": 0.0, "outcome": "served", "by": f"u{number}"})
        cloud.parameters.put_parameter(Name=f"/rubric/dev/promotions/{number:06d}", Value=value, Type="String")
    assert settle()["forgotten"] == 3
    assert sorted(cloud.objects) == [f"promotions/00000{number}.json" for number in (1, 2, 3)]
    assert json.loads(cloud.objects["promotions/000002.json"])["by"] == "u2"
    assert [turn.number for turn in turns_of(cloud)] == list(range(4, 54))


@pytest.mark.parametrize(
    ("status", "todo"),
    [("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"), ("UPDATE_FAILED", "repair it in CloudFormation")],
)
def test_a_stack_that_only_a_person_can_mend_rings_until_it_is_mended(cloud, settle, capsys, status, todo):
    for now in (status, "UPDATE_ROLLBACK_COMPLETE"):
        cloud.stack.status, rings = now, now == status
        assert (todo in settle()["stuck"]) == rings
        assert ('"ServingStackStuck":[1.0]' in capsys.readouterr().out) == rings


def test_it_leaves_alone_what_is_being_changed(cloud, start, settle, capsys):
    start()
    assert settle()["status"] == "a promotion runs"
    stop(cloud, ago=130)
    assert settle()["status"] == "the stack is changing"
    assert (approved(cloud), metric(capsys)) == (NEW, False)


@pytest.mark.parametrize(("outcome", "noted"), [("good", "served"), ("bad", "interrupted"), ("silent", "interrupted")])
def test_it_ends_the_turn_of_a_stopped_execution(cloud, start, settle, outcome, noted):
    start()
    stop(cloud, ago=130)
    ends(cloud, outcome)
    settle()
    assert approved(cloud) == cloud.endpoint.artifact
    assert history(cloud)[0] == ("mine", noted)


def test_a_stopped_execution_whose_rollout_never_began_says_nothing_of_its_model(cloud, start, settle, monkeypatch):
    def died(**request):
        raise ConnectionError("the function died")

    with monkeypatch.context() as patch:
        patch.setattr(cloud.stack, "update_stack", died)
        with pytest.raises(ConnectionError):
            start()
    stop(cloud, ago=130)
    settle()
    assert (approved(cloud), history(cloud)[0]) == (OLD, ("mine", "failed"))


def test_an_environment_without_a_stack(cloud, settle):
    cloud.stack.status = "ROLLBACK_COMPLETE"
    assert settle()["status"] == "no stack"


def test_old_turns_are_forgotten_and_the_last_never(cloud, start, step, settle):
    for number in range(55):
        arn = f"{MINE}-{number}"
        cloud.executions[arn] = SimpleNamespace(status="RUNNING", running=True, stopped=0.0)
        start(arn, OLD)
    assert settle()["forgotten"] == 5
    assert len(history(cloud)) == 50
    assert history(cloud)[-1] == ("mine-54", "served")


# An update's events


def event(status, *, token="", resource="", reason="", kind="AWS::X"):
    named = {"PhysicalResourceId": "p", "LogicalResourceId": resource, "ResourceType": kind} if resource else {}
    return {"PhysicalResourceId": "id", "StackId": "id", "ResourceStatus": status, "ResourceStatusReason": reason,
            **({"ClientRequestToken": token} if token else {}), **named}  # fmt: skip


class Events:
    """A CloudFormation client with two events a page."""

    def __init__(self, *events):
        self.events = events

    def describe_stack_events(self, *, StackName, NextToken="0"):
        at = int(NextToken)
        more = {"NextToken": str(at + 2)} if len(self.events) > at + 2 else {}
        return {"StackEvents": self.events[at : at + 2], **more}


def stack_of(*events):
    return Stack(Events(*events), name="Rubric-dev-Serving", resource_types=TYPES, deadline=StepDeadline(lambda: 0.0))


MINE_FAILED = [
    event("UPDATE_ROLLBACK_COMPLETE"),
    event("UPDATE_FAILED", resource="Other", reason="Resource update cancelled"),
    event("UPDATE_FAILED", resource="Endpoint", reason="the container failed its health check"),
    event("UPDATE_IN_PROGRESS", token="t"),
    event("UPDATE_FAILED", resource="Older", reason="from the update before"),
    event("UPDATE_IN_PROGRESS", token="other"),
]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Operation()),
        ([event("UPDATE_COMPLETE", token="other"), event("UPDATE_IN_PROGRESS", token="other")], Operation()),
        (MINE_FAILED, Operation(True, "UPDATE_ROLLBACK_COMPLETE", "Endpoint: the container failed its health check")),
        (
            [event("UPDATE_COMPLETE"), event("UPDATE_IN_PROGRESS", token="later"), *MINE_FAILED],
            Operation(True, "UPDATE_ROLLBACK_COMPLETE", "Endpoint: the container failed its health check"),
        ),
        ([event("UPDATE_COMPLETE", token="t"), event("UPDATE_IN_PROGRESS", token="t")],
         Operation(True, "UPDATE_COMPLETE")),
    ],
)  # fmt: skip
def test_what_became_of_an_update_is_told_by_its_own_events(events, expected):
    assert stack_of(*events).operation(token="t", since=0.0) == expected


WAY_OUT = "aws cloudformation continue-update-rollback --stack-name Rubric-dev-Serving"


def test_a_stack_that_failed_to_roll_back_is_told_with_the_command_that_helps():
    events = [
        event("UPDATE_ROLLBACK_FAILED"),
        event("UPDATE_FAILED", resource="TheEndpoint", kind="AWS::SageMaker::Endpoint"),
        event("UPDATE_ROLLBACK_IN_PROGRESS"),
        event("CREATE_FAILED", resource="Check", kind="Custom::RolloutCheck"),
    ]
    message = stack_of(*events).how_to_repair()
    assert f"`{WAY_OUT} --resources-to-skip TheEndpoint`" in message


def test_only_an_endpoint_is_safely_skipped():
    message = stuck.how_to_continue("Rubric-dev-Serving", {"Alarm": "AWS::CloudWatch::Alarm"})
    assert f"repair Alarm, run `{WAY_OUT}`" in message
