"""What a MongoDB server does on its own for the feature store: delete what has ended, and let in whom it should."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from contracts.features import layout, registry
from lambda_src.common.features.mongodb import connection
from lambda_src.common.features.mongodb.store import Store
from lambda_src.common.features.store import StoreDeniedError, StoreUnavailableError
from tests.contract.features.running import Running
from tests.feature_stores import NOW, REGISTRY, Clock, event

PROGRAM = Path(__file__).resolve().parents[2] / ".venv-mongodb/bin/secantusd-py"
ENDING = registry.parse(
    {"features": [{"name": "n", "entity": "caller", "type": "integer", "source": "labels", "time_to_live": 60}]}
)


def test_the_server_deletes_what_has_ended_and_only_that(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running, MongoClient[dict[str, Any]](running.mongodb) as client:
        long_ago = Clock(NOW - timedelta(days=3))
        old = Store(client["t"], registry=ENDING, history_days=2, clock=long_ago)
        old.write([{**event(-3 * 1440 - 1, one="old"), "features": {"n": 1}}])
        new = Store(client["t"], registry=ENDING, history_days=2)
        new.write([{**event(-1, one="new"), "features": {"n": 2}}])
        online, history = client["t"][layout.ONLINE], client["t"][layout.HISTORY]
        deadline = time.monotonic() + 240
        while online.count_documents({}) + history.count_documents({}) > 2 and time.monotonic() < deadline:
            time.sleep(2)
        assert [one["_id"] for one in online.find()] == ["caller#new"]
        assert [one["entity_key"] for one in history.find()] == ["caller#new"]


@contextmanager
def secured(folder: Path, *options: str) -> Iterator[int]:
    """A server with its data in the folder; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [str(PROGRAM), "--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder / "data")]
    server = subprocess.Popen([*command, "--log-level", "ERROR", *options], cwd=folder)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate of its own for this machine."""
    key, file = folder / f"{name}.key", folder / f"{name}.pem"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(file)]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    return key, file


def store_at(uri: str) -> Store:
    where = connection.address(uri, server="atlas", name="test")
    return Store(connection.client(where)[where.database], registry=REGISTRY)


def test_a_user_over_tls_is_let_in_and_nobody_else(tmp_path: Path) -> None:
    if not PROGRAM.is_file():
        pytest.skip("secantusdb is not in .venv-mongodb: it has wheels for Python 3.11 to 3.13 only")
    with secured(tmp_path) as port, MongoClient[dict[str, Any]](f"mongodb://127.0.0.1:{port}/") as admin:
        for user, role in (("writer", "readWrite"), ("reader", "read")):
            admin["admin"].command("createUser", user, pwd="p/w", roles=[{"role": role, "db": "f"}])
    key, file = certificate(tmp_path, "server")
    _, another = certificate(tmp_path, "another")
    with secured(tmp_path, "--auth", "--tls-cert-file", str(file), "--tls-key-file", str(key)) as port:

        def uri(user: str, password: str, ca: Path) -> str:
            return f"mongodb://{user}:{password}@127.0.0.1:{port}/f?authSource=admin&tls=true&tlsCAFile={ca}"

        assert store_at(uri("writer", "p%2Fw", file)).write([event(-1, texts=1)]).written == 1
        with pytest.raises(StoreDeniedError, match="does not let the user of the URI make the indexes"):
            store_at(uri("reader", "p%2Fw", file)).write([event(-1, texts=2)])
        with pytest.raises(StoreDeniedError, match="does not let the user of the URI read features"):
            store_at(uri("writer", "wrong", file)).read("caller", ["k1"])
        with pytest.raises(StoreUnavailableError, match="certificate verify failed"):
            store_at(uri("writer", "p%2Fw", another)).read("caller", ["k1"])
        with pytest.raises(StoreUnavailableError):
            store_at(f"mongodb://writer:p%2Fw@127.0.0.1:{port}/f?authSource=admin").read("caller", ["k1"])
        assert store_at(uri("reader", "p%2Fw", file)).read("caller", ["k1"]) == {"k1": {"texts": 1}}
