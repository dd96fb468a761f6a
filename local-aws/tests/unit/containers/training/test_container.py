"""Tests a training job's container with scripts that run as real processes."""

import io
import json
import socket
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from local_aws.containers import ContainerFailure, ContainerStopped
from local_aws.containers.processes import isolation
from unit.containers.conftest import BUCKET, TRAINING_IMAGE, channel, get, keys, tar_gz

WRITES_A_MODEL = """
    import os, pathlib
    model = pathlib.Path(os.environ["SM_MODEL_DIR"])
    (model / "code").mkdir()
    (model / "model.onnx").write_bytes(b"weights")
    (model / "code" / "serve.py").write_text("pass")
    (model / "labels.json").write_text("[]")
"""
TELLS_WHAT_IT_SEES = """
    import json, os, pathlib, sys
    from package.helper import WORD
    base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
    seen = {
        "arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd(), "word": WORD,
        "files": sorted(str(path.relative_to(base)) for path in base.rglob("*") if path.is_file()),
        "config": {path.stem: json.loads(path.read_text()) for path in (base / "input/config").iterdir()},
    }
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "seen.json").write_text(json.dumps(seen))
"""


def members(packed: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return tar.getnames()


def seen(s3: Any) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(get(s3, "models/job-test-1/output/output.tar.gz"))) as tar:
        result: dict[str, Any] = json.load(tar.extractfile("seen.json"))  # type: ignore[arg-type]
        return result


def test_a_finished_job_leaves_its_model_in_s3_and_nothing_here(job, s3, work):
    one = job(WRITES_A_MODEL)
    result = one.container.run()
    assert result.artifact_uri == f"s3://{BUCKET}/models/job-test-1/output/model.tar.gz"
    assert (result.exit_code, result.training_seconds > 0) == (0, True)
    packed = get(s3, "models/job-test-1/output/model.tar.gz")
    assert members(packed) == ["code", "code/serve.py", "labels.json", "model.onnx"]
    assert one.statuses == ["Downloading", "Training", "Uploading"]
    assert "models/job-test-1/output/output.tar.gz" not in keys(s3)
    assert list(work.iterdir()) == []


def test_the_same_model_gives_the_same_archive(job, s3):
    archives = []
    for _ in range(2):
        job(WRITES_A_MODEL).container.run()
        archives.append(get(s3, "models/job-test-1/output/model.tar.gz"))
    assert archives[0] == archives[1]


def test_the_script_gets_its_hyperparameters_as_the_toolkit_gives_them(job, s3):
    value = {"epochs": "3", "base_model": '"compact"', "rate": "0.001", "plain": "text", "n": "7", "fast": "true"}
    job(TELLS_WHAT_IT_SEES, hyperparameters=value).container.run()
    result = seen(s3)
    arguments = result["arguments"]
    assert dict(zip(arguments[::2], arguments[1::2], strict=True)) == {
        "--epochs": "3",
        "--base_model": "compact",
        "--rate": "0.001",
        "--plain": "text",
        "-n": "7",
        "--fast": "True",
    }
    environment = result["environment"]
    assert json.loads(environment["SM_HPS"]) == {
        "epochs": 3,
        "base_model": "compact",
        "rate": 0.001,
        "plain": "text",
        "n": 7,
        "fast": True,
    }
    assert (environment["SM_HP_EPOCHS"], environment["SM_HP_BASE_MODEL"]) == ("3", "compact")
    assert result["config"]["hyperparameters"]["base_model"] == '"compact"'
    assert result["word"] == "imported"


def test_a_shell_reads_the_arguments_as_with_the_older_toolkit(job, s3):
    value = {
        "a_column": "Class Index",
        "b_quoted": '"\\"one word\\""',
        "c_empty": "",
        "d_none": "null",
        "e_home": "$MINE",
    }
    job(TELLS_WHAT_IT_SEES, hyperparameters=value, Environment={"MINE": "mine"}).container.run()
    assert seen(s3)["arguments"] == [
        *("--a_column", "Class", "Index"),
        *("--b_quoted", "one word"),
        *("--c_empty", "--d_none", "--e_home", "mine"),
    ]


def test_what_a_shell_cannot_read_fails_the_job_with_its_words(job):
    with pytest.raises(ContainerFailure, match=r"[Uu]nterminated quoted string|unexpected EOF"):
        job(TELLS_WHAT_IT_SEES, hyperparameters={"column": "it's"}).container.run()


def test_the_script_finds_folders_channels_and_names_where_they_are_documented(job, s3):
    s3.put_object(Bucket=BUCKET, Key="data/train/a.csv", Body=b"a")
    s3.put_object(Bucket=BUCKET, Key="data/train/more/b.csv", Body=b"b")
    s3.put_object(Bucket=BUCKET, Key="data/train/", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="data/training-notes.txt", Body=b"c")
    inputs = [
        channel("folder", f"s3://{BUCKET}/data/train/"),
        channel("unended", f"s3://{BUCKET}/data/train"),
        channel("file", f"https://s3.us-east-1.amazonaws.com/{BUCKET}/data/train/a.csv"),
    ]
    job(TELLS_WHAT_IT_SEES, InputDataConfig=inputs, Environment={"MINE": "1"}).container.run()
    result = seen(s3)
    environment, base = result["environment"], result["environment"]["SAGEMAKER_BASE_DIR"]
    assert [name for name in result["files"] if name.startswith("input/data")] == [
        "input/data/file/a.csv",
        "input/data/folder/a.csv",
        "input/data/folder/more/b.csv",
        "input/data/unended/a.csv",
        "input/data/unended/more/b.csv",
        "input/data/unended/training-notes.txt",
    ]
    assert json.loads(environment["SM_CHANNELS"]) == ["file", "folder", "unended"]
    for variable, place in {
        "SM_CHANNEL_FOLDER": "input/data/folder",
        "SM_MODEL_DIR": "model",
        "SM_OUTPUT_DIR": "output",
        "SM_OUTPUT_DATA_DIR": "output/data",
        "SM_INPUT_DIR": "input",
        "PYTHONPATH": "code",
    }.items():
        assert environment[variable] == f"{base}/{place}"
    assert result["folder"] == f"{base}/code"
    assert environment["TRAINING_JOB_ARN"] == "arn:aws:sagemaker:us-east-1:123456789012:training-job/job-test-1"
    assert (environment["MINE"], environment["SM_CURRENT_HOST"], environment["SM_HOSTS"]) == (
        "1",
        "algo-1",
        '["algo-1"]',
    )
    assert int(environment["SM_NUM_CPUS"]) >= 1
    assert json.loads(environment["SM_TRAINING_ENV"])["job_name"] == "job-test-1"
    assert result["config"]["inputdataconfig"]["folder"]["TrainingInputMode"] == "File"
    assert result["config"]["resourceconfig"]["current_host"] == "algo-1"


def test_the_script_does_not_see_the_users_environment(job, s3, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "x")
    job(TELLS_WHAT_IT_SEES).container.run()
    environment = seen(s3)["environment"]
    assert "SECRET_OF_THE_USER" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == "folders-own"
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_lines_are_logged_while_the_script_runs(job):
    """The script waits for a file that is created only after its first line has been logged."""
    one = job(
        """
        import os, pathlib, sys, time
        print("progress: train 1/2", flush=True)
        while not pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "go").exists():
            time.sleep(0.01)
        print("half\\rdone \\xe9", file=sys.stderr)
        print()
        """,
        StoppingCondition={"MaxRuntimeInSeconds": 30},
    )
    base = one.container._layouts[0].base
    one.on_line = lambda line: (base / "go").touch() if line == "progress: train 1/2" else None
    one.container.run()
    assert one.lines == ["progress: train 1/2", "half", "done \xe9"]


def test_a_log_that_fails_does_not_stop_the_job(job, caplog):
    one = job("print('x' * 200_000)\nprint('y')")
    one.on_line = lambda line: 1 / 0
    assert one.container.run().exit_code == 0
    assert "cannot be logged" in caplog.text


def test_the_failure_file_is_the_reason(job, s3):
    one = job(
        """
        import os, pathlib, sys
        pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "evaluation.json").write_text("{}")
        pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("headlines.csv, line 7: no label\\n")
        print("something else", file=sys.stderr)
        sys.exit(1)
        """
    )
    with pytest.raises(ContainerFailure) as failure:
        one.container.run()
    assert failure.value.reason == "AlgorithmError: headlines.csv, line 7: no label, exit code: 1"
    assert keys(s3) == {"source/sourcedir.tar.gz", "models/job-test-1/output/output.tar.gz"}


def test_without_a_failure_file_the_last_line_of_standard_error_is_the_reason(job, work):
    with pytest.raises(ContainerFailure) as failure:
        job("import sys\nprint('out')\nraise SystemExit('a reason\\n' + 'long ' * 400)").container.run()
    reason = failure.value.reason
    assert reason.startswith("AlgorithmError: long long")
    assert reason.endswith(", exit code: 1")
    assert len(reason) == 1024
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(("script", "code"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_the_exit_code_is_a_containers(job, script, code):
    with pytest.raises(ContainerFailure) as failure:
        job(script).container.run()
    assert failure.value.exit_code == code
    assert failure.value.reason.endswith(f"exit code: {code}")


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/nothing/here", "s3://no-such-bucket-there/x"])
def test_a_channel_without_data(job, uri):
    one = job(WRITES_A_MODEL, InputDataConfig=[channel("dataset", uri)])
    with pytest.raises(ContainerFailure) as failure:
        one.container.run()
    start = f'ClientError: Data download failed:No S3 objects found under S3 URL "{uri}" given in input data source.'
    assert failure.value.reason.startswith(start)
    assert one.statuses == ["Downloading"]


def test_a_key_cannot_lead_out_of_its_channel(job, s3, work):
    s3.put_object(Bucket=BUCKET, Key="data/../../../../escaped", Body=b"x")
    with pytest.raises(ContainerFailure, match="leads out of the folder"):
        job(WRITES_A_MODEL, InputDataConfig=[channel("dataset", f"s3://{BUCKET}/data/")]).container.run()
    assert not list(work.parent.rglob("escaped"))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (None, "cannot be fetched"),
        (b"not a tar", "cannot be fetched"),
        (tar_gz({"other.py": ""}), "There is no package/train.py"),
        (tar_gz({"../escaped.py": "", "package/train.py": ""}), "cannot be fetched"),
    ],
)
def test_a_source_folder_that_cannot_be_run(job, s3, source, sentence, work):
    one = job("")
    s3.delete_object(Bucket=BUCKET, Key="source/sourcedir.tar.gz")
    if source is not None:
        s3.put_object(Bucket=BUCKET, Key="source/sourcedir.tar.gz", Body=source)
    with pytest.raises(ContainerFailure, match=sentence):
        one.container.run()
    assert not list(work.parent.rglob("escaped.py"))


def test_an_archive_cannot_lead_out_of_its_folder_on_a_python_without_filters(job, s3, work, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    one = job("")
    s3.put_object(
        Bucket=BUCKET, Key="source/sourcedir.tar.gz", Body=tar_gz({"../escaped.py": "", "package/train.py": ""})
    )
    with pytest.raises(ContainerFailure, match="leads out of the archive"):
        one.container.run()
    assert not list(work.parent.rglob("escaped.py"))


def test_checkpoints_come_back_and_go_out(job, s3):
    s3.put_object(Bucket=BUCKET, Key="checkpoints/job-test-1/epoch-1/state", Body=b"one")
    s3.put_object(Bucket=BUCKET, Key="checkpoints/job-test-10/state", Body=b"another job's")
    script = """
        import os, pathlib
        folder = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints")
        assert [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()] == ["epoch-1/state"]
        (folder / "epoch-2").mkdir()
        (folder / "epoch-2/state").write_text((folder / "epoch-1/state").read_text() + " two")
        {ending}
    """
    config = {"S3Uri": f"s3://{BUCKET}/checkpoints/job-test-1"}
    with pytest.raises(ContainerFailure, match="exit code: 1"):
        job(script.format(ending="raise SystemExit(1)"), CheckpointConfig=config).container.run()
    assert get(s3, "checkpoints/job-test-1/epoch-2/state") == b"one two"


def test_checkpoints_are_in_s3_before_the_job_ends(job, s3):
    """The script stops when asked to, which happens once its checkpoint is in S3."""
    one = job(
        """
        import os, pathlib, time
        base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
        (base / "checkpoints/state").write_text("1")
        while not (base / "go").exists():
            time.sleep(0.01)
        """,
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/job-test-1/"},
        StoppingCondition={"MaxRuntimeInSeconds": 30},
        options={"sync_seconds": 0.1},
    )

    def release() -> None:
        while "checkpoints/job-test-1/state" not in keys(s3):
            time.sleep(0.02)
        (one.container._layouts[0].base / "go").touch()

    threading.Thread(target=release, daemon=True).start()
    assert one.container.run().exit_code == 0


STOPPABLE = """
    import os, pathlib, signal, subprocess, sys, time
    model = pathlib.Path(os.environ["SM_MODEL_DIR"])
    def end(*_):
        (model / "half.bin").write_text("half")
        sys.exit(0)
    signal.signal(signal.SIGTERM, {handler})
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    print("ready", flush=True)
    time.sleep(20)
    (model / "whole.bin").write_text("not stopped")
"""


def test_a_stopped_job_keeps_the_model_it_has(job, s3):
    """The fixture `work` also asserts that the script's child process has ended."""
    one = job(STOPPABLE.format(handler="end"))
    one.on_line = lambda line: one.container.stop()
    with pytest.raises(ContainerStopped) as stopped:
        one.container.run()
    assert stopped.value.reason == "Stopped"
    assert stopped.value.artifact_uri == f"s3://{BUCKET}/models/job-test-1/output/model.tar.gz"
    assert members(get(s3, "models/job-test-1/output/model.tar.gz")) == ["half.bin"]
    assert one.statuses == ["Downloading", "Training", "Uploading"]


def test_a_job_that_does_not_heed_sigterm_is_killed(job, s3):
    one = job(STOPPABLE.format(handler="signal.SIG_IGN"), options={"stop_grace": 0.2})
    one.on_line = lambda line: one.container.stop()
    with pytest.raises(ContainerStopped) as stopped:
        one.container.run()
    assert stopped.value.artifact_uri is None
    assert keys(s3) == {"source/sourcedir.tar.gz"}


def test_a_job_stopped_before_it_runs_does_not_run(job):
    one = job("print('ran')")
    one.container.stop()
    with pytest.raises(ContainerStopped):
        one.container.run()
    assert (one.lines, one.statuses) == ([], [])


def test_a_job_stopped_while_its_script_is_started(job, s3):
    one = job(STOPPABLE.format(handler="signal.SIG_DFL"))
    one.on_status = lambda status: one.container.stop() if status == "Training" else None
    with pytest.raises(ContainerStopped) as stopped:
        one.container.run()
    assert stopped.value.artifact_uri is None


def test_what_a_script_has_started_ends_with_it(job):
    """The fixture `work` asserts it: a process that lives on holds no pipe and would not be noticed otherwise."""
    quiet = "stdin=-3, stdout=-3, stderr=-3"
    job(
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], {quiet})"
    ).container.run()


def test_a_job_past_its_maximum_runtime_is_stopped(job):
    one = job(STOPPABLE.format(handler="end"), StoppingCondition={"MaxRuntimeInSeconds": 1})
    with pytest.raises(ContainerStopped) as stopped:
        one.container.run()
    assert stopped.value.reason == "MaxRuntimeExceeded"


def test_an_image_that_is_not_known(job):
    one = job(WRITES_A_MODEL, AlgorithmSpecification={"TrainingImage": "111122223333.dkr.ecr.x.amazonaws.com/mine:1"})
    with pytest.raises(ContainerFailure) as failure:
        one.container.run()
    assert failure.value.reason.startswith("ClientError: The local AWS does not know how to run the image 111122223333")
    assert "Training images that run here: *pytorch*training*, *pytorch:*sagemaker*." in failure.value.reason


def test_an_upload_that_fails_is_a_failed_job(job):
    one = job(WRITES_A_MODEL, OutputDataConfig={"S3OutputPath": "s3://no-such-bucket-there/models"})
    with pytest.raises(ContainerFailure, match=r"ClientError: Artifact upload failed:.*NoSuchBucket"):
        one.container.run()


def test_an_image_of_the_users_own_runs_its_own_command(job, s3, monkeypatch, tmp_path: Path):
    program = tmp_path / "program.py"
    program.write_text("import sys, pathlib; pathlib.Path(sys.argv[1], 'model', 'given').write_text(str(sys.argv[2:]))")
    command = ["$LOCAL_AWS_CONTAINER_PYTHON", str(program), "$SAGEMAKER_BASE_DIR", "train"]
    monkeypatch.setenv("LOCAL_AWS_IMAGES", json.dumps({TRAINING_IMAGE: {"train": command}}))
    job("", hyperparameters={"epochs": "3"}).container.run()
    with tarfile.open(fileobj=io.BytesIO(get(s3, "models/job-test-1/output/model.tar.gz"))) as tar:
        assert tar.extractfile("given").read() == b"['train']"  # type: ignore[union-attr]


OWN_NETWORK = """
    import os, pathlib, socket, sys
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=5)
        reached = "reached it"
    except OSError as error:
        reached = type(error).__name__
    named = sorted(name for name in os.environ if name.startswith("AWS_ACC") or name == "AWS_ENDPOINT_URL")
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "seen.txt").write_text(f"{reached} {named} {os.environ['WHEELS']}")
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model").write_text("")
"""


def test_an_isolated_job_runs_its_channels_code_and_has_no_way_out(job, s3):
    try:
        isolation.OwnNetwork().close()
    except isolation.NotSeparableError as error:
        pytest.skip(str(error))
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = job(
            OWN_NETWORK,
            hyperparameters={
                "port": str(server.getsockname()[1]),
                "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
            },
            EnableNetworkIsolation=True,
            Environment={"WHEELS": "/opt/ml/input/data/wheels"},
            InputDataConfig=[channel("code", f"s3://{BUCKET}/source/sourcedir.tar.gz")],
        )
        one.container.run()
    with tarfile.open(fileobj=io.BytesIO(get(s3, "models/job-test-1/output/output.tar.gz"))) as tar:
        text = tar.extractfile("seen.txt").read().decode()  # type: ignore[union-attr]
    assert text.startswith("ConnectionRefusedError [] ") and text.endswith("opt/ml/input/data/wheels")
    assert not text.endswith(" /opt/ml/input/data/wheels")


def test_an_isolated_job_cannot_fetch_its_code(job):
    with pytest.raises(ContainerFailure, match="neither a network nor credentials") as failed:
        job(WRITES_A_MODEL, EnableNetworkIsolation=True).container.run()
    assert failed.value.reason.startswith("AlgorithmError: The source folder s3://")


def test_a_machine_that_cannot_isolate_a_job_says_so_in_its_log(job, monkeypatch):
    def refuse() -> None:
        raise isolation.NotSeparableError("unshare: Operation not permitted")

    monkeypatch.setattr(isolation, "OwnNetwork", refuse)
    one = job(
        WRITES_A_MODEL,
        hyperparameters={"sagemaker_submit_directory": "/opt/ml/input/data/code"},
        EnableNetworkIsolation=True,
        InputDataConfig=[channel("code", f"s3://{BUCKET}/source/sourcedir.tar.gz")],
    )
    with pytest.raises(ContainerFailure, match=r"There is no package/train\.py"):
        one.container.run()
    one = job(
        WRITES_A_MODEL,
        hyperparameters={"sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz"},
        EnableNetworkIsolation=True,
        InputDataConfig=[channel("code", f"s3://{BUCKET}/source/sourcedir.tar.gz")],
    )
    one.container.run()
    assert any("cannot take this container's network away" in line for line in one.lines)
