"""S3 server access logs: LOCAL_AWS_LATE_ACCESS_LOGS is their delay in seconds; without it there are none.

AWS promises neither when a record arrives nor how soon a withdrawn permission takes effect (S3 guide, "ServerLogs":
delivery is best effort). This simulates the worst case: a record is delivered if it was permitted at the time of the
request, and the pending records of a bucket arrive just before someone deletes that bucket.
"""

import json
import os
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Any

from local_aws import private_api
from local_aws.common import scope

_S3 = "ministack.services.s3"
_WHAT = "deliver access logs late"
_HANDLE = private_api.declare(_S3, "handle_request", _WHAT, expects=callable)
_LOGGING = private_api.declare(_S3, "_bucket_logging_config", _WHAT)
_POLICIES = private_api.declare(_S3, "_bucket_policies", _WHAT)
_BUCKETS = private_api.declare(_S3, "_buckets", _WHAT)
_PUT = private_api.declare(_S3, "_put_object", _WHAT, takes=("bucket_name", "key", "body", "headers"))
_DELETE = private_api.declare(_S3, "_delete_bucket", _WHAT, takes=("name",))
_SERVICE = "logging.s3.amazonaws.com"

_lock = threading.Lock()
_under_way: dict[str, list[tuple[str, str]]] = {}


def install() -> None:
    """Watch S3's requests; does nothing if the variable is not set."""
    late = float(os.environ.get("LOCAL_AWS_LATE_ACCESS_LOGS", "0"))
    if not late:
        return
    handle: Callable[..., Awaitable[Any]] = _HANDLE.get()
    delete = _DELETE.get()

    async def handling(method: str, path: str, *arguments: Any, **options: Any) -> Any:
        bucket = path.lstrip("/").partition("/")[0]
        target = _target(bucket)
        answer = await handle(method, path, *arguments, **options)
        if target is not None:
            record = f"{bucket} [{time.strftime('%d/%b/%Y:%H:%M:%S +0000', time.gmtime())}] {method} {path}\n"
            with _lock:
                _under_way.setdefault(target[0], []).append((target[1], record))
            scope.in_background("access-log", _arrive_later, target[0], late)
        return answer

    def deleting(name: str) -> Any:
        arrive(name)
        return delete(name)

    _HANDLE.set(handling)
    _DELETE.set(deleting)


def arrive(bucket: str) -> None:
    """Deliver a bucket's pending records now, unless the bucket is gone."""
    with _lock:
        records = _under_way.pop(bucket, [])
    if bucket not in _BUCKETS.get():
        return
    for prefix, record in records:
        key = f"{prefix}{time.strftime('%Y-%m-%d-%H-%M-%S', time.gmtime())}-{uuid.uuid4().hex[:16].upper()}"
        _PUT.get()(bucket, key, record.encode(), {})


def _arrive_later(bucket: str, late: float) -> None:
    threading.Event().wait(late)
    arrive(bucket)


def _target(bucket: str) -> tuple[str, str] | None:
    """Return the (bucket, prefix) for the bucket's records, if S3 may write there."""
    stored = _LOGGING.get().get(bucket)
    if not stored:
        return None
    elements = {element.tag.rpartition("}")[2]: element.text or "" for element in ET.fromstring(stored).iter()}
    target = elements.get("TargetBucket", "")
    return (target, elements.get("TargetPrefix", "")) if _may_write(target) else None


def _may_write(bucket: str) -> bool:
    policy = json.loads(_POLICIES.get().get(bucket) or "{}")
    effects = {
        statement["Effect"]
        for statement in policy.get("Statement", [])
        if isinstance(statement["Principal"], dict) and statement["Principal"].get("Service") == _SERVICE
    }
    return effects == {"Allow"}
