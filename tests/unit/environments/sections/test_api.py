"""Tests the ranges and forms of the API's settings."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

REFUSED = [
    ("api: {auth: jwt, jwt: {issuer: https://i.example}}", "api.jwt.audience"),
    ("api: {auth: jwt, jwt: {issuer: http://i.example, audience: [a]}}", "api.jwt.issuer"),
    ("api: {top_k: 1}", "api.top_k"),
    ("api: {top_k: 1001}", "api.top_k"),
    ("api: {threshold: 0}", "api.threshold"),
    ("api: {threshold: 60}", "api.threshold"),
    ("api: {threshold: .nan}", "api.threshold"),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)
