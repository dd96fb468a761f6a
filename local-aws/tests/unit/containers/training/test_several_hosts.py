"""Tests a training job on several hosts, and on spot capacity that is taken back."""

import io
import json
import tarfile

import pytest

from local_aws.containers import ContainerFailure, ContainerStopped
from unit.containers.conftest import BUCKET, channel, get, keys

THREE = {"InstanceType": "ml.c7i.2xlarge", "InstanceCount": 3, "VolumeSizeInGB": 30}
TWO = THREE | {"InstanceCount": 2}

MEETS = """
    import json, os, pathlib, socket, sys
    hosts, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
    port, base = int(os.environ["MASTER_PORT"]), pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
    resources = json.loads((base / "input/config/resourceconfig.json").read_text())
    assert (resources["hosts"], resources["current_host"]) == (hosts, me)
    files = sorted(path.name for path in (base / "input/data/sharded").iterdir())
    if me == sorted(hosts)[0]:
        with socket.create_server((me, port)) as server:
            known = []
            for _ in hosts[1:]:
                connection, address = server.accept()
                known += [json.loads(connection.makefile().readline())]
        known.append({"host": me, "files": files, "base": str(base)})
        (base / "output/data/seen.json").write_text(json.dumps([hosts, os.environ["SM_NETWORK_INTERFACE_NAME"], known]))
        (base / "model/name.txt").write_text("the first host's")
    else:
        with socket.socket() as connection:
            connection.bind((me, 0))
            while connection.connect_ex((hosts[0], port)):
                pass
            connection.sendall((json.dumps({"host": me, "files": files, "base": str(base)}) + "\\n").encode())
    print("I am", me, flush=True)
"""


def unpacked(s3, name):
    with tarfile.open(fileobj=io.BytesIO(get(s3, f"models/job-test-1/output/{name}"))) as tar:
        return {member.name: tar.extractfile(member.name).read() for member in tar if member.isfile()}  # type: ignore[union-attr]


def test_each_host_runs_the_script_in_folders_of_its_own_and_reaches_the_first(job, s3):
    for number in range(4):
        s3.put_object(Bucket=BUCKET, Key=f"data/{number}.csv", Body=b"x")
    sharded = channel("sharded", f"s3://{BUCKET}/data/")
    sharded["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    one = job(MEETS, ResourceConfig=THREE, InputDataConfig=[sharded], StoppingCondition={"MaxRuntimeInSeconds": 60})
    assert one.container.run().exit_code == 0
    hosts, interface, shown = json.loads(unpacked(s3, "output.tar.gz")["seen.json"])
    assert hosts == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert interface.startswith("lo")
    result = {seen["host"]: seen["files"] for seen in shown}
    assert result == {"127.0.0.1": ["0.csv", "3.csv"], "127.0.0.2": ["1.csv"], "127.0.0.3": ["2.csv"]}
    assert len({seen["base"] for seen in shown}) == 3
    assert unpacked(s3, "model.tar.gz") == {"name.txt": b"the first host's"}
    message = sorted(zip(one.hosts, one.lines, strict=True))
    assert message == [(f"algo-{number}", f"I am 127.0.0.{number}") for number in (1, 2, 3)]


def test_one_host_that_fails_takes_the_others_down_and_its_reason_counts(job, s3):
    """The others would run for ten minutes; the fixture `work` asserts that none is left."""
    one = job(
        """
        import json, os, pathlib, sys, time
        if os.environ["SM_CURRENT_HOST"] == json.loads(os.environ["SM_HOSTS"])[1]:
            pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("no data here")
            sys.exit(3)
        time.sleep(600)
        """,
        ResourceConfig=THREE,
    )
    with pytest.raises(ContainerFailure) as failure:
        one.container.run()
    assert failure.value.reason == "AlgorithmError: no data here, exit code: 3"
    assert "models/job-test-1/output/model.tar.gz" not in keys(s3)


def test_all_hosts_have_to_end_before_the_job_is_done(job, s3):
    one = job(
        """
        import json, os, pathlib, time
        base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
        if os.environ["SM_CURRENT_HOST"] != json.loads(os.environ["SM_HOSTS"])[0]:
            time.sleep(0.5)
            raise SystemExit("too late")
        (base / "model/weights").write_text("x")
        """,
        ResourceConfig=TWO,
    )
    with pytest.raises(ContainerFailure, match="too late"):
        one.container.run()


def test_what_every_host_leaves_is_packed_and_the_first_has_a_name_that_several_use(job, s3):
    """As on SageMaker, a script that writes its model on each host would find them mixed."""
    job(
        """
        import os, pathlib
        model, me = pathlib.Path(os.environ["SM_MODEL_DIR"]), os.environ["SM_CURRENT_HOST"]
        (model / "same").write_text(me)
        (model / me).write_text(me)
        """,
        ResourceConfig=TWO,
    ).container.run()
    assert unpacked(s3, "model.tar.gz") == {
        "same": b"127.0.0.1",
        "127.0.0.1": b"127.0.0.1",
        "127.0.0.2": b"127.0.0.2",
    }


def test_a_stop_reaches_every_host_and_each_may_finish(job, s3):
    one = job(
        """
        import os, pathlib, signal, sys, time
        model, me = pathlib.Path(os.environ["SM_MODEL_DIR"]), os.environ["SM_CURRENT_HOST"]
        def end(*_):
            if me == "127.0.0.1":
                time.sleep(0.5)
                (model / "half").write_text("half")
            sys.exit(1)
        signal.signal(signal.SIGTERM, end)
        print("ready", flush=True)
        time.sleep(600)
        """,
        ResourceConfig=TWO,
    )
    one.on_line = lambda line: one.container.stop() if one.lines.count("ready") == 2 else None
    with pytest.raises(ContainerStopped):
        one.container.run()
    assert unpacked(s3, "model.tar.gz") == {"half": b"half"}


def test_checkpoints_reach_every_host_and_the_first_ones_are_kept(job, s3):
    s3.put_object(Bucket=BUCKET, Key="checkpoints/job-test-1/state", Body=b"1")
    job(
        """
        import os, pathlib
        folder = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints")
        assert (folder / "state").read_text() == "1"
        (folder / os.environ["SM_CURRENT_HOST"]).write_text("new")
        """,
        ResourceConfig=TWO,
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/job-test-1"},
    ).container.run()
    result = {key.removeprefix("checkpoints/job-test-1/") for key in keys(s3) if key.startswith("checkpoints/")}
    assert result == {"state", "127.0.0.1"}


COUNTS_TO_THREE = """
    import os, pathlib, time
    base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
    state, scratch = base / "checkpoints/state", base / "scratch"
    assert not scratch.exists(), "an instance's disk is new after an interruption"
    scratch.write_text("x")
    step = int(state.read_text()) if state.exists() else 0
    while step < 3:
        step += 1
        state.write_text(str(step))
        print("step", step, flush=True)
        time.sleep(600 if step == 2 else 0)
    (base / "model/steps").write_text(str(step))
"""
SPOT = {
    "EnableManagedSpotTraining": True,
    "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/job-test-1"},
}


@pytest.mark.parametrize("by", ["call", "file"])
def test_an_interrupted_job_goes_on_from_its_checkpoint(job, s3, work, by):
    one = job(COUNTS_TO_THREE, **SPOT)

    def interrupt(line):
        if line == "step 2":
            one.container.interrupt() if by == "call" else (work / "job-test-1" / "interrupt").touch()

    one.on_line = interrupt
    result = one.container.run()
    assert one.lines == ["step 1", "step 2", "step 3"]
    assert one.statuses == [
        "Downloading",
        "Training",
        "Interrupted",
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
    ]
    assert unpacked(s3, "model.tar.gz") == {"steps": b"3"}
    assert result.training_seconds > 0


def test_a_job_that_is_not_on_spare_capacity_is_not_interrupted(job, s3):
    one = job(
        """
        import time
        print("ready", flush=True)
        time.sleep(0.8)
        """
    )
    one.on_line = lambda line: one.container.interrupt()
    one.container.run()
    assert one.statuses == ["Downloading", "Training", "Uploading"]


def test_the_time_before_an_interruption_counts(job):
    """Two attempts of a second each exceed the job's limit, although neither does alone."""
    one = job(
        "import time; print('ready', flush=True); time.sleep(600)",
        StoppingCondition={"MaxRuntimeInSeconds": 2, "MaxWaitTimeInSeconds": 4},
        EnableManagedSpotTraining=True,
    )
    one.on_line = lambda line: one.container.interrupt() if len(one.lines) == 1 else None
    with pytest.raises(ContainerStopped) as stopped:
        one.container.run()
    assert stopped.value.reason == "MaxRuntimeExceeded"
    assert one.statuses.count("Training") == 2
