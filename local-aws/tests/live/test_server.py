"""Tests the local AWS's process: start, stop, state and error messages."""

import json
import socket
import subprocess
import time
from pathlib import Path

from local_aws.containers.processes.ports import free_port
from local_aws_testing.server import Server, aws_python, environment, log_lines, make_function, start, wait_for

SLEEPER = "import time\ndef handler(event, context):\n    print('up', flush=True)\n    time.sleep(25)\n"


def refused(folder: Path, port: int, **changes: str) -> tuple[int, str]:
    """(exit status, standard error without MiniStack's own log lines) of a server that must not start."""
    done = subprocess.run(
        [aws_python(), "-m", "local_aws", "serve"],
        env={**environment(folder, port), **changes},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def test_state_survives_a_restart_and_stays_in_its_folder(tmp_path: Path) -> None:
    folder, port = tmp_path / "state", free_port()
    first = start(folder, port)
    try:
        first.client("s3").create_bucket(Bucket="kept")
        first.client("s3").put_object(Bucket="kept", Key="k", Body=b"bytes")
        make_function(first, "kept", "def handler(event, context):\n    return 'still here'\n")
        first.client("lambda").invoke(FunctionName="kept")
        outside = [f"/tmp/ministack-{port}.pid", f"/tmp/ministack-lambda-extract-{port}", "/tmp/ministack-state"]
        assert [name for name in outside if Path(name).exists()] == []
    finally:
        assert first.stop() == 0
    left = ["access-key-id", "s3", "server.lock", "server.log", "state"]
    assert sorted(each.name for each in folder.iterdir()) == left
    second = start(folder, port)
    try:
        assert second.client("s3").get_object(Bucket="kept", Key="k")["Body"].read() == b"bytes"
        assert second.client("lambda").invoke(FunctionName="kept")["Payload"].read() == b'"still here"'
    finally:
        second.stop()


def test_after_a_kill_the_next_start_begins_with_nothing(tmp_path: Path) -> None:
    first = start(tmp_path)
    first.client("s3").create_bucket(Bucket="half")
    first.client("ssm").put_parameter(Name="/half", Value="x", Type="String")
    first.process.kill()
    first.process.wait(timeout=10)
    second = start(tmp_path)
    try:
        assert second.client("s3").list_buckets()["Buckets"] == []
        assert second.client("ssm").describe_parameters()["Parameters"] == []
        second.client("s3").create_bucket(Bucket="half")
    finally:
        second.stop()
    log = (tmp_path / "server.log").read_text()
    assert log.count("the last server was killed before it could save its state") == 1
    third = start(tmp_path)
    try:
        assert [bucket["Name"] for bucket in third.client("s3").list_buckets()["Buckets"]] == ["half"]
    finally:
        third.stop()


def test_sigterm_ends_lambda_processes_that_are_working(tmp_path: Path) -> None:
    server = start(tmp_path)
    try:
        make_function(server, "sleeper", SLEEPER, Timeout=60)
        server.client("lambda").invoke(FunctionName="sleeper", InvocationType="Event")
        deadline = time.monotonic() + 30
        while not (children := _children(server.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert children
    finally:
        stopped = server.stop()
    assert stopped == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def test_sigterm_ends_a_stack_that_waits_for_its_custom_resource(tmp_path: Path) -> None:
    server = start(tmp_path)
    try:
        provider = make_function(server, "silent", "def handler(event, context):\n    pass\n")
        resource = {"Type": "Custom::Waits", "Properties": {"ServiceToken": provider}}
        body = json.dumps({"Resources": {"X": resource}})
        server.client("cloudformation").create_stack(StackName="waits", TemplateBody=body)
        wait_for(lambda: _invoked(server), what="the custom resource's invocation")
    finally:
        stopped = server.stop()
    assert stopped == 0
    assert not (tmp_path / "tmp").exists()
    assert not (tmp_path / "unsaved").exists()


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, error = refused(tmp_path, port)
    assert status == 1
    assert error.strip() == (
        f"local-aws: Port {port} on 127.0.0.1 cannot be used (Address already in use): "
        "set LOCAL_AWS_PORT to a free one."
    )


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    status, error = refused(file / "state", free_port())
    assert status == 1
    assert error.strip() == f"local-aws: Cannot create {file}/state for the local AWS's state: Not a directory."


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    server = start(tmp_path)
    try:
        status, error = refused(tmp_path, free_port())
    finally:
        server.stop()
    assert status == 1
    assert (
        error.strip() == f"local-aws: Another local AWS is already running with its state in {tmp_path}: stop it first."
    )


def test_settings_that_make_no_sense_are_one_line(tmp_path: Path) -> None:
    assert "LOCAL_AWS_PORT is 'http'" in refused(tmp_path, 1, LOCAL_AWS_PORT="http")[1]
    assert "LOCAL_AWS_PORT is '65536'" in refused(tmp_path, 1, LOCAL_AWS_PORT="65536")[1]


def test_a_real_account_is_out_of_reach(tmp_path: Path) -> None:
    source = "import os\ndef handler(event, context):\n    return sorted(k for k in os.environ if k in event)\n"
    server = start(tmp_path)
    try:
        make_function(server, "env", source)
        payload = b'["AWS_PROFILE", "PYTHONPATH", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE"]'
        seen = server.client("lambda").invoke(FunctionName="env", Payload=payload)["Payload"].read()
    finally:
        server.stop()
    assert seen == b'["AWS_CONFIG_FILE", "AWS_ENDPOINT_URL"]'


def _invoked(server: Server) -> bool:
    groups = server.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/silent")["logGroups"]
    return bool(groups and log_lines(server, "/aws/lambda/silent"))


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted({int(child) for file in listed for child in file.read_text().split()})
