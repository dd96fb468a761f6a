"""One model from a real training job, in both containers."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.models import artifact
from local_aws.containers.files import archive
from model_code.dataset_generator import generate_headlines
from model_code.serving import manifest
from tests.long.conformance.cases import FAILING
from tools.containers import Container, start_huggingface, start_lean
from tools.containers.process import ROOT
from tools.containers.vendor import vendor_archive

TINY = {
    "model": "encoder",
    "epochs": 3,
    "hidden_size": 64,
    "heads": 2,
    "vocab_size": 1200,
    "batch_size": 16,
    "learning_rate": 0.005,
}
KINDS = ("lean", "huggingface", "onnxruntime")  # without AMX, the last one is lean


@pytest.fixture(scope="session")
def model_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model.tar.gz of a training job, with the serving packages as they are bundled beside it."""
    base = tmp_path_factory.mktemp("job")
    dataset, deps = base / "input/data/dataset", base / "input/data/serving_deps"
    dataset.mkdir(parents=True)
    deps.mkdir()
    generate_headlines.main(["--output", str(dataset / "data.csv"), "--rows", "400", "--seed", "3"])
    shutil.copyfile(vendor_archive(), deps / "vendor.tar.gz")
    arguments = [word for name, value in TINY.items() for word in (f"--{name}", str(value))]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SM_", "COV"))}
    subprocess.run(
        [ROOT / ".venv-model/bin/python", ROOT / "model_code/training/train.py", *arguments],
        env={**environ, "SAGEMAKER_BASE_DIR": str(base), "TRAINING_JOB_NAME": "rubric-test-1"},
        cwd=base,
        check=True,
        timeout=240,
    )
    packed = base / artifact.ARCHIVE_FILE
    archive.pack(packed, base / "model")
    return packed


@pytest.fixture(scope="session")
def containers(model_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Container]]:
    """Both containers on that model, by KINDS. Its tokenizer gives one word a number that the graph has no row for."""
    model, work = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("huggingface")
    artifact.unpack(model_archive, model)
    tokenizer = json.loads((model / artifact.TOKENIZER_FILE).read_text())
    tokenizer["model"]["vocab"][FAILING] = 10**6
    artifact.write_json(model / artifact.TOKENIZER_FILE, tokenizer)
    manifest.seal(model)
    one_worker = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    with (
        start_huggingface(model, work=work, environ=one_worker) as huggingface,
        start_lean(model) as lean,
        start_lean(model, environ={"RUBRIC_NATIVE": "off"}) as onnxruntime,
    ):
        result = {"lean": lean, "huggingface": huggingface, "onnxruntime": onnxruntime}
        for container in result.values():
            container.wait_ready()
        yield result
        huggingface.stop(seconds=0)  # its own way takes five seconds


@pytest.fixture(params=KINDS)
def container(request: pytest.FixtureRequest, containers: dict[str, Container]) -> Container:
    return containers[request.param]
