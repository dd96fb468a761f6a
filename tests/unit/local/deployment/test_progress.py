import itertools
import json
from pathlib import Path

import pytest

from contracts.models.progress import Progress
from local.deployment.progress import ENDPOINT, SYNTH, TRAINING, DeployProgress, stacks_in_order
from local.screen.board import Board, State

EVENT = "Rubric-local-{} | {} | 9:59:41 PM | {} | {} | {}"


class OneLine:
    """A tail that has one thing to say."""

    def poll(self) -> list[Progress]:
        return [Progress(stage="train", done=3, total=10, text="loss=0.5")]


def progress_on(tmp_path: Path, tail: object = None) -> tuple[Board, DeployProgress]:
    board = Board()
    board.begin(SYNTH, "synth")
    return board, DeployProgress(board, prefix="Rubric-local-", cdk_output=tmp_path, tail=tail)  # type: ignore[arg-type]


def test_a_stack_goes_from_begun_to_done_with_its_resources_counted(tmp_path: Path) -> None:
    board, progress = progress_on(tmp_path)
    progress.line("Rubric-local-Data: deploying... [1/5]")
    assert board.stages[SYNTH].state is State.DONE
    progress.line(EVENT.format("Data", "2/4", "CREATE_COMPLETE", "AWS::S3::Bucket", "Bucket/Resource (B1)"))
    stage = board.stages["Rubric-local-Data"]
    assert (stage.title, stage.state, stage.done, stage.total) == ("stack Data", State.RUNNING, 2, 4)
    assert stage.detail == "Bucket create complete"
    progress.line("✅  Rubric-local-Data")
    assert stage.state is State.DONE


def test_the_reason_is_the_first_real_failure(tmp_path: Path) -> None:
    board, progress = progress_on(tmp_path)
    for row in (
        ("1/6", "CREATE_FAILED", "AWS::SQS::Queue", "Q (Q1) Resource creation cancelled"),
        ("1/6", "CREATE_FAILED", "Custom::FirstModel", "First/Default (First) the gate said no"),
        ("1/6", "CREATE_FAILED", "AWS::CloudFormation::Stack", "Rubric-local-Training failed"),
    ):
        progress.line(EVENT.format("Training", *row))
    progress.line("❌  Rubric-local-Training failed to deploy")
    assert progress.reason() == "Rubric-local-Training: First (Custom::FirstModel) CREATE_FAILED: the gate said no"
    assert board.stages["Rubric-local-Training"].state is State.FAILED


def test_a_failed_synth_gives_the_apps_own_line(tmp_path: Path) -> None:
    _, progress = progress_on(tmp_path)
    for line in (
        "Unknown option(s): --. These will be ignored. Run 'cdk --help' to see available options.",
        "error: environments/local.yaml: serving.mode: 'turbo' is not allowed",
        "/x/python app.py: Subprocess exited with error 1",
    ):
        progress.line(line)
    assert progress.reason() == "environments/local.yaml: serving.mode: 'turbo' is not allowed"


def test_a_refused_template_gives_cloudformations_line(tmp_path: Path) -> None:
    _, progress = progress_on(tmp_path)
    for line in (
        "Rubric-local-Api: success: Published Rubric-local-Api Template (000000000000-us-east-1-822d13a6)",
        "Rubric-local-Api: creating CloudFormation changeset...",
        "Template format error: Unrecognized resource types: [AWS::Nope::Thing]",
    ):
        progress.line(line)
    assert progress.reason() == "Template format error: Unrecognized resource types: [AWS::Nope::Thing]"


def test_a_destroy_shows_that_it_waits_for_network_interfaces(tmp_path: Path) -> None:
    board, progress = progress_on(tmp_path)
    progress.line(
        "Rubric-local-Api | 3 | 1:02:03 PM | DELETE_IN_PROGRESS | AWS::Lambda::Function | Classify/Function (C1) "
        "CloudFormation is waiting for NetworkInterfaces associated with the Lambda Function to be cleaned up."
    )
    shown = board.stages["Rubric-local-Api"].detail
    assert shown == "waiting until Lambda removes the network interfaces of Classify/Function"
    progress.line(
        "Rubric-local-Network | 0 | 1:02:03 PM | DELETE_IN_PROGRESS | Custom::Cleanup | Cleanup/Resource/Default (C2) "
    )
    shown = board.stages["Rubric-local-Network"].detail
    assert shown == "waiting until SageMaker has removed its network interfaces"


def test_a_training_job_shows_beside_the_stack_that_waits_for_it(tmp_path: Path) -> None:
    board, progress = progress_on(tmp_path, OneLine())
    assert not progress.trained
    progress.tick()
    stage = board.stages[TRAINING]
    assert (stage.done, stage.total, stage.detail) == (3, 10, "train loss=0.5")
    assert progress.trained


@pytest.mark.parametrize(("last", "state"), [("InService", State.DONE), ("Failed", State.FAILED)])
def test_the_endpoint_is_a_stage_of_its_own_while_it_changes(tmp_path: Path, last: str, state: State) -> None:
    statuses: list[str | None] = [None, "InService", "Updating", last]
    board = Board()
    progress = DeployProgress(
        board,
        prefix="",
        cdk_output=tmp_path,
        endpoint_status=lambda: statuses.pop(0),
        clock=itertools.count(9).__next__,
    )
    progress.tick()
    progress.tick()
    assert ENDPOINT not in board.stages
    progress.tick()
    assert board.stages[ENDPOINT].state is State.RUNNING
    progress.tick()
    assert board.stages[ENDPOINT].state is state


def test_stacks_wait_in_the_order_of_their_dependencies(tmp_path: Path) -> None:
    def stack(*dependencies: str) -> dict[str, object]:
        return {"type": "aws:cloudformation:stack", "dependencies": list(dependencies), "properties": {}}

    artifacts = {"Api": stack("Data", "Api.assets"), "Data": stack(), "Api.assets": {"type": "cdk:asset-manifest"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    assert stacks_in_order(tmp_path) == ["Data", "Api"]
    board, progress = progress_on(tmp_path)
    progress.line("✨  Synthesis time: 11.5s")
    assert [key for key in board.stages if board.stages[key].state is State.WAITING] == ["Data", "Api"]
