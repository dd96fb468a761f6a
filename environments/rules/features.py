"""Settings of the feature store that contradict one another, and stores that cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings
    from environments.sections.features import MongoDb

_SECTION = ("features", "mongodb")
CLUSTER_ONLY = ("engine_version", "instances", "min_capacity", "max_capacity")
SECRET_ONLY = ("server", "private_endpoint")


def problems(settings: Settings, *, root: Path) -> Iterator[Problem]:
    """First what belongs to another store, then what is missing, then what the network does not reach."""
    features, mongodb = settings.features, settings.features.mongodb
    if features.store != "mongodb" and mongodb is not None:
        allowed = f"it needs features.store: mongodb (now {features.store}); change one of the two"
        yield Problem(_SECTION, "a section", allowed)
    if features.store == "mongodb":
        if mongodb is None:
            allowed = "features.store is mongodb: name the secret with the server's URI, or cluster: documentdb"
            yield Problem(_SECTION, None, allowed)
        else:
            yield from _server(mongodb)
            yield from _reached(settings, mongodb)
    if features.store != "none" and not (root / Path(features.registry).expanduser()).is_file():
        allowed = "the file does not exist; use a path from the repository's root"
        yield Problem(("features", "registry"), features.registry, allowed)


def _server(mongodb: MongoDb) -> Iterator[Problem]:
    if mongodb.secret is None and mongodb.cluster is None:
        allowed = "it holds the server's URI; or let cluster: documentdb make a server"
        yield Problem((*_SECTION, "secret"), None, allowed)
    if mongodb.secret is not None and mongodb.cluster is not None:
        allowed = "the cluster has a secret of its own; remove one of the two"
        yield Problem((*_SECTION, "secret"), mongodb.secret, allowed)
    if mongodb.secret is not None and mongodb.server is None:
        allowed = "features.mongodb.secret is set: say where its URI leads, atlas or documentdb"
        yield Problem((*_SECTION, "server"), None, allowed)
    missing = {"cluster": CLUSTER_ONLY, "secret": SECRET_ONLY}
    for other, fields in missing.items():
        for field in fields:
            value = getattr(mongodb, field)
            if value is not None and getattr(mongodb, other) is None:
                yield Problem((*_SECTION, field), value, f"it needs features.mongodb.{other}; remove it")
    if mongodb.least_capacity > mongodb.most_capacity:
        allowed = f"features.mongodb.max_capacity is {mongodb.most_capacity:g}; use at most that"
        yield Problem((*_SECTION, "min_capacity"), mongodb.least_capacity, allowed)


def _reached(settings: Settings, mongodb: MongoDb) -> Iterator[Problem]:
    """A cluster has no address outside a VPC, and a VPC without a way out does not reach Atlas."""
    network, endpoint = settings.network, mongodb.private_endpoint
    if mongodb.cluster is not None and not network.inside:
        allowed = "Amazon DocumentDB is only reached from its VPC: set network.mode to private or existing"
        yield Problem((*_SECTION, "cluster"), mongodb.cluster, allowed)
    if endpoint is not None and (mongodb.server != "atlas" or not network.inside):
        allowed = "it needs server: atlas and network.mode: private or existing; remove it"
        yield Problem((*_SECTION, "private_endpoint"), endpoint, allowed)
    elif endpoint is not None and endpoint.startswith("vpce-") and network.mode == "private":
        allowed = "the environment makes its VPC, which has no such endpoint yet: name Atlas's endpoint service"
        yield Problem((*_SECTION, "private_endpoint"), endpoint, allowed)
    elif endpoint is not None and endpoint.startswith("com.") and f".{settings.region}." not in endpoint:
        allowed = f"use Atlas's endpoint service in {settings.region}"
        yield Problem((*_SECTION, "private_endpoint"), endpoint, allowed)
    if mongodb.server == "atlas" and network.inside and endpoint is None:
        allowed = (
            f"network.mode is {network.mode}, from where Atlas is only reached by a private endpoint: name its "
            "endpoint service, or set network.mode to none"
        )
        yield Problem((*_SECTION, "private_endpoint"), None, allowed)
    if mongodb.server == "documentdb" and network.mode != "existing":
        allowed = (
            f"network.mode is {network.mode}: a DocumentDB cluster is only reached from its own VPC: set network.mode "
            "to existing with that VPC, or use cluster: documentdb"
        )
        yield Problem((*_SECTION, "server"), mongodb.server, allowed)
