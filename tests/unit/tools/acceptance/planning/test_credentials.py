"""Credentials that may expire before the run ends cause a warning before the user agrees."""

from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from botocore.credentials import Credentials, RefreshableCredentials

from tests.unit.tools.acceptance.conftest import ROOT
from tools.acceptance import main
from tools.acceptance.planning import confirm, credentials
from tools.acceptance.planning.estimate import Rates
from tools.acceptance.planning.names import write_settings
from tools.acceptance.planning.place import Place

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
TEMPORARY = Credentials("key", "secret", token="token")


def ending_in(minutes: float, *, method: str) -> RefreshableCredentials:
    end = NOW + timedelta(minutes=minutes)
    return RefreshableCredentials(
        "key", "secret", "token", end, refresh_using=dict, method=method, time_fetcher=lambda: NOW
    )


@pytest.mark.parametrize("lasting", [None, Credentials("key", "secret"), ending_in(400, method="env")])
def test_credentials_that_last_are_not_spoken_of(lasting: Any) -> None:
    assert credentials.warning(lasting, minutes=240, now=NOW) == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (TEMPORARY, "are temporary, with an unknown expiry."),
        (ending_in(55, method="env"), "expire in 55 minutes, at 12:55 UTC."),
        (ending_in(55, method="sso"), "are renewed (sso) as long as your sign-in lasts."),
        (ending_in(55, method="assume-role"), "are renewed (assume-role) as long as your sign-in lasts."),
    ],
)
def test_what_ends_is_said_with_what_it_has_to_last_for(value: Any, message: str) -> None:
    result = credentials.warning(value, minutes=240, now=NOW)
    assert message in result and "the 240 minutes of the limit" in result and "--clean" in result
    assert "secret" not in result and "token" not in result


def test_the_warning_comes_before_the_question(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    monkeypatch.setattr(main, "_say", events.append)
    monkeypatch.setattr(confirm, "consent", lambda *, yes: events.append("consent"))

    class Account(Place):
        def credentials(self) -> Any:
            return TEMPORARY

    env_file = write_settings("dev", "acc0k3x9a", folder=tmp_path, root=ROOT)
    place = Account(region="us-east-1", environment={}, is_local=False)
    options = Namespace(minutes=240.0, dollars=20.0, yes=False)
    main._limits(options, cast(Place, place), env_file, Rates(0.1, 0.1, 0.1))
    assert events[-1] == "consent" and events[-2].startswith("Your credentials are temporary")
