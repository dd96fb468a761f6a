"""The certificates in the layer for MongoDB, and which functions carry the feature store."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tools.bundling import mongodb, targets
from tools.bundling.errors import BundleError

ROOT = Path(__file__).resolve().parents[4]


def test_the_bundle_has_amazon_s_authorities_each_once(tmp_path: Path) -> None:
    pem = mongodb.certificates(ROOT)
    file = tmp_path / "ca.pem"
    file.write_bytes(pem)
    known = ssl.create_default_context(cafile=file).get_ca_certs()
    assert pem.count(b"BEGIN CERTIFICATE") == len(known) > 100
    assert "Amazon RDS eu-central-1 Root CA RSA2048 G1" in str(known)


def test_a_clone_without_the_package_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="run `make setup`"):
        mongodb.certificates(tmp_path)
    file = tmp_path / mongodb.SOURCE
    file.parent.mkdir(parents=True)
    file.write_text("exports.defaults = [];")
    with pytest.raises(BundleError, match="no certificate in it"):
        mongodb.certificates(tmp_path)


@pytest.mark.parametrize(
    ("line", "carried"),
    [
        ("from lambda_src.common.features import dynamodb", True),
        ("from lambda_src.common.features.store import StoreError", True),
        ("from lambda_src.common import dynamodb", False),
    ],
)
def test_only_who_imports_the_store_carries_it(tmp_path: Path, line: str, carried: bool) -> None:
    sources = {"common/features/store.py": "import lambda_src.common.features.reading", "one/handler.py": line}
    for name, text in sources.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    assert targets.uses_features(tmp_path) is carried
