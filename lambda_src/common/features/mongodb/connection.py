"""The connection to a MongoDB server: what its secret holds, and what each kind of server needs of the driver.

DocumentDB knows no retryable writes, and its certificates are of Amazon's own authority ("Connecting programmatically
to Amazon DocumentDB", "Functional differences" in its developer guide); Atlas has both as the driver expects them. The
driver's arguments come before the URI's options, so a URI that was copied from a page cannot undo them.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args
from urllib.parse import parse_qsl, quote_plus, unquote, urlsplit

import certifi
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from lambda_src.common.features.store import StoreError

# atlas: MongoDB Atlas, or any other MongoDB server.
Server = Literal["atlas", "documentdb"]
SERVERS: Final[tuple[Server, ...]] = get_args(Server)

DATABASE: Final = "rubric"
# The layer's root in Lambda, where its build puts the authority's certificates (tools/bundling/mongodb.py).
AMAZON_CERTIFICATES: Final = Path("/opt/amazon-rds-ca.pem")
_MONGODB, _SRV = "mongodb", "mongodb+srv"
# They would accept a certificate of anybody.
_UNSAFE = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")
# These prove who the caller is without a password in the URI.
_WITHOUT_PASSWORD = ("MONGODB-AWS", "MONGODB-X509", "MONGODB-OIDC")
_CONNECT_MS, _SELECT_MS, _SOCKET_MS = 2_000, 3_000, 10_000


@dataclass(frozen=True)
class Address:
    """Where a store is. uri: with its password, so never shown; options: of MongoClient."""

    uri: str
    database: str
    options: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Address(database={self.database!r})"


def address(secret: str, *, server: Server, name: str, certificates: Path = AMAZON_CERTIFICATES) -> Address:
    """The address in the text of a secret; raises StoreError in a sentence that says what the secret should be.

    secret: a URI, or JSON with `uri`, or with the `username`, `password`, `host` and `port` that Secrets Manager keeps
    for a DocumentDB cluster. name: of the secret, for the message. certificates: of DocumentDB's authority.
    """
    uri = _uri(secret.strip(), name=name)
    parts = urlsplit(uri)
    options = {key.lower(): value for key, value in parse_qsl(parts.query)}
    if parts.scheme == _SRV and server == "documentdb":
        raise StoreError(f"The secret {name} has a URI with mongodb+srv, which DocumentDB lacks: use mongodb://.")
    if unsafe := [key for key in _UNSAFE if options.get(key, "false").lower() != "false"]:
        raise StoreError(f"The URI in the secret {name} accepts any certificate: remove {unsafe[0]} from it.")
    here = parts.scheme == _MONGODB and _is_local(parts.netloc)
    has_tls = "false" not in (options.get("tls", "").lower(), options.get("ssl", "").lower())
    if not here and not has_tls:
        raise StoreError(f"The URI in the secret {name} turns TLS off: remove tls=false from it.")
    signs_in = "@" in parts.netloc or options.get("authmechanism", "").upper() in _WITHOUT_PASSWORD
    if not here and not signs_in:
        raise StoreError(f"The URI in the secret {name} has no user: write it as {parts.scheme}://user:password@host/.")
    arguments: dict[str, Any] = {"retryWrites": server == "atlas"}
    if not here or "true" in (options.get("tls", "").lower(), options.get("ssl", "").lower()):
        arguments["tls"] = True
        if not Path(options.get("tlscafile", "")).is_file():
            uri = _without(uri, "tlscafile")  # AWS's pages name a file of the reader's machine
            arguments["tlsCAFile"] = _authority(server, certificates)
    if server == "documentdb" and "@" in parts.netloc and not {"authsource", "authmechanism"} & options.keys():
        arguments["authSource"] = "admin"  # where its users are; else the driver looks in the URI's database
    return Address(uri=uri, database=unquote(parts.path.strip("/")) or DATABASE, options=arguments)


def client(where: Address) -> MongoClient[dict[str, Any]]:
    """A client, which connects with its first command. Keep it: it has a pool of connections, and threads.

    After SnapStart's snapshot only: connections do not survive it. Raises StoreError for a URI that pymongo refuses.
    """
    try:
        return MongoClient(
            where.uri,
            connectTimeoutMS=_CONNECT_MS,
            serverSelectionTimeoutMS=_SELECT_MS,
            socketTimeoutMS=_SOCKET_MS,
            maxPoolSize=10,
            appname="rubric",
            connect=False,
            **where.options,
        )
    except (PyMongoError, ValueError, OSError) as error:
        # Without pymongo's message, which may quote a part of the password.
        raise StoreError(
            f"The URI of the feature store cannot be used ({type(error).__name__}): write it as in MongoDB's manual, "
            "with special characters of the password as %XX."
        ) from None


def _uri(text: str, *, name: str) -> str:
    if text.startswith("{"):
        text = _from_json(text)
    try:
        netloc = urlsplit(text).netloc if text.startswith((f"{_MONGODB}://", f"{_SRV}://")) else ""
    except ValueError:
        netloc = ""
    if not netloc:
        raise StoreError(
            f"The secret {name} holds no MongoDB URI: set its text to one such as "
            "mongodb+srv://user:password@host/database."
        )
    return text


def _from_json(text: str) -> str:
    """The URI of a secret in JSON; "" if there is none."""
    try:
        held = json.loads(text)
    except ValueError:
        return ""
    if isinstance(held.get("uri"), str):
        return str(held["uri"]).strip()
    if not all(isinstance(held.get(key), str) for key in ("username", "password", "host")):
        return ""
    signed = f"{quote_plus(held['username'])}:{quote_plus(held['password'])}"
    return f"{_MONGODB}://{signed}@{held['host']}:{held.get('port', 27017)}/?replicaSet=rs0"


def _without(uri: str, option: str) -> str:
    """The URI without an option (in small letters): pymongo opens the files that it names, whatever its arguments."""
    before, mark, query = uri.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0].lower() != option]
    return f"{before}{mark}{'&'.join(kept)}"


def _is_local(netloc: str) -> bool:
    """Whether all hosts are this machine itself: what goes to them never leaves it."""
    hosts = netloc.rpartition("@")[2].split(",")
    return all(_is_loopback(urlsplit(f"//{host}").hostname or "") for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _authority(server: Server, certificates: Path) -> str:
    if server == "atlas":
        return certifi.where()
    if not certificates.is_file():
        raise StoreError(f"DocumentDB's certificates are not at {certificates}: build the layer `mongodb` with them.")
    return str(certificates)
