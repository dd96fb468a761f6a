"""Let a bucket's policy deny everyone a write without `If-None-Match`, and accept that header on a copy too.

MiniStack evaluates no policy for the only caller that it knows, and ignores the header on CopyObject. Sources: S3 User
Guide, "conditional-writes-enforce"; API reference, CopyObject.
"""

from collections.abc import Mapping
from typing import Any

from local_aws import iam, private_api
from local_aws.iam.principals import names_of

_S3 = "ministack.services.s3"
_PUT = private_api.declare(
    _S3, "_put_object", "refuse a write that a bucket's policy denies", takes=("bucket_name", "key", "body", "headers")
)
_COPY = private_api.declare(
    _S3, "_copy_object", "refuse a copy over what is there", takes=("bucket_name", "dest_key", "headers")
)
_COMPLETE = private_api.declare(
    _S3,
    "_complete_multipart_upload",
    "refuse a write that a bucket's policy denies",
    takes=("bucket_name", "key", "body", "query_params", "headers"),
)
_POLICY = private_api.declare(_S3, "bucket_policy_for_arn", "read a bucket's policy", takes=("resource_arn",))
_CONDITIONS = private_api.declare(
    _S3, "_check_put_preconditions", "look at a write's conditions", takes=("headers", "existing_obj")
)
_BUCKETS = private_api.declare(_S3, "_buckets", "see whether a copy has something to replace")
_ERROR = private_api.declare(_S3, "_error", "answer as S3 does")
Answer = Any


def install() -> None:
    """Wrap the calls that create objects."""
    put, copy, complete = _PUT.get(), _COPY.get(), _COMPLETE.get()

    def putting(bucket_name: str, key: str, body: bytes, headers: dict[str, Any]) -> Answer:
        return _denied(bucket_name, key, headers) or put(bucket_name, key, body, headers)

    def copying(bucket_name: str, dest_key: str, headers: dict[str, Any]) -> Answer:
        existing = (_BUCKETS.get().get(bucket_name) or {"objects": {}})["objects"].get(dest_key)
        refused = _denied(bucket_name, dest_key, headers) or _CONDITIONS.get()(headers, existing)
        return refused or copy(bucket_name, dest_key, headers)

    def completing(
        bucket_name: str, key: str, body: bytes, query_params: dict[str, Any], headers: dict[str, Any] | None = None
    ) -> Answer:
        refused = _denied(bucket_name, key, headers or {})
        return refused or complete(bucket_name, key, body, query_params, headers)

    for name, wrapped in ((_PUT, putting), (_COPY, copying), (_COMPLETE, completing)):
        name.set(wrapped)


def _denied(bucket: str, key: str, headers: Mapping[str, str]) -> Answer | None:
    """Return S3's refusal if the policy denies everyone this write; otherwise the caller, having no role, may do it."""
    arn = f"arn:aws:s3:::{bucket}/{key}"
    policy = (_POLICY.get()(arn) or ("", ""))[0]
    if not policy:
        return None
    context = {"aws:securetransport": "true", "s3:tlsversion": "1.3", "s3:objectcreationoperation": "true"}
    if headers.get("if-none-match"):
        context["s3:if-none-match"] = headers["if-none-match"]
    request = iam.Request("s3:PutObject", arn, context)
    if iam.decide([policy], request, speaks_of=_everybody) is not iam.Decision.DENIED:
        return None
    message = f"a policy of the bucket denies s3:PutObject on {arn} with an explicit deny in a resource-based policy"
    return _ERROR.get()("AccessDenied", message, 403)


def _everybody(statement: Mapping[str, Any]) -> bool:
    return "*" in names_of(statement.get("Principal", {}))
