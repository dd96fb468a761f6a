"""Tests how hyperparameters reach a script, and how a job starts without a network: by the training toolkits that
images hold, and by the local AWS.

Each toolkit (PyPI, sagemaker-training) is installed into an environment of its own, with a compiler.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.models import hyperparameters
from local_aws.containers.processes import contained, isolation
from local_aws.containers.training.script_mode import Hyperparameters, in_a_shell
from local_aws_testing.cloud import tar
from stacks.training.machines.training_job import CHANNELS, OFFLINE
from tests.unit.ops.mirror.internet import wheel

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".venv-uv" / "bin" / "uv"
# The last that gives the words to a shell, and the first that is known not to.
JOINING, NEWEST = "5.1.0", "5.1.4"
# What the part of it needs that starts a script; the rest (scipy, gevent, ...) is for algorithms.
NEEDS = ("boto3", "six", "retrying", "psutil", "paramiko", "numpy", "setuptools", "pip")

SEEN = """
    import json, os, pathlib, sys
    seen = {"arguments": sys.argv[1:], "hps": os.environ.get("SM_HPS"), "user_args": os.environ.get("SM_USER_ARGS")}
    pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(seen))
"""
# As sagemaker-pytorch-training starts a script (github.com/aws/sagemaker-pytorch-training-toolkit, training.py).
STARTS = """
    from sagemaker_training import entry_point, environment, runner
    env = environment.Environment()
    entry_point.run(
        uri=env.module_dir, user_entry_point=env.user_entry_point, args=env.to_cmd_args(), env_vars=env.to_env_vars(),
        capture_error=True, runner_type=runner.ProcessRunnerType,
    )
"""
Run = Callable[[dict[str, str]], dict[str, Any] | None]

PLAIN = {"epochs": "3", "rate": "1e-05", "base_model": '"compact"', "n": "7", "fast": "true", "map": '{"b": 1, "a": 2}'}
USERS_WORDS = [
    "Class Index", "R&D / \"Science\"", "it's", "$HOME", "`id`", "$(id)", "a;b", "a|b > c", "*", "~root", "#no",
    "null", "true", "1.0", "1e5", "NaN", "-v", "--epochs", "[1]", "{}", "a\\b", "two\nlines", "100% sure",
    "分类 標籤", "वर्ग", "نوع",
]  # fmt: skip


def toolkit(version: str, folder: Path) -> Run:
    """Starts the script through this version, in a container's folders; None if the script was not reached."""
    python = folder / "env" / "bin" / "python"
    steps = (
        [str(UV), "venv", "--quiet", "--python", sys.executable, str(folder / "env")],
        [str(UV), "pip", "install", "--quiet", "--python", str(python), *NEEDS],
        [str(UV), "pip", "install", "--quiet", "--python", str(python), "--no-deps", f"sagemaker-training=={version}"],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            pytest.skip(f"sagemaker-training {version} cannot be installed here: {done.stderr.strip()[-300:]}")
    base = folder / "opt" / "ml"
    for name in ("code", "model", "input/config", "input/data", "output/data"):
        (base / name).mkdir(parents=True)
    (base / "code" / "seen.py").write_text(textwrap.dedent(SEEN))
    # The toolkit waits until the hosts' names are known.
    hosts = {"current_host": "localhost", "hosts": ["localhost"], "network_interface_name": "lo"}
    resources = {**hosts, "current_instance_type": "ml.c7i.large", "current_group_name": "homogeneousCluster"}
    (base / "input/config/resourceconfig.json").write_text(json.dumps(resources))
    (base / "input/config/inputdataconfig.json").write_text("{}")

    def run(values: dict[str, str]) -> dict[str, Any] | None:
        given = {**values, "sagemaker_program": "seen.py", "sagemaker_submit_directory": str(base / "code")}
        (base / "input/config/hyperparameters.json").write_text(json.dumps(given))
        seen = folder / "seen.json"
        seen.unlink(missing_ok=True)
        environ = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "SEEN": str(seen), "AWS_DEFAULT_REGION": "us-east-1"}
        command = [str(python), "-c", textwrap.dedent(STARTS)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd=folder, timeout=60)
        assert done.returncode == 0 or "ExecuteUserScriptError" in done.stderr, done.stderr
        return json.loads(seen.read_text()) if seen.exists() else None

    return run


@pytest.fixture(scope="module")
def joining_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("joining")


@pytest.fixture(scope="module")
def newest_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newest")


@pytest.fixture(scope="module")
def joining(joining_folder: Path) -> Run:
    return _made(JOINING, joining_folder)


@pytest.fixture(scope="module")
def newest(newest_folder: Path) -> Run:
    return _made(NEWEST, newest_folder)


def _made(version: str, folder: Path) -> Run:
    if not UV.is_file() or shutil.which("cc") is None:
        pytest.skip(f"sagemaker-training {version} needs {UV.relative_to(ROOT)} and a C compiler")
    return toolkit(version, folder)


@pytest.fixture
def local(tmp_path: Path) -> Run:
    script, seen = tmp_path / "seen.py", tmp_path / "seen.json"
    script.write_text(textwrap.dedent(SEEN))

    def run(values: dict[str, str]) -> dict[str, Any] | None:
        seen.unlink(missing_ok=True)
        arguments = Hyperparameters.of(values).arguments()
        command = in_a_shell([sys.executable, str(script)], arguments)
        subprocess.run(command, env={**os.environ, "SEEN": str(seen)}, check=False, cwd=tmp_path, capture_output=True)
        return json.loads(seen.read_text()) if seen.exists() else None

    return run


def words(seen: dict[str, Any] | None) -> list[str] | None:
    return seen["arguments"] if seen else None


@pytest.mark.parametrize(
    "values",
    [
        PLAIN,
        {"text_column": "Class Index"},
        {"text_column": ""},
        {"text_column": "null"},
        {"text_column": "it's"},
        {"text_column": '"a  b"'},
        {"text_column": '"$NOT_SET" x'},
        {"text_column": "a;exit 3"},
        {"text_column": "a # b", "x": "after"},
        {"text_column": "[1, 2]"},
        {"text_column": "分类"},
    ],
    ids=str,
)
def test_the_local_aws_passes_arguments_as_the_toolkit_that_has_a_shell(
    joining: Run, local: Run, values: dict[str, str]
) -> None:
    assert words(local(values)) == words(joining(values))


def test_the_local_aws_sets_the_variables_that_both_set(joining: Run, newest: Run) -> None:
    expected = Hyperparameters.of({**PLAIN, "text_column": "Class Index"})
    for run in (joining, newest):
        seen = run({**PLAIN, "text_column": '"Class Index"'})
        assert seen is not None
        assert json.loads(seen["hps"]) == expected.script
        assert json.loads(seen["user_args"]) == expected.arguments()


def test_a_users_word_would_arrive_otherwise_by_each(joining: Run, newest: Run) -> None:
    values = {"label_column": "Class Index"}
    assert words(joining(values)) == ["--label_column", "Class", "Index"]
    assert words(newest(values)) == ["--label_column", "Class Index"]


def test_a_users_word_arrives_by_all_of_them(joining: Run, newest: Run, local: Run) -> None:
    columns = {f"column_{number}": word for number, word in enumerate(USERS_WORDS)}
    given = hyperparameters.for_job(columns)
    assert all(len(value) <= hyperparameters.MAX_VALUE for value in given.values())
    for run in (joining, newest, local):
        arrived = words(run(given))
        assert arrived is not None
        names, values = arrived[::2], arrived[1::2]
        assert dict(zip(names, map(hyperparameters.decoded, values), strict=True)) == {
            f"--{name}": word for name, word in columns.items()
        }


IMPORTS_A_PACKAGE = """
    import json, os, pathlib, socket
    import tiny
    try:
        socket.create_connection((os.environ["PYPI"], 443), timeout=5)
        reached = True
    except OSError:
        reached = False
    channels = os.environ["SM_CHANNELS"]
    pathlib.Path(os.environ["SEEN"]).write_text(json.dumps([tiny.VERSION, reached, channels]))
"""


class IsolatedJob:
    """A container's folders as an isolated job of the pipeline has them, and a process without a network."""

    def __init__(self, folder: Path, *, python: Path) -> None:
        self._folder, self._python = folder, python
        self.base = folder / "opt" / "ml"
        for name in ("code", "model", "input/config", "input/data/code", "input/data/wheels", "output/data"):
            (self.base / name).mkdir(parents=True)
        hosts = {"current_host": "localhost", "hosts": ["localhost"], "network_interface_name": "lo"}
        resources = {**hosts, "current_instance_type": "ml.c7i.large", "current_group_name": "homogeneousCluster"}
        channel = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
        hyperparameters = {
            "sagemaker_program": "model_code/training/train.py",
            "sagemaker_submit_directory": self._here(f"{CHANNELS}/code/0a1b.gz"),
        }
        for name, content in (
            ("resourceconfig", resources),
            ("inputdataconfig", {"code": channel, "wheels": channel}),
            ("hyperparameters", hyperparameters),
        ):
            (self.base / "input/config" / f"{name}.json").write_text(json.dumps(content))
        packed = wheel("tiny", "1.0")
        self.wheel = self.base / "input/data/wheels/tiny-1.0-py3-none-any.whl"
        self.wheel.write_bytes(packed)
        lock = f"--require-hashes\n--only-binary :all:\ntiny==1.0 --hash=sha256:{hashlib.sha256(packed).hexdigest()}\n"
        script = textwrap.dedent(IMPORTS_A_PACKAGE)
        code = tar({"model_code/training/train.py": script.encode(), "requirements.txt": lock.encode()})
        (self.base / "input/data/code/0a1b.gz").write_bytes(code)

    def run(self, network: isolation.OwnNetwork) -> tuple[Any, str]:
        """What the script has seen, None if it was not reached, and the job's output."""
        seen = self._folder / "seen.json"
        shutil.rmtree(self.base / "code")  # each start is a new container
        (self.base / "code").mkdir()
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "AWS_"))},
            **{name: self._here(value) for name, value in OFFLINE.items()},
            **{"SAGEMAKER_BASE_DIR": str(self.base), "SEEN": str(seen), "PYPI": "151.101.0.223"},
        }
        starts = [str(self._python), "-c", textwrap.dedent(STARTS)]
        command = [sys.executable, "-I", "-S", contained.__file__, str(os.getpid()), network.word, *starts]
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, cwd=self._folder, timeout=120
        )
        return json.loads(seen.read_text()) if seen.exists() else None, done.stdout + done.stderr

    def _here(self, path: str) -> str:
        return path.replace("/opt/ml", str(self.base))


@pytest.fixture
def network() -> Any:
    try:
        network = isolation.OwnNetwork()
    except isolation.NotSeparableError as error:
        pytest.skip(str(error))
    with network:
        yield network


@pytest.mark.parametrize("version", ["joining", "newest"])
def test_an_isolated_job_starts_from_its_channels(
    version: str, request: pytest.FixtureRequest, network: isolation.OwnNetwork, tmp_path: Path
) -> None:
    """pip, started by the toolkit, takes the channel's wheels and asks no index; the wheels are checked by the lock."""
    request.getfixturevalue(version)
    folder: Path = request.getfixturevalue(f"{version}_folder")
    job = IsolatedJob(tmp_path, python=folder / "env" / "bin" / "python")
    good = job.wheel.read_bytes()
    job.wheel.write_bytes(wheel("tiny", "1.0") + b"changed")
    seen, error = job.run(network)
    assert seen is None and "DO NOT MATCH THE HASHES" in error
    job.wheel.unlink()
    seen, error = job.run(network)
    assert seen is None and "No matching distribution found for tiny==1.0" in error
    job.wheel.write_bytes(good)
    seen, error = job.run(network)
    assert seen == ["1.0", False, '["code","wheels"]'], error
