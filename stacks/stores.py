"""The names and ARNs that stacks pass to one another; they pass no constructs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A bucket or table as the other stacks see it."""

    name: str
    arn: str


@dataclass(frozen=True, kw_only=True)
class FeatureTables:
    """The feature store in DynamoDB: the newest values, and every event."""

    online: Stored
    history: Stored


@dataclass(frozen=True, kw_only=True)
class FeatureServer:
    """The feature store on a MongoDB server. secret: ARN, or name, of the secret with its address; group: the security
    group that may speak to it, None outside a VPC and where the settings' own groups may.
    """

    secret: str
    server: str
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The Data stack's resources, for the stacks that use them. key_arn: None where AWS's own keys encrypt.

    erasure_key_arn: of the secret that hashes the ledger's tombstones. features, feature_server: where features
    are kept, at most one of the two.
    """

    dataset: Stored
    artifacts: Stored
    request_log: Stored
    examples: Stored
    ledger: Stored
    answers: Stored
    erased: Stored
    api_keys: Stored
    usage: Stored
    erasure_key_arn: str
    key_arn: str | None
    features: FeatureTables | None = None
    feature_server: FeatureServer | None = None


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The API's resources that Monitoring watches. functions: names by purpose."""

    api_id: str
    functions: dict[str, str]
    dead_letters: str
    parked: str


@dataclass(frozen=True, kw_only=True)
class PipelineWatched:
    """The pipeline's resources that Monitoring watches, by name. undelivered: the queue of events that failed."""

    undelivered: str
    promote: str
    drift: str
    ab_test: str
