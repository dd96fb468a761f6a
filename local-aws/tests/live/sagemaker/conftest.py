"""One server for the tests of the local SageMaker; its images run the tests' own programs."""

from collections.abc import Iterator

import pytest

from local_aws_testing.cloud import Cloud, with_images
from local_aws_testing.server import Server, start


@pytest.fixture(scope="session")
def images() -> Iterator[None]:
    """The images of these tests' servers."""
    with with_images():
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
