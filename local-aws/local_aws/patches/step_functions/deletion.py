"""Keep a state machine with running executions in DELETING until they end; CloudFormation waits for that.

An execution ends at its next state transition, or when it is stopped (DeleteStateMachine in Step Functions' API
reference). MiniStack forgets both immediately. CloudFormation's wait is reported by users (aws/copilot-cli#5607); AWS
does not document it.
"""

import contextvars
import threading
import time
from typing import Any

from local_aws import private_api

_PURPOSE = "keep a state machine until its executions are over"
_MODULE = "ministack.services.stepfunctions"
_DELETE = private_api.declare(_MODULE, "_delete_state_machine", _PURPOSE, takes=("data",))
_START = private_api.declare(_MODULE, "_start_execution", _PURPOSE, takes=("data",))
_STOP = private_api.declare(_MODULE, "_stop_execution", _PURPOSE, takes=("data",))
_RESOLVE = private_api.declare(_MODULE, "_resolve_state_machine_arn", _PURPOSE)
_EVENT = private_api.declare(_MODULE, "_add_event", _PURPOSE, takes=("execution", "event_type", "details"))
_MACHINES = private_api.declare(_MODULE, "_state_machines", _PURPOSE)
_EXECUTIONS = private_api.declare(_MODULE, "_executions", _PURPOSE)
_ERROR = private_api.declare("ministack.core.responses", "error_response_json", _PURPOSE)
_JSON = private_api.declare("ministack.core.responses", "json_response", _PURPOSE)
_HANDLERS = private_api.declare("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS", _PURPOSE)
_ON_WORKER = private_api.declare(
    "ministack.services.cloudformation.stacks", "_runs_on_worker_thread", _PURPOSE, takes=("resource_type",)
)

_TYPE = "AWS::StepFunctions::StateMachine"
_DELETING = "DELETING"
_POLL = 0.2


def install() -> None:
    """Replace the deletion, and wrap the functions that must know about it."""
    delete, start, add, on_worker = _DELETE.get(), _START.get(), _EVENT.get(), _ON_WORKER.get()

    def deleting(data: dict[str, Any]) -> Any:
        arn = str(data.get("stateMachineArn"))
        machine = _MACHINES.get().get(arn)
        if machine is None or not _runs(arn):
            return delete(data)
        if machine["status"] != _DELETING:
            machine["status"] = _DELETING
            # The context carries the account and region.
            context = contextvars.copy_context()
            threading.Thread(target=context.run, args=(_finish, delete, arn), daemon=True).start()
        return _JSON.get()({})

    def starting(data: dict[str, Any]) -> Any:
        machine = _MACHINES.get().get(_RESOLVE.get()(str(data.get("stateMachineArn")).split("#")[0]) or "")
        if machine is not None and machine["status"] == _DELETING:
            return _ERROR.get()("StateMachineDeleting", f"State Machine is deleting: '{data['stateMachineArn']}'", 400)
        return start(data)

    def adding(execution: dict[str, Any], event_type: str, details: Any = None) -> Any:
        event = add(execution, event_type, details)
        machine = _MACHINES.get().get(execution["stateMachineArn"])
        if machine is not None and machine["status"] == _DELETING and event_type.endswith("StateExited"):
            _STOP.get()({"executionArn": execution["executionArn"]})
        return event

    def delete_resource(physical_id: str, properties: dict[str, Any]) -> None:
        del properties
        deleting({"stateMachineArn": physical_id})
        while physical_id in _MACHINES.get():
            time.sleep(_POLL)

    _DELETE.set(deleting)
    _START.set(starting)
    _EVENT.set(adding)
    _HANDLERS.get()[_TYPE]["delete"] = delete_resource
    _ON_WORKER.set(lambda resource_type: resource_type == _TYPE or bool(on_worker(resource_type)))


def _runs(machine_arn: str) -> bool:
    executions = list(_EXECUTIONS.get().values())
    return any(one["stateMachineArn"] == machine_arn and one["status"] == "RUNNING" for one in executions)


def _finish(delete: Any, machine_arn: str) -> None:
    while _runs(machine_arn):
        time.sleep(_POLL)
    delete({"stateMachineArn": machine_arn})
