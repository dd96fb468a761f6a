import json

import pytest
from typer.testing import CliRunner

from local import server
from local.app import app
from local.deployment import state
from local.workspace import Workspace

KEYS = {"api_url", "api_key", "console_url", "aws_endpoint_url", "model_version", "running"}


@pytest.fixture
def here(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("RUBRIC_LOCAL_DIR", str(workspace.folder))
    monkeypatch.setenv("RUBRIC_LOCAL_PORT", str(workspace.port))
    return workspace


def test_nothing_running_is_one_object_of_nulls(here: Workspace) -> None:
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 0
    status = json.loads(result.stdout)
    assert set(status) >= KEYS
    assert status["running"] is False
    assert all(status[key] is None for key in KEYS - {"running"})


def test_it_finds_everything_through_outputs_and_the_parameter(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.write_json(here.demo_file, {"api_key": "rk_x"}, mode=0o600)
    url = "http://127.0.0.1:4566/_aws/execute-api/abc/$default"
    outputs = [{"OutputKey": "ApiUrl", "OutputValue": url}, {"OutputKey": "ConsoleUrl", "OutputValue": url + "/"}]
    stack = {"StackName": "Rubric-local-Api", "StackStatus": "CREATE_COMPLETE", "Outputs": outputs}
    assert here.port
    running = server.Server(pid=1, port=here.port, started=0, answers=True)
    monkeypatch.setattr(server, "find", lambda _: running)
    monkeypatch.setattr(state, "stacks_of", lambda _: [stack])
    monkeypatch.setattr(state, "client", lambda _, service: FakeClient())
    status = json.loads(CliRunner().invoke(app, ["status"]).stdout)
    assert status == {
        "running": True,
        "environment": "local",
        "aws_endpoint_url": f"http://127.0.0.1:{here.port}",
        "api_url": f"http://127.0.0.1:{here.port}/_aws/execute-api/abc/$default",
        "api_key": "rk_x",
        "console_url": f"http://127.0.0.1:{here.port}/_aws/execute-api/abc/$default/",
        "model_version": "rubric-local-20261120-213501-3fa9",
        "endpoint_status": "InService",
        "stacks": {"Rubric-local-Api": "CREATE_COMPLETE"},
    }


def test_one_that_does_not_answer_yet_is_not_running(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    starting = server.Server(pid=1, port=1, started=0, answers=False)
    monkeypatch.setattr(server, "find", lambda _: starting)
    assert json.loads(CliRunner().invoke(app, ["status"]).stdout)["running"] is False


def test_the_key_file_is_the_users_alone(here: Workspace) -> None:
    here.write_json(here.demo_file, {"api_key": "rk_x"}, mode=0o600)
    assert here.demo_file.stat().st_mode & 0o777 == 0o600


def test_a_url_elsewhere_stays_as_it_is() -> None:
    assert state.at_endpoint("https://api.example.com/x", "http://127.0.0.1:1") == "https://api.example.com/x"
    assert state.at_endpoint(None, "http://127.0.0.1:1") is None


class FakeClient:
    """SSM with an approved model, SageMaker with two endpoints."""

    def get_parameter(self, **arguments: str) -> object:
        assert arguments["Name"] == "/rubric/local/approved-model"
        value = "s3://artifacts/models/rubric-local-20261120-213501-3fa9/output/model.tar.gz"
        return {"Parameter": {"Value": value}}

    def list_endpoints(self, **arguments: str) -> object:
        part = arguments["NameContains"]
        return {
            "Endpoints": [
                {"EndpointName": f"{part}-serverless", "EndpointStatus": "Failed"},
                {"EndpointName": part, "EndpointStatus": "InService"},
            ]
        }
