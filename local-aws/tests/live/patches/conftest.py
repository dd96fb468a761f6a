"""One server for all tests of the patches."""

from collections.abc import Iterator

import pytest

from local_aws_testing.server import Server, started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("local-aws")) as running:
        yield running
