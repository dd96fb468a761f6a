"""Tests training jobs with their own command, laid out like ModelTrainer of the SageMaker Python SDK."""

import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local_aws.containers import ContainerFailure
from local_aws.containers.training import overlay
from unit.containers.conftest import BUCKET, TRAINING_IMAGE, channel, keys

SCRIPT = "/opt/ml/input/data/sm_drivers/sm_train.sh"
OWN = {
    "TrainingImage": TRAINING_IMAGE,
    "TrainingInputMode": "File",
    "ContainerEntrypoint": ["/bin/bash"],
    "ContainerArguments": ["-c", f"chmod +x {SCRIPT} && {SCRIPT}"],
}
MAKES_A_MODEL = """
#!/bin/bash
set -e
cd /opt/ml/input/data/code
python3 train.py
"""
WRITES_ITS_FOLDER = "open('/opt/ml/model/where.txt', 'w').write('/opt/ml/model')\n"


@pytest.fixture
def own_job(job: Any, s3: Any) -> Any:
    """Makes a job of sm_train.sh and files of the code folder."""

    def make(script: str, code: dict[str, str] | None = None, **request: Any) -> Any:
        s3.put_object(Bucket=BUCKET, Key="job/sm_drivers/sm_train.sh", Body=script.encode())
        for name, text in ({"train.py": WRITES_ITS_FOLDER} | (code or {})).items():
            s3.put_object(Bucket=BUCKET, Key=f"job/code/{name}", Body=text.encode())
        inputs = [channel(name, f"s3://{BUCKET}/job/{name}") for name in ("code", "sm_drivers")]
        members = {"AlgorithmSpecification": OWN, "InputDataConfig": inputs, "HyperParameters": {}} | request
        return job("", **members)

    return make


def test_opt_ml_is_the_jobs_own_folder_wherever_the_job_names_it(own_job, s3, work):
    prints = "echo given $MINE; cat /opt/ml/input/config/hyperparameters.json\n"
    one = own_job(
        MAKES_A_MODEL + prints, Environment={"MINE": "/opt/ml/mine"}, HyperParameters={"data": "/opt/ml/input/data/x"}
    )
    one.container.run()
    base = next(line for line in one.lines if line.startswith("given ")).removeprefix("given ").removesuffix("/mine")
    assert Path(base).is_relative_to(work)
    assert any(f'"data": "{base}/input/data/x"' in line for line in one.lines)
    assert "models/job-test-1/output/model.tar.gz" in keys(s3)


@pytest.mark.parametrize("named", ["s3://bucket/opt/ml/x", "/opt/mlflow/x", "/srv/opt/ml/x"])
def test_names_that_only_look_like_opt_ml_stay(own_job, named):
    one = own_job(f"echo {named}\n")
    one.container.run()
    assert named in one.lines


def test_it_has_only_the_variables_that_its_command_sets(own_job):
    one = own_job("env\n", Environment={"MINE": "1"})
    one.container.run()
    names = {line.partition("=")[0] for line in one.lines}
    assert {"MINE", "TRAINING_JOB_NAME", "TRAINING_JOB_ARN"} <= names
    assert not [name for name in names if name.startswith("SM_")]


def test_what_it_writes_to_the_failure_file_is_the_reason(own_job):
    one = own_job("echo 'too few rows: add some' > /opt/ml/output/failure; exit 3\n")
    with pytest.raises(ContainerFailure, match=r"^AlgorithmError: too few rows: add some, exit code: 3$"):
        one.container.run()


def test_arguments_without_an_entrypoint_are_refused(own_job):
    specification = {name: value for name, value in OWN.items() if name != "ContainerEntrypoint"}
    with pytest.raises(ContainerFailure, match="give the job both"):
        own_job("", AlgorithmSpecification=specification).container.run()


def test_a_folder_that_a_shell_would_split_is_refused_with_the_remedy(own_job, monkeypatch, tmp_path):
    one = own_job("true\n")
    spaced = tmp_path / "with space"
    monkeypatch.setattr(one.container, "_layouts", [type(one.container._layouts[0])(spaced / "opt" / "ml")])
    with pytest.raises(ContainerFailure, match="set LOCAL_AWS_FOLDER"):
        one.container.run()


def test_drivers_know_the_first_of_several_hosts_by_its_name_here(own_job):
    resources = {"InstanceType": "ml.c7i.large", "InstanceCount": 2, "VolumeSizeInGB": 30}
    script = "set -e\nls /opt/ml/input/config/resourceconfig.json > /dev/null\n"
    one = own_job(script + 'echo "first algo-1 at $MASTER_PORT"\n', ResourceConfig=resources)
    one.container.run()
    assert len(one.lines) == 2 and len(set(one.lines)) == 1
    assert one.lines[0].startswith("first 127.0.0.1 at ") and one.lines[0][-1].isdigit()


def wheel(folder: Path, name: str, version: str) -> Path:
    """A package with a variable `version`."""
    folder.mkdir(exist_ok=True)
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"version = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def test_what_a_job_installs_leaves_the_shared_environment_alone(own_job, tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    overlay.make(shared)  # faster to make than an environment with its own pip
    wheels = [wheel(tmp_path / "a", name, "1.0") for name in ("sample_has", "sample_old")]
    subprocess.run([shared / "bin/pip", "install", "-q", "--no-index", *wheels], check=True)
    for name, version in (("sample_old", "2.0"), ("sample_new", "3.0")):
        wheel(tmp_path / "b", name, version)
    before = sorted(shared.rglob("*"))
    monkeypatch.setenv("LOCAL_AWS_CONTAINER_PYTHON", str(shared / "bin/python"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "b"))
    imports = (
        "import sample_has as a, sample_old as b, sample_new as c; print('versions', a.version, b.version, c.version)"
    )
    one = own_job(
        "set -e\ncd /opt/ml/input/data/code\npip3 install -r requirements.txt\npython3 train.py\n",
        code={"train.py": imports, "requirements.txt": "sample_has==1.0\nsample_old==2.0\nsample_new==3.0\n"},
    )
    one.container.run()
    assert "versions 1.0 2.0 3.0" in one.lines
    assert sorted(shared.rglob("*")) == before
    old = subprocess.check_output([shared / "bin/python", "-c", "import sample_old; print(sample_old.version)"])
    assert old.split() == [b"1.0"]


def test_a_requirement_that_cannot_be_had_fails_the_job(own_job, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    one = own_job("set -e\npython3 -m pip install local-aws-no-such-package==1.0\n")
    with pytest.raises(ContainerFailure, match=r"AlgorithmError: .*local-aws-no-such-package.*, exit code: 1"):
        one.container.run()


def test_an_environment_that_cannot_be_made_says_why(tmp_path, monkeypatch):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named venv' >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("LOCAL_AWS_CONTAINER_PYTHON", str(broken))
    with pytest.raises(OSError, match="no module named venv"):
        overlay.make(tmp_path / "overlay")
    monkeypatch.delenv("LOCAL_AWS_CONTAINER_PYTHON")
    assert overlay.make(tmp_path / "overlay") == {} and not os.path.lexists(tmp_path / "overlay")
