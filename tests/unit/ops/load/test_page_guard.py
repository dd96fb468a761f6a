"""Only this user can open Locust's page."""

import pytest

from ops.load import page_guard


@pytest.mark.parametrize("own", [{}, {"Origin": "http://localhost:8089"}, {"Sec-Fetch-Site": "same-origin"}])
def test_locusts_own_page_may_ask(own):
    assert page_guard.refusal({"Host": "localhost:8089", **own}, port=8089) is None
