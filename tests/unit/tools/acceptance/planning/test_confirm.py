"""Limits and consent where nobody can be asked."""

import pytest

from tools.acceptance.errors import UsageError
from tools.acceptance.planning import confirm


@pytest.mark.parametrize("given", [None, 0.0, -1.0])
def test_limits_must_be_given_where_nobody_can_be_asked(given: float | None) -> None:
    with pytest.raises(UsageError, match="--minutes"):
        confirm.number("?", given=given, flag="--minutes")
    with pytest.raises(UsageError, match="--yes"):
        confirm.consent(yes=False)
