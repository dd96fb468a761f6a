"""Make CloudFormation refuse to delete a non-empty bucket, and apply LoggingConfiguration.

MiniStack deletes the bucket with everything in it, and ignores the configuration.
"""

from typing import Any
from xml.sax.saxutils import escape

from local_aws import private_api
from local_aws.patches.s3 import access_logs

_HANDLERS = private_api.declare(
    "ministack.services.cloudformation.provisioners",
    "_RESOURCE_HANDLERS",
    "refuse to delete a bucket that is not empty",
    expects=lambda handlers: {"create", "update", "delete"} <= set(handlers.get("AWS::S3::Bucket", {})),
)
_BUCKETS = private_api.declare("ministack.services.s3", "_buckets", "see whether a bucket is empty")
_HAS_VERSIONS = private_api.declare(
    "ministack.services.s3", "_bucket_has_versions", "see whether a bucket is empty", takes=("name",)
)
_PUT_LOGGING = private_api.declare(
    "ministack.services.s3", "_put_bucket_logging", "set a bucket's access logging", takes=("name", "body")
)


class BucketNotEmpty(Exception):  # noqa: N818 (S3's name for it)
    """The bucket has objects, versions or delete markers; the message is AWS's."""


def install() -> None:
    """Wrap the handlers of the resource type."""
    handlers = _HANDLERS.get()["AWS::S3::Bucket"]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def creating(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, props, stack_name)
        _log(made[0], props)
        return made

    def updating(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Any:
        made = update(physical_id, old, new, stack_name)
        _log(made[0], new)
        return made

    def deleting(physical_id: str, props: dict[str, Any]) -> None:
        access_logs.arrive(physical_id)
        bucket = _BUCKETS.get().get(physical_id)
        if bucket is not None and (bucket["objects"] or _HAS_VERSIONS.get()(physical_id)):
            raise BucketNotEmpty("The bucket you tried to delete is not empty (Service: S3, Status Code: 409)")
        delete(physical_id, props)

    handlers |= {"create": creating, "update": updating, "delete": deleting}


def _log(bucket: str, props: dict[str, Any]) -> None:
    logging = props.get("LoggingConfiguration") or {}
    target = logging.get("DestinationBucketName")
    enabled = (
        f"<LoggingEnabled><TargetBucket>{escape(target)}</TargetBucket>"
        f"<TargetPrefix>{escape(logging.get('LogFilePrefix', ''))}</TargetPrefix></LoggingEnabled>"
        if target
        else ""
    )
    _PUT_LOGGING.get()(bucket, f"<BucketLoggingStatus>{enabled}</BucketLoggingStatus>".encode())
