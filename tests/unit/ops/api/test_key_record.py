"""Tests a key's text and record."""

import json
from pathlib import Path

import pytest

from contracts.api import api_keys
from ops.api import key_record
from ops.errors import OpsError
from tests.unit.ops.conftest import NOW

VECTORS = Path(__file__).resolve().parents[3] / "contract/api_key_vectors.json"


def test_keys_differ(cloud):
    assert len({key_record.make_text() for _ in range(200)}) == 200


@pytest.mark.parametrize(
    ("revoked", "expires_at", "state"),
    [
        (False, None, "active"),
        (True, None, "revoked"),
        (False, "2026-11-19T00:00:00+00:00", "expired"),
        (False, "2026-11-21T00:00:00+00:00", "active"),
    ],
)
def test_states(revoked, expires_at, state):
    info = key_record.KeyInfo("a", "n", "2026-01-01T00:00:00+00:00", revoked, expires_at)
    assert info.state(now=NOW) == state


def test_a_mistyped_id_is_refused_without_showing_a_secret():
    with pytest.raises(OpsError, match="is not a key id"):
        key_record.id_of("rk_AAAAAAAAAA_secret")


def test_the_shared_vectors_hold():
    vectors = json.loads(VECTORS.read_text())
    assert vectors["keys"] and vectors["hashes"]
    for entry in vectors["keys"]:
        assert key_record.checksum(entry["body"]) == entry["check"]
        assert key_record.id_of(entry["key"]) == entry["key_id"]
    for entry in vectors["hashes"]:
        assert api_keys.key_hash(key=entry["key"], salt=entry["salt"]) == entry["hash"]
