"""What stores use: tables, buckets, keys, secrets."""

from __future__ import annotations

from ops.cost import assumptions
from ops.cost.amounts import Amounts, same
from ops.cost.charges.context import Context, Resource
from ops.cost.lines import Charge

# By the start of their logical ids (tests/stacks/stored.json, which never change).
_REQUEST_LOG = "RequestLogTable"
_USE_OF_KEYS = "UsageTable"
_ARTIFACTS = "ArtifactBucket"


def table(resource: Resource, context: Context) -> list[Charge]:
    """Writes and storage of the request log and of the use of keys; the others are paid for by use."""
    if resource.name.startswith(_REQUEST_LOG):
        return _request_log(resource, context)
    if resource.name.startswith(_USE_OF_KEYS):
        return [
            Charge(
                key="dynamodb.writes", what="requests counted", amounts=context.per_request(assumptions.COUNTED_WRITES)
            )
        ]
    return [
        Charge(key="dynamodb.writes", what="writes", amounts=None),
        Charge(key="dynamodb.reads", what="reads", amounts=None),
        Charge(key="dynamodb.storage", what="storage", amounts=None),
    ]


def _request_log(resource: Resource, context: Context) -> list[Charge]:
    data = context.settings.data
    stored = context.per_text(assumptions.LOGGED_TEXT_GB).times(data.request_log_days * 12 / 365)
    found = [
        Charge(key="dynamodb.writes", what="texts logged", amounts=context.per_text(assumptions.LOG_WRITES)),
        Charge(key="dynamodb.storage", what=f"{data.request_log_days} days of texts", amounts=stored),
        Charge(key="dynamodb.reads", what="reads", amounts=None),
    ]
    if _recoverable(resource):
        found.append(Charge(key="dynamodb.pitr", what="recovery to a point in time", amounts=stored))
    return found


def _recoverable(resource: Resource) -> bool:
    replicas = resource.properties.get("Replicas") or [{}]
    chosen = replicas[0].get("PointInTimeRecoverySpecification") or {}
    return bool(chosen.get("PointInTimeRecoveryEnabled"))


def bucket(resource: Resource, context: Context) -> list[Charge]:
    """Storage by use; what the endpoint captures goes to the bucket of artifacts."""
    captured: Amounts | None = None
    share = (context.settings.serving.data_capture_percent or 0) / 100
    if share and resource.name.startswith(_ARTIFACTS) and not context.traffic.monthly.nothing:
        captured = context.per_request(assumptions.CAPTURED_GB).times(share)
    return [
        Charge(key="s3.storage", what="captured requests" if captured else "storage", amounts=captured),
        Charge(key="s3.put", what="writes", amounts=None),
        Charge(key="s3.get", what="reads", amounts=None),
    ]


def key(resource: Resource, context: Context) -> list[Charge]:
    """A month of the key, and what uses it."""
    return [
        Charge(key="kms.key", what="key", amounts=same(1.0)),
        Charge(key="kms.requests", what="uses of the key", amounts=None),
    ]


def secret(resource: Resource, context: Context) -> list[Charge]:
    """A month of it, and reads."""
    return [
        Charge(key="secretsmanager.secret", what="secret", amounts=same(1.0)),
        Charge(key="secretsmanager.requests", what="reads", amounts=None),
    ]
