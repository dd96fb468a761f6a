"""One server, with its images, for the tests of this project on services that the local AWS patches."""

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from local import images
from local_aws_testing.server import Server, started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    own = {"LOCAL_AWS_IMAGES": images.as_json({})}
    with mock.patch.dict(os.environ, own), started(tmp_path_factory.mktemp("local-aws")) as running:
        yield running
