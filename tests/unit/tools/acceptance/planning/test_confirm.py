"""Tests limits and consent without a terminal to ask on."""

import pytest

from tools.acceptance.errors import UsageError
from tools.acceptance.planning import confirm


@pytest.mark.parametrize("value", [None, 0.0, -1.0])
def test_limits_must_be_given_where_nobody_can_be_asked(value: float | None) -> None:
    with pytest.raises(UsageError, match="--minutes"):
        confirm.number("?", value=value, flag="--minutes")
    with pytest.raises(UsageError, match="--yes"):
        confirm.consent(yes=False)
