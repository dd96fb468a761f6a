"""One server for all tests of the mends."""

from collections.abc import Iterator

import pytest

from tests.contract.mends.local_server import ROLE, Server, make_role, start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("local-aws"))
    assert make_role(running, "test", "states.amazonaws.com") == ROLE
    yield running
    running.stop()
