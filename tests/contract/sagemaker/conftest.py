"""One server for the tests of this project's state machines and stacks; its images run the tests' own programs."""

from collections.abc import Iterator

import pytest

from local_aws_testing.cloud import Cloud, with_images
from local_aws_testing.server import Server, start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with with_images():
        running = start(tmp_path_factory.mktemp("local-sagemaker"))
        yield running
        running.stop()


@pytest.fixture(scope="session")
def cloud(server: Server) -> Cloud:
    cloud = Cloud(server)
    cloud.prepare()
    return cloud
