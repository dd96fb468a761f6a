"""Tests an environment's clients, and the one-line error when they cannot be made."""

from botocore.exceptions import EndpointConnectionError

from ops.deployment.cloud import Cloud
from ops.errors import UNREACHABLE
from tests.unit.ops.conftest import ROOT, run


def test_the_local_environment_never_reaches_a_real_account(aws, capsys):
    assert run("--env", "local", "status") == UNREACHABLE
    assert "local-env" in capsys.readouterr().err


def test_the_environments_region_is_used(aws):
    assert Cloud("dev", root=ROOT).client("s3").meta.region_name == Cloud("dev", root=ROOT).settings.region


def test_an_unknown_environment_is_one_line(aws, capsys):
    assert run("--env", "nope", "status") == 1
    output = capsys.readouterr().err
    assert "'nope' does not exist" in output and output.count("\n") == 1


def test_an_address_that_does_not_answer_is_one_line(aws, capsys, monkeypatch):
    monkeypatch.setattr(
        Cloud,
        "stacks",
        property(lambda self: (_ for _ in ()).throw(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))),
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert run("--env", "local", "status") == UNREACHABLE
    output = capsys.readouterr().err
    assert output == "rubric: http://127.0.0.1:9 does not answer: is it running? See `make local-status`\n"
