"""Two accounts, dev and prod, to which the first commit has been delivered."""

from collections.abc import Iterator

import pytest

from tests.long.delivery.company import Company, founded


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with founded(tmp_path_factory.mktemp("company")) as made:
        yield made
