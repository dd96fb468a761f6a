"""What a secret must hold, and what each kind of server needs of the driver."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import certifi
import pytest

from lambda_src.common import aws
from lambda_src.common.features.mongodb import connection, secret
from lambda_src.common.features.store import StoreError

ATLAS = "mongodb+srv://user:pa%2Fss@cluster.example.mongodb.net/features?appName=x"
CLUSTER = "mongodb://user:pass@c.docdb.amazonaws.com:27017/?replicaSet=rs0&retryWrites=true&tlsCAFile=global-bundle.pem"


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_text("")
    return file


def test_atlas_gets_tls_with_public_certificates_and_retryable_writes() -> None:
    where = connection.address(ATLAS, server="atlas", name="s")
    assert where.database == "features"
    assert where.options == {"retryWrites": True, "tls": True, "tlsCAFile": certifi.where()}


@pytest.mark.filterwarnings("ignore:You appear to be connected to a DocumentDB cluster")
def test_documentdb_gets_tls_with_amazon_s_certificates_and_no_retryable_writes(certificates: Path) -> None:
    where = connection.address(CLUSTER, server="documentdb", name="s", certificates=certificates)
    assert where.database == connection.DATABASE
    assert where.options == {
        "retryWrites": False,
        "tls": True,
        "tlsCAFile": str(certificates),
        "authSource": "admin",
    }
    usable = connection.address(CLUSTER, server="documentdb", name="s", certificates=Path(certifi.where()))
    assert connection.client(usable).options.retry_writes is False  # whatever the URI says


def test_a_secret_of_secrets_manager_s_own_form_is_taken(certificates: Path) -> None:
    held = {"username": "us/er", "password": "p@ss", "host": "c.docdb.amazonaws.com", "port": 27018, "engine": "mongo"}
    where = connection.address(json.dumps(held), server="documentdb", name="s", certificates=certificates)
    assert where.uri == "mongodb://us%2Fer:p%40ss@c.docdb.amazonaws.com:27018/?replicaSet=rs0"
    assert connection.address(json.dumps({"uri": ATLAS}), server="atlas", name="s").uri == ATLAS


@pytest.mark.parametrize("uri", ["mongodb://127.0.0.1:1/", "mongodb://localhost,[::1]:3/x"])
def test_this_machine_needs_neither_tls_nor_a_user(uri: str) -> None:
    assert connection.address(uri, server="atlas", name="s").options == {"retryWrites": True}


def test_tls_on_this_machine_is_checked_all_the_same() -> None:
    where = connection.address("mongodb://127.0.0.1:1/?tls=true", server="atlas", name="s")
    assert where.options["tlsCAFile"] == certifi.where()


@pytest.mark.parametrize(
    ("text", "server", "words"),
    [
        ("", "atlas", "holds no MongoDB URI: set its text to one such as"),
        ("hunter2", "atlas", "holds no MongoDB URI"),
        ("https://user:hunter2@host/", "atlas", "holds no MongoDB URI"),
        ("mongodb://", "atlas", "holds no MongoDB URI"),
        ("mongodb://[hunter2", "atlas", "holds no MongoDB URI"),
        ('{"username": "u", "password": "hunter2"}', "documentdb", "holds no MongoDB URI"),
        ("{hunter2", "atlas", "holds no MongoDB URI"),
        ('{"uri": 5}', "atlas", "holds no MongoDB URI"),
        ("mongodb+srv://u:hunter2@host/", "documentdb", "mongodb+srv, which DocumentDB lacks: use mongodb://"),
        ("mongodb://u:hunter2@host/?tls=false", "documentdb", "turns TLS off: remove tls=false"),
        ("mongodb://u:hunter2@127.0.0.1,host/?ssl=false", "atlas", "turns TLS off"),
        ("mongodb://u:hunter2@host/?tlsInsecure=true", "atlas", "accepts any certificate: remove tlsinsecure"),
        ("mongodb://u:hunter2@host/?tlsAllowInvalidHostnames=true", "atlas", "accepts any certificate"),
        ("mongodb+srv://host/hunter2", "atlas", "has no user: write it as mongodb+srv://user:password@host/"),
    ],
)
def test_a_secret_without_a_usable_uri_is_refused_without_showing_it(
    text: str, server: connection.Server, words: str, certificates: Path
) -> None:
    with pytest.raises(StoreError) as raised:
        connection.address(text, server=server, name="features-uri", certificates=certificates)
    message = str(raised.value)
    assert words in message and "secret features-uri" in message
    assert "hunter2" not in message and "\n" not in message


def test_without_the_layer_documentdb_s_certificates_are_missed() -> None:
    with pytest.raises(StoreError, match="build the layer `mongodb`"):
        connection.address(CLUSTER, server="documentdb", name="s", certificates=Path("/nowhere/ca.pem"))


@pytest.mark.parametrize("uri", ["mongodb://u:hunter2:3@host/", "mongodb://u:hunter2@host:port/"])
def test_what_pymongo_refuses_is_not_shown(uri: str) -> None:
    with pytest.raises(StoreError) as raised:
        connection.client(connection.address(uri, server="atlas", name="s"))
    assert "cannot be used (" in str(raised.value)
    assert "hunter2" not in str(raised.value) + repr(connection.address(uri, server="atlas", name="s"))


def test_the_secret_is_read_as_text(account: None) -> None:
    manager: Any = aws.client("secretsmanager")
    manager.create_secret(Name="uri", SecretString=ATLAS)
    manager.create_secret(Name="bytes", SecretBinary=b"1")
    assert secret.text("uri") == ATLAS
    with pytest.raises(StoreError, match="holds bytes, not text"):
        secret.text("bytes")
    with pytest.raises(StoreError, match="There is no secret other with a value"):
        secret.text("other")
