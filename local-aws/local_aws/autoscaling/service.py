"""The Application Auto Scaling API, with its own store."""

import hashlib
import time
import uuid
from typing import Any

from local_aws.autoscaling import schedules
from local_aws.common import shapes
from local_aws.common.errors import ApiError, validation
from local_aws.common.json_service import JsonService
from local_aws.common.paging import paged
from local_aws.common.store import Record

SERVICE = "application-autoscaling"
TARGET, POLICY, SCHEDULED, _ACTIVITY = "scalable-target", "scaling-policy", "scheduled-action", "scaling-activity"
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
            "PutScheduledAction": self._put_scheduled,
            "DeleteScheduledAction": self._delete_scheduled,
            "DescribeScheduledActions": self._describe_scheduled,
            "ListTagsForResource": self._tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def _register(self, request: dict[str, Any]) -> Record:
        key = key_of(request)
        existing = self.store.get(TARGET, key)
        if existing is None and not {"MinCapacity", "MaxCapacity"} <= request.keys():
            raise validation("MinCapacity and MaxCapacity are required when registering a new scalable target")
        record = {
            **(existing or self._new_target(request)),
            **{name: value for name, value in request.items() if name != "Tags"},
        }
        if record["MinCapacity"] > record["MaxCapacity"]:
            raise validation("Maximum capacity cannot be less than minimum capacity")
        # "Otherwise, it changes the resource's current capacity to a value that is inside of this range."
        record["Bounds"] = "registration of the scalable target"
        self.store.put(TARGET, key, record)
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
        digest = hashlib.sha256(key_of(request).encode()).hexdigest()[:29]
        return {
            "ScalableTargetARN": f"arn:aws:{SERVICE}:{region}:{account}:scalable-target/0m{digest}",
            "RoleARN": f"arn:aws:iam::{account}:role/aws-service-role/sagemaker.{SERVICE}.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
            "CreationTime": time.time(),
            "SuspendedState": suspended,
        }

    def _deregister(self, request: dict[str, Any]) -> Record:
        target = self._target(request)
        key = key_of(request)
        for policy in self.store.all(POLICY):
            if key_of(policy) == key:
                self.store.remove(POLICY, _policy_key(policy))
        for action in self.store.all(SCHEDULED):
            if key_of(action) == key:
                self.store.remove(SCHEDULED, _action_key(action))
        self.store.remove(TARGET, key)
        self.store.set_tags(target["ScalableTargetARN"], {})
        return {}

    def _put_policy(self, request: dict[str, Any]) -> Record:
        self._target(request)
        key = _policy_key(request)
        existing = self.store.get(POLICY, key)
        if existing is None and "PolicyType" not in request:
            raise validation("PolicyType is required when creating a new scaling policy")
        namespace, resource = request["ServiceNamespace"], request["ResourceId"]
        where = f"scalingPolicy:{uuid.uuid4()}:resource/{namespace}/{resource}:policyName/{request['PolicyName']}"
        new = {"PolicyARN": self.store.arn(where, service="autoscaling"), "CreationTime": time.time(), "Alarms": []}
        record = {**(existing or new), **request}
        self.store.put(POLICY, key, record)
        return record

    def _delete_policy(self, request: dict[str, Any]) -> Record:
        key = _policy_key(request)
        if self.store.get(POLICY, key) is None:
            raise _missing(f"No scaling policy found for {_described(request)} policyName: {request['PolicyName']}")
        self.store.remove(POLICY, key)
        return {}

    def _describe_targets(self, request: dict[str, Any]) -> Record:
        ids = request.get("ResourceIds")
        rows = [row for row in self._matching(TARGET, request) if ids is None or row["ResourceId"] in ids]
        return self._page("ScalableTargets", rows, request)

    def _describe_policies(self, request: dict[str, Any]) -> Record:
        names = request.get("PolicyNames")
        rows = [
            row
            for row in self._matching(POLICY, request)
            if (names is None or row["PolicyName"] in names) and request.get("ResourceId") in (None, row["ResourceId"])
        ]
        return self._page("ScalingPolicies", rows, request)

    def _describe_activities(self, request: dict[str, Any]) -> Record:
        wanted = request.get("ResourceId")
        rows = [row for row in self._matching(_ACTIVITY, request) if wanted in (None, row["ResourceId"])]
        return self._page("ScalingActivities", rows[::-1], request)

    def _put_scheduled(self, request: dict[str, Any]) -> Record:
        target = self._target(request)
        existing = self.store.get(SCHEDULED, _action_key(request))
        if existing is None and not {"Schedule", "ScalableTargetAction"} <= request.keys():
            raise validation("Schedule and ScalableTargetAction are required when creating a new scheduled action")
        limits = request.get("ScalableTargetAction") or {}
        if existing is None and not limits:
            raise validation("ScalableTargetAction must have a MinCapacity or a MaxCapacity")
        if limits.get("MinCapacity", 0) > limits.get("MaxCapacity", limits.get("MinCapacity", 0)):
            raise validation("Maximum capacity cannot be less than minimum capacity")
        account, region = self.store.scope()
        where = f"scheduledAction:{uuid.uuid4()}:resource/{target['ServiceNamespace']}/{target['ResourceId']}"
        arn = f"arn:aws:autoscaling:{region}:{account}:{where}:scheduledActionName/{request['ScheduledActionName']}"
        new = {"ScheduledActionARN": arn, "CreationTime": time.time()}
        record = {**(existing or new), **request}
        record["NextAt"] = schedules.following(record, after=time.time())
        self.store.put(SCHEDULED, _action_key(request), record)
        return {}

    def _delete_scheduled(self, request: dict[str, Any]) -> Record:
        if self.store.get(SCHEDULED, _action_key(request)) is None:
            name = request["ScheduledActionName"]
            raise _missing(f"No scheduled action found for {_described(request)}, scheduled action name: {name}")
        self.store.remove(SCHEDULED, _action_key(request))
        return {}

    def _describe_scheduled(self, request: dict[str, Any]) -> Record:
        names, wanted = request.get("ScheduledActionNames"), request.get("ResourceId")
        rows = [
            row
            for row in self._matching(SCHEDULED, request)
            if wanted in (None, row["ResourceId"]) and (names is None or row["ScheduledActionName"] in names)
        ]
        return self._page("ScheduledActions", rows, request)

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
        if not any(target["ScalableTargetARN"] == arn for target in self.store.all(TARGET)):
            raise ApiError("ResourceNotFoundException", f"No scalable target has the ARN {arn}")
        return arn

    def _target(self, request: dict[str, Any]) -> Record:
        target = self.store.get(TARGET, key_of(request))
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


def key_of(record: dict[str, Any]) -> str:
    """Return what identifies the scalable target of a record."""
    return "|".join(record[name] for name in _IDENTITY)


def _policy_key(record: dict[str, Any]) -> str:
    return f"{key_of(record)}|{record['PolicyName']}"


def _action_key(record: dict[str, Any]) -> str:
    return f"{key_of(record)}|{record['ScheduledActionName']}"


def _described(request: dict[str, Any]) -> str:
    namespace, resource, dimension = (request[name] for name in _IDENTITY)
    return f"service namespace: {namespace}, resource ID: {resource}, scalable dimension: {dimension}"


def _missing(message: str) -> ApiError:
    return ApiError("ObjectNotFoundException", message)
