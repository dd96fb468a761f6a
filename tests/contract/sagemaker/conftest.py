"""One server for the tests of the local SageMaker, whose images stand for the programs in this folder."""

import json
import sys
from collections.abc import Iterator

import pytest

from tests.contract.mends.local_server import Server, start
from tests.contract.sagemaker.cloud import HERE, Cloud


@pytest.fixture(scope="session")
def images() -> Iterator[None]:
    """What the servers of these tests take for images."""
    known = {
        "tests/fake-train:*": {"train": [sys.executable, "$SAGEMAKER_PROGRAM"]},
        "tests/fake-serve:*": {"serve": [sys.executable, str(HERE / "fake_model_server.py")]},
        "tests/fake-batch:*": {"serve": [sys.executable, str(HERE / "fake_batch_server.py")]},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUBRIC_EXTRA_IMAGES", json.dumps(known))
        patch.setenv("RUBRIC_MODEL_PYTHON", sys.executable)
        patch.setenv("RUBRIC_RECOMMEND_STEP_SECONDS", "0.5")
        yield


@pytest.fixture(scope="session")
def server(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("local-sagemaker"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def cloud(server: Server) -> Cloud:
    cloud = Cloud(server)
    cloud.prepare()
    return cloud
