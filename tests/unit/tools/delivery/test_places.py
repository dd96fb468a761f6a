"""Tests as whom a step asks AWS: as the bootstrap's role, or as itself where it may not become that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.delivery.assembly import AssemblyStack
from tools.delivery.errors import DeliveryError
from tools.delivery.places import Place

STACK = AssemblyStack(
    name="Rubric-dev-Data",
    template={},
    region="us-east-1",
    account=None,
    deploy_role="arn:${AWS::Partition}:iam::${AWS::AccountId}:role/deploy",
    publish_role=None,
    bucket="assets",
)


class OwnSession:
    """The caller's session, which STS gives no other role, for the reason `code`."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.made: list[str] = []

    def client(self, service: str, **_: Any) -> Any:
        self.made.append(service)
        return self

    def get_partition_for_region(self, region: str) -> str:
        return {"us-east-1": "aws"}[region]

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/one"}

    def assume_role(self, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "AssumeRole")


def place(monkeypatch: pytest.MonkeyPatch, code: str) -> tuple[Place, OwnSession]:
    own = OwnSession(code)
    monkeypatch.setattr("tools.delivery.places.boto3.Session", lambda **_: own)
    return Place([STACK]), own


def test_where_it_may_not_become_the_role_a_step_asks_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    made, own = place(monkeypatch, "AccessDenied")
    assert made.cloudformation is own
    assert own.made[-1] == "cloudformation"


class GivingSession(OwnSession):
    """The caller's session, to which STS gives the role for an hour at a time."""

    def __init__(self) -> None:
        super().__init__("")
        self.given = 0

    def assume_role(self, **_: Any) -> dict[str, Any]:
        self.given += 1
        # The first session is about to end.
        ends = datetime.now(UTC) + (timedelta(seconds=1) if self.given == 1 else timedelta(hours=1))
        named = {"AccessKeyId": f"key{self.given}", "SecretAccessKey": "secret", "SessionToken": "token"}
        return {"Credentials": {**named, "Expiration": ends}}


def test_the_role_is_taken_anew_before_its_hour_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    own = GivingSession()
    made: list[Any] = []

    def session_of(**given: Any) -> OwnSession:
        made.extend(given[name] for name in ("botocore_session",) if name in given)
        return own

    monkeypatch.setattr("tools.delivery.places.boto3.Session", session_of)
    _ = Place([STACK]).cloudformation
    [session] = made
    assert session.get_credentials().get_frozen_credentials().access_key == "key2"


def test_any_other_fault_ends_the_step_and_names_the_role(monkeypatch: pytest.MonkeyPatch) -> None:
    made, own = place(monkeypatch, "Throttling")
    with pytest.raises(DeliveryError, match=r"the role arn:aws:iam::123456789012:role/deploy: .*Throttling"):
        _ = made.cloudformation
    assert "cloudformation" not in own.made
