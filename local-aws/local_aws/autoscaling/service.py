"""The Application Auto Scaling API, with its own store."""

import hashlib
import time
import uuid
from typing import Any

from local_aws.common import shapes
from local_aws.common.errors import ApiError, validation
from local_aws.common.json_service import JsonService
from local_aws.common.paging import paged
from local_aws.common.store import Record

SERVICE = "application-autoscaling"
_TARGET, _POLICY = "scalable-target", "scaling-policy"
_PAGE = 50
_IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class AutoScaling(JsonService):
    """The service."""

    def __init__(self) -> None:
        super().__init__(SERVICE)
        self.operations = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe_targets,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DescribeScalingActivities": self._describe_activities,
            "DescribeScheduledActions": self._describe_scheduled,
            "ListTagsForResource": self._tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def _register(self, request: dict[str, Any]) -> Record:
        key = _key(request)
        existing = self.store.get(_TARGET, key)
        if existing is None and not {"MinCapacity", "MaxCapacity"} <= request.keys():
            raise validation("MinCapacity and MaxCapacity are required when registering a new scalable target")
        record = {
            **(existing or self._new_target(request)),
            **{name: value for name, value in request.items() if name != "Tags"},
        }
        if record["MinCapacity"] > record["MaxCapacity"]:
            raise validation("Maximum capacity cannot be less than minimum capacity")
        self.store.put(_TARGET, key, record)
        if request.get("Tags"):
            self.store.set_tags(record["ScalableTargetARN"], request["Tags"])
        return record

    def _new_target(self, request: dict[str, Any]) -> Record:
        suspended = {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        }
        account, region = self.store.scope()
        digest = hashlib.sha256(_key(request).encode()).hexdigest()[:29]
        return {
            "ScalableTargetARN": f"arn:aws:{SERVICE}:{region}:{account}:scalable-target/0m{digest}",
            "RoleARN": f"arn:aws:iam::{account}:role/aws-service-role/sagemaker.{SERVICE}.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
            "CreationTime": time.time(),
            "SuspendedState": suspended,
        }

    def _deregister(self, request: dict[str, Any]) -> Record:
        target = self._target(request)
        key = _key(request)
        for policy in self.store.all(_POLICY):
            if _key(policy) == key:
                self.store.remove(_POLICY, _policy_key(policy))
        self.store.remove(_TARGET, key)
        self.store.set_tags(target["ScalableTargetARN"], {})
        return {}

    def _put_policy(self, request: dict[str, Any]) -> Record:
        self._target(request)
        key = _policy_key(request)
        existing = self.store.get(_POLICY, key)
        if existing is None and "PolicyType" not in request:
            raise validation("PolicyType is required when creating a new scaling policy")
        namespace, resource = request["ServiceNamespace"], request["ResourceId"]
        where = f"scalingPolicy:{uuid.uuid4()}:resource/{namespace}/{resource}:policyName/{request['PolicyName']}"
        new = {"PolicyARN": self.store.arn(where, service="autoscaling"), "CreationTime": time.time(), "Alarms": []}
        record = {**(existing or new), **request}
        self.store.put(_POLICY, key, record)
        return record

    def _delete_policy(self, request: dict[str, Any]) -> Record:
        key = _policy_key(request)
        if self.store.get(_POLICY, key) is None:
            raise _missing(f"No scaling policy found for {_described(request)} policyName: {request['PolicyName']}")
        self.store.remove(_POLICY, key)
        return {}

    def _describe_targets(self, request: dict[str, Any]) -> Record:
        ids = request.get("ResourceIds")
        rows = [row for row in self._matching(_TARGET, request) if ids is None or row["ResourceId"] in ids]
        return self._page("ScalableTargets", rows, request)

    def _describe_policies(self, request: dict[str, Any]) -> Record:
        names = request.get("PolicyNames")
        rows = [
            row
            for row in self._matching(_POLICY, request)
            if (names is None or row["PolicyName"] in names) and request.get("ResourceId") in (None, row["ResourceId"])
        ]
        return self._page("ScalingPolicies", rows, request)

    def _describe_activities(self, request: dict[str, Any]) -> Record:
        return {"ScalingActivities": []}

    def _describe_scheduled(self, request: dict[str, Any]) -> Record:
        return {"ScheduledActions": []}

    def _tags(self, request: dict[str, Any]) -> Record:
        return {"Tags": self.store.tags(self._tagged(request))}

    def _tag(self, request: dict[str, Any]) -> Record:
        arn = self._tagged(request)
        self.store.set_tags(arn, self.store.tags(arn) | request["Tags"])
        return {}

    def _untag(self, request: dict[str, Any]) -> Record:
        arn = self._tagged(request)
        self.store.set_tags(
            arn, {key: value for key, value in self.store.tags(arn).items() if key not in request["TagKeys"]}
        )
        return {}

    def _tagged(self, request: dict[str, Any]) -> str:
        arn: str = request["ResourceARN"]
        if not any(target["ScalableTargetARN"] == arn for target in self.store.all(_TARGET)):
            raise ApiError("ResourceNotFoundException", f"No scalable target has the ARN {arn}")
        return arn

    def _target(self, request: dict[str, Any]) -> Record:
        target = self.store.get(_TARGET, _key(request))
        if target is None:
            raise _missing(f"No scalable target registered for {_described(request)}")
        return target

    def _matching(self, kind: str, request: dict[str, Any]) -> list[Record]:
        return [
            row
            for row in self.store.all(kind)
            if row["ServiceNamespace"] == request["ServiceNamespace"]
            and request.get("ScalableDimension") in (None, row["ScalableDimension"])
        ]

    def _page(self, member: str, rows: list[Record], request: dict[str, Any]) -> Record:
        page, following = paged(rows, request, size=_PAGE)
        items = [shapes.summary(SERVICE, f"Describe{member}", member, row) for row in page]
        return {member: items} | ({"NextToken": following} if following else {})


def _key(record: dict[str, Any]) -> str:
    return "|".join(record[name] for name in _IDENTITY)


def _policy_key(record: dict[str, Any]) -> str:
    return f"{_key(record)}|{record['PolicyName']}"


def _described(request: dict[str, Any]) -> str:
    namespace, resource, dimension = (request[name] for name in _IDENTITY)
    return f"service namespace: {namespace}, resource ID: {resource}, scalable dimension: {dimension}"


def _missing(message: str) -> ApiError:
    return ApiError("ObjectNotFoundException", message)
