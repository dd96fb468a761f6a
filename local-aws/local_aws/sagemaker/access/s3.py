"""A client for the local S3 that checks the role's permissions before each call.

Sources: Service Authorization Reference for S3; S3 User Guide "Using server-side encryption with AWS KMS keys" for the
permissions that an encrypted object requires.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws import iam
from local_aws.common import clients, scope
from local_aws.common.store import Scope
from local_aws.sagemaker.access import keys

_ON_BUCKET = {"ListObjectsV2": "s3:ListBucket", "HeadBucket": "s3:ListBucket"}
_ON_OBJECT = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObject": "s3:DeleteObject",
}
# Whether an upload call creates the object (S3 User Guide, "conditional-writes-enforce").
_CREATES = {"PutObject": True, "CompleteMultipartUpload": True, "CreateMultipartUpload": False, "UploadPart": False}
_ENCRYPTING = {"PutObject": ("kms:GenerateDataKey",), "CreateMultipartUpload": ("kms:GenerateDataKey", "kms:Decrypt")}


def client(role: iam.Role) -> Any:
    """Return the role's client for the current account and region; threads share clients."""
    return clients.s3_of_role(role.arn, lambda made: _Guard(role, scope.current()).watch(made))


class _Guard:
    """Check one role, in one account and region, because transfers run on threads that know neither."""

    def __init__(self, role: iam.Role, owner: Scope) -> None:
        self._role = role
        self._owner = owner

    def watch(self, made: Any) -> None:
        made.meta.events.register("before-parameter-build.s3", self._before)
        made.meta.events.register("after-call.s3.GetObject", self._after_get)

    def _before(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        with scope.within(self._owner):
            for action, resource, context in self._needs(model.name, params):
                self._require(model.name, action, resource, context)

    def _after_get(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        """Check the encryption key after the call: it is known only once S3 has found the object."""
        del context
        key = parsed.get("SSEKMSKeyId")
        if key:
            with scope.within(self._owner):
                self._require(model.name, "kms:Decrypt", keys.arn_of(key), self._via_s3())

    def _needs(self, operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Yield (action, resource, condition keys) for each permission that a call needs."""
        bucket = f"arn:aws:s3:::{params['Bucket']}"
        if operation in _ON_BUCKET:
            conditions = {"s3:prefix": params.get("Prefix"), "s3:delimiter": params.get("Delimiter")}
            yield (
                _ON_BUCKET[operation],
                bucket,
                {name: value for name, value in conditions.items() if value is not None},
            )
        elif operation in _ON_OBJECT:
            yield _ON_OBJECT[operation], f"{bucket}/{params['Key']}", _creation(operation, params)
        else:
            raise NotImplementedError(f"no permission is known for S3's {operation}")
        if operation not in _ENCRYPTING:
            return
        key = params.get("SSEKMSKeyId") or keys.of_bucket(params["Bucket"])
        for action in _ENCRYPTING[operation] if key else ():
            yield action, keys.arn_of(str(key)), self._via_s3()

    def _via_s3(self) -> dict[str, str]:
        return {"kms:viaservice": f"s3.{self._owner[1]}.amazonaws.com", "kms:calleraccount": self._owner[0]}

    def _require(self, operation: str, action: str, resource: str, context: Mapping[str, str]) -> None:
        try:
            self._role.require(action, resource, context)
        except iam.AccessDeniedError as denied:
            # A HEAD response has no body to hold more details.
            code, message = ("403", "Forbidden") if operation.startswith("Head") else ("AccessDenied", denied.message)
            error: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(error, operation) from None


def _creation(operation: str, params: Mapping[str, Any]) -> dict[str, str]:
    """Return the condition keys of a write."""
    if operation not in _CREATES:
        return {}
    conditions = {"s3:if-none-match": params["IfNoneMatch"]} if "IfNoneMatch" in params else {}
    return {"s3:objectcreationoperation": str(_CREATES[operation]).lower(), **conditions}
