"""The permissions boundary reaches every role, where the settings name one."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synthesise, Synthesised


def test_every_role_carries_the_boundary(synthesise: Synthesise) -> None:
    roles = synthesise("dev", change="permissions_boundary: rubric-dev-boundary").everything("AWS::IAM::Role")
    assert len(roles) > 10
    for name, role in roles.items():
        written = str(role["Properties"].get("PermissionsBoundary"))
        assert ":policy/rubric-dev-boundary" in written, name


@pytest.mark.parametrize("fixture", ["dev", "prod"])
def test_without_the_setting_no_role_has_one(fixture: str, request: pytest.FixtureRequest) -> None:
    each: Synthesised = request.getfixturevalue(fixture)
    assert not [
        name for name, role in each.everything("AWS::IAM::Role").items() if "PermissionsBoundary" in role["Properties"]
    ]
