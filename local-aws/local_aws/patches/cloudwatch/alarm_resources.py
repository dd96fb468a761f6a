"""Alarm types that MiniStack's CloudFormation refuses: metric math in AWS::CloudWatch::Alarm, and composite alarms."""

import json
from collections.abc import Mapping
from typing import Any

from local_aws import private_api

_CLOUDWATCH = "ministack.services.cloudwatch"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_RECORD = private_api.declare(
    _PROVISIONERS, "_cw_metric_alarm_record", "create metric math alarms in a stack", takes=("name", "props")
)
_PUT = private_api.declare(
    _CLOUDWATCH,
    "_put_metric_alarm",
    "keep the queries of a metric math alarm",
    takes=("params", "cbor_data", "is_cbor", "is_json"),
)
_ALARMS = private_api.declare(_CLOUDWATCH, "_alarms", "keep the queries of a metric math alarm")
_HANDLERS = private_api.declare(_PROVISIONERS, "_RESOURCE_HANDLERS", "create composite alarms in a stack")
_NAME = private_api.declare(
    _PROVISIONERS,
    "_physical_name",
    "name composite alarms in a stack",
    takes=("stack_name", "logical_id", "lowercase", "max_len", "seeded"),
)
_PUT_COMPOSITE = private_api.declare(
    _CLOUDWATCH,
    "_put_composite_alarm",
    "create composite alarms in a stack",
    takes=("params", "cbor_data", "is_cbor", "is_json"),
)
_COMPOSITES = private_api.declare(_CLOUDWATCH, "_composite_alarms", "create composite alarms in a stack")
_DELETE = private_api.declare(
    _CLOUDWATCH,
    "_delete_alarms",
    "delete composite alarms with their stack",
    takes=("params", "cbor_data", "is_cbor", "is_json"),
)

_COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
_FOR_QUERIES = {"MetricName": None, "Namespace": None, "Statistic": None, "ExtendedStatistic": None, "Period": None}


def install() -> None:
    """Accept Metrics in alarms and add a resource handler for composite alarms."""
    record, put = _RECORD.get(), _PUT.get()

    def with_queries(name: str, props: dict[str, Any]) -> Any:
        if not props.get("Metrics"):
            return record(name, props)
        plain = {**props, "Metrics": None, "MetricName": "math", "Namespace": "math"}
        return {**record(name, plain), **_FOR_QUERIES, "Metrics": queries(props["Metrics"])}

    def put_with_queries(params: Any, cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        response = put(params, cbor_data, is_cbor, is_json)
        if response[0] < 300 and (is_cbor or is_json) and cbor_data.get("Metrics"):
            alarm = _ALARMS.get()[cbor_data["AlarmName"]]
            alarm.update({**_FOR_QUERIES, "Metrics": queries(cbor_data["Metrics"])})
        return response

    _RECORD.set(with_queries)
    _PUT.set(put_with_queries)
    _HANDLERS.get()[_COMPOSITE] = {
        "create": _create_composite,
        "update": _update_composite,
        "delete": _delete_composite,
    }


def queries(metrics: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Convert metric queries to the API's types; templates may use strings."""
    result = []
    for metric in metrics:
        query: dict[str, Any] = {key: value for key, value in metric.items() if value is not None}
        if "ReturnData" in query:
            query["ReturnData"] = str(query["ReturnData"]).lower() == "true"
        if "Period" in query:
            query["Period"] = int(query["Period"])
        if "MetricStat" in query:
            stat = query["MetricStat"]
            query["MetricStat"] = {**stat, "Period": int(stat.get("Period") or 60)}
        result.append(query)
    return result


def _create_composite(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
    name = props.get("AlarmName") or _NAME.get()(stack_name, logical_id, max_len=255)
    return _put_composite(name, props)


def _update_composite(physical_id: str, old_props: Any, new_props: dict[str, Any], stack_name: str) -> Any:
    if new_props.get("AlarmName", physical_id) != physical_id:
        created = _put_composite(new_props["AlarmName"], new_props)
        _delete_composite(physical_id, old_props)
        return created
    return _put_composite(physical_id, new_props)


def _put_composite(name: str, props: dict[str, Any]) -> Any:
    data = {**props, "AlarmName": name, "ActionsEnabled": str(props.get("ActionsEnabled", True)).lower() == "true"}
    _accepted(_PUT_COMPOSITE.get()({}, data, False, True))
    return name, {"Arn": _COMPOSITES.get()[name]["AlarmArn"]}


def _delete_composite(physical_id: str, props: Any) -> None:
    if physical_id in _COMPOSITES.get():
        _accepted(_DELETE.get()({}, {"AlarmNames": [physical_id]}, False, True))


def _accepted(response: Any) -> None:
    status, _, body = response
    if status >= 300:
        raise ValueError(json.loads(body).get("message", body))
