"""CloudFormation resource types for Application Auto Scaling."""

from typing import Any

from local_aws import private_api
from local_aws.autoscaling.service import SERVICE, AutoScaling
from local_aws.common import shapes
from local_aws.common.errors import ApiError
from local_aws.sagemaker.integrations.cloudformation import ResourceError, run_off_loop

_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_HANDLERS = private_api.declare(_PROVISIONERS, "_RESOURCE_HANDLERS", "provision scalable targets and scaling policies")
_REPLACING = private_api.declare(
    _PROVISIONERS, "_REPLACING_PROPERTIES", "replace scalable targets and scaling policies"
)

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
_IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")

Properties = dict[str, Any]


def install(autoscaling: AutoScaling) -> None:
    types = _Types(autoscaling)
    _HANDLERS.get()[TARGET] = {
        "create": lambda logical_id, properties, stack_name: types.put_target(properties),
        "update": lambda physical_id, old, new, stack_name: types.put_target(new),
        "delete": lambda physical_id, properties: types.delete_target(physical_id),
    }
    _HANDLERS.get()[POLICY] = {
        "create": lambda logical_id, properties, stack_name: types.put_policy(properties),
        "update": lambda physical_id, old, new, stack_name: types.put_policy(new),
        "delete": lambda physical_id, properties: types.delete_policy(properties),
    }
    _REPLACING.get()[TARGET] = _IDENTITY
    _REPLACING.get()[POLICY] = ("PolicyName", *_IDENTITY, "ScalingTargetId")
    run_off_loop(("AWS::ApplicationAutoScaling::",))


class _Types:
    def __init__(self, autoscaling: AutoScaling) -> None:
        self._autoscaling = autoscaling

    def put_target(self, properties: Properties) -> tuple[str, Properties]:
        """Register a target. Its Ref is `resource id|scalable dimension|service namespace`."""
        request = self._call(
            "RegisterScalableTarget", {name: properties[name] for name in properties if name != "Tags"}
        )
        physical_id = "|".join(request[name] for name in _IDENTITY)
        self._put_actions(_identity(physical_id), properties.get("ScheduledActions") or [])
        return physical_id, {"Id": physical_id}

    def _put_actions(self, identity: Properties, actions: list[Properties]) -> None:
        """Have exactly these scheduled actions."""
        answer = self._autoscaling.call("DescribeScheduledActions", identity)
        kept = {action["ScheduledActionName"] for action in actions}
        for action in answer["ScheduledActions"]:
            if action["ScheduledActionName"] not in kept:
                name = {"ScheduledActionName": action["ScheduledActionName"]}
                self._autoscaling.call("DeleteScheduledAction", identity | name)
        for action in actions:
            self._call("PutScheduledAction", identity | action)

    def delete_target(self, physical_id: str) -> None:
        self._delete("DeregisterScalableTarget", _identity(physical_id))

    def put_policy(self, properties: Properties) -> tuple[str, Properties]:
        """Create or update a policy. Its Ref is the ARN."""
        request = _with_identity(properties)
        self._call("PutScalingPolicy", request)
        answer = self._autoscaling.call(
            "DescribeScalingPolicies",
            {
                "ServiceNamespace": request["ServiceNamespace"],
                "ResourceId": request["ResourceId"],
                "ScalableDimension": request["ScalableDimension"],
                "PolicyNames": [request["PolicyName"]],
            },
        )
        arn = answer["ScalingPolicies"][0]["PolicyARN"]
        return arn, {"Arn": arn}

    def delete_policy(self, properties: Properties) -> None:
        self._delete("DeleteScalingPolicy", _with_identity(properties))

    def _delete(self, operation: str, properties: Properties) -> None:
        request = shapes.request_from_properties(SERVICE, operation, properties)
        try:
            self._autoscaling.call(operation, request)
        except ApiError as error:
            if error.code != "ObjectNotFoundException":
                raise ResourceError(error.message) from None

    def _call(self, operation: str, properties: Properties) -> Properties:
        """Call the operation and return the request it was given."""
        try:
            request = shapes.request_from_properties(SERVICE, operation, properties)
            self._autoscaling.call(operation, request)
        except ApiError as error:
            raise ResourceError(
                f"{error.message} (Service: ApplicationAutoScaling, Error Code: {error.code})"
            ) from None
        return request


def _with_identity(properties: Properties) -> Properties:
    """Resolve the policy's target, given as ScalingTargetId or as the target's three properties."""
    request = {name: value for name, value in properties.items() if name != "ScalingTargetId"}
    return request | (_identity(properties["ScalingTargetId"]) if "ScalingTargetId" in properties else {})


def _identity(physical_id: str) -> Properties:
    return dict(zip(_IDENTITY, physical_id.split("|"), strict=True))
