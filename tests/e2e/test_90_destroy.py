"""`make local-destroy` leaves no resource, and `make local-down` no process."""

import json

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.processes import processes_of


def test_a_destroy_while_a_model_is_trained_ends_it_and_leaves_nothing_behind(deployed: Cloud) -> None:
    machine = deployed.outputs("Training")["PipelineArn"]
    deployed.client("stepfunctions").start_execution(stateMachineArn=machine)
    sagemaker = deployed.client("sagemaker")
    wait_for("a training job", lambda: sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"])
    deployed.local("destroy", timeout=180)
    left = deployed.local("leftovers", "--json", check=False)
    assert left.returncode == 0, left.stdout
    assert json.loads(left.stdout)["left"] == 0, left.stdout
    status = deployed.status()
    assert status["api_url"] is None and status["model_version"] is None


def test_down_leaves_no_process_and_no_state(deployed: Cloud) -> None:
    deployed.local("down")
    assert not (deployed.folder / "state").exists()
    wait_for("the end of every process", lambda: not processes_of(deployed.folder / "state"), timeout=30)
    assert deployed.status()["running"] is False
