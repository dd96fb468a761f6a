"""Fakes of the AWS services that a promotion uses, which behave as AWS documents.

Where the documents leave something open, `Answers` chooses between the possible behaviours.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from contracts.deployment.pipeline import GUARDED, STOPPED_ALARM, UNGUARDED
from tests.unit.interleavings.explorer.engine import Call, Clock, fault

PARAMETER = "/rubric/dev/approved-model"
STACK, ENDPOINT = "Rubric-dev-Serving", "rubric-dev"
UPDATE_SECONDS = 100.0
# From the metric that stops a rollout: until its alarm rings, until SageMaker has taken the rollout back, and until the
# alarm has ended.
RINGS_AFTER, TAKEN_BACK_AFTER, RINGS_FOR = 60.0, 20.0, 120.0
ALARMS = (f"{ENDPOINT}-rollback-Faults", f"{ENDPOINT}-rollback-{STOPPED_ALARM}")
ROLLOUT_ID = "rollout-1"


def artifact(name: str) -> str:
    return f"s3://artifacts/models/{name}/output/model.tar.gz"


@dataclass(frozen=True)
class Answers:
    """What the documents leave open. restores: whether ResolvedValue is the old one after a rollback. knows_token:
    whether a second UpdateStack with a token is an error; otherwise it succeeds and does nothing. events_late: seconds
    until an operation's events can be read.
    """

    restores: bool = True
    knows_token: bool = True
    events_late: float = 0.0


class Parameters:
    """Systems Manager's Parameter Store."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[str, int]] = {}

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool = False) -> dict[str, Any]:
        assert Type == "String" and Value and len(Value) <= 4096
        if Name in self.values and not Overwrite:
            raise fault("ParameterAlreadyExists")
        version = self.values.get(Name, ("", 0))[1] + 1
        self.values[Name] = (Value, version)
        return {"Version": version}

    def get_parameter(self, *, Name: str) -> dict[str, Any]:
        if Name not in self.values:
            raise fault("ParameterNotFound")
        value, version = self.values[Name]
        return {"Parameter": {"Name": Name, "Value": value, "Version": version}}

    def get_parameters_by_path(self, *, Path: str, MaxResults: int = 10, NextToken: str = "0") -> dict[str, Any]:
        assert 1 <= MaxResults <= 10
        names = sorted(name for name in self.values if name.startswith(f"{Path}/"))
        start = int(NextToken)
        page = [{"Name": name, "Value": self.values[name][0]} for name in names[start : start + MaxResults]]
        more = {"NextToken": str(start + MaxResults)} if len(names) > start + MaxResults else {}
        return {"Parameters": page, **more}

    def delete_parameter(self, *, Name: str) -> dict[str, Any]:
        if self.values.pop(Name, None) is None:
            raise fault("ParameterNotFound")
        return {}


class Endpoint:
    """SageMaker's part: configurations, each with a model of the same name, and the one that serves."""

    def __init__(self) -> None:
        self.configs: dict[str, str] = {}
        self.serves = self.artifact = ""  # the served model, whether or not its configuration still exists
        self.history: list[str] = []
        self._made = 0
        self.packages: dict[str, dict[str, Any]] = {}

    def make(self, artifact_uri: str) -> str:
        self._made += 1
        name = f"Config-{self._made}"
        self.configs[name] = artifact_uri
        return name

    def move(self, config: str) -> None:
        self.serves = config
        self.artifact = self.configs[config]
        self.history.append(self.artifact)

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        assert EndpointName == ENDPOINT
        if not self.serves:
            raise fault("ValidationException", "Could not find endpoint")
        return {"EndpointConfigName": self.serves, "EndpointStatus": "InService"}

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:
        if EndpointConfigName not in self.configs:
            raise fault("ValidationException", "Could not find endpoint configuration")
        return {"ProductionVariants": [{"ModelName": EndpointConfigName}]}

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:
        return {"PrimaryContainer": {"ModelDataUrl": self.configs[ModelName]}}

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:
        if ModelPackageName not in self.packages:
            raise fault("ValidationException", f"ModelPackage {ModelPackageName} does not exist.")
        return self.packages[ModelPackageName]

    def update_model_package(self, *, ModelPackageArn: str, ModelApprovalStatus: str) -> dict[str, Any]:
        self.packages[ModelPackageArn]["ModelApprovalStatus"] = ModelApprovalStatus
        return {}

    def list_model_packages(self, **_: Any) -> dict[str, Any]:
        return {"ModelPackageSummaryList": [{"ModelPackageArn": arn} for arn in self.packages]}


@dataclass
class Update:
    """The stack's operation. ends: when its status changes next; back: whether it is rolling back. guarded: whether
    alarms take its rollout back; stopped: whether one has.
    """

    token: str
    value: str
    ends: float
    back: bool = False
    guarded: bool = True
    stopped: bool = False


@dataclass
class Stack:
    """CloudFormation with the one stack. outcomes: by artifact, good, bad (fails and rolls back), silent (SageMaker
    takes it back and CloudFormation does not notice), stuck (fails and cannot be rolled back either) or stuck late (the
    same, with the endpoint on the new model). ringing: alarms that ring whatever serves, so
    that guarded rollouts fail. status: "" while there is none. rollback_seconds: how long that takes.
    """

    clock: Clock
    parameters: Parameters
    endpoint: Endpoint
    outcomes: dict[str, str]
    answers: Answers
    rollback_seconds: float = 0.0
    rollout_seconds: float = UPDATE_SECONDS
    ringing: set[str] = field(default_factory=set)
    status: str = ""
    value: str = ""
    shown: str = ""
    config: str = ""
    guard: str = GUARDED
    guard_before: str = GUARDED
    update: Update | None = None
    tokens: set[str] = field(default_factory=set)
    rollouts: list[tuple[str, str]] = field(default_factory=list)
    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def create(self, artifact_uri: str) -> None:
        self.status = "CREATE_COMPLETE"
        self.value = self.shown = artifact_uri
        self.config = self.endpoint.make(artifact_uri)
        self.endpoint.move(self.config)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        assert StackName == STACK
        self._check_there()
        parameter = {"ParameterKey": "ApprovedModel", "ParameterValue": PARAMETER, "ResolvedValue": self.shown}
        guard = {"ParameterKey": UNGUARDED, "ParameterValue": self.guard}
        outputs = {"EndpointName": ENDPOINT, "EndpointConfigName": self.config} if self.config else {}
        outputs |= {"RolloutId": ROLLOUT_ID}
        listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": [parameter, guard], "Outputs": listed}]}

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:
        self._check_there()
        seen = [event for at, event in self.events if at + self.answers.events_late <= self.clock.now]
        return {"StackEvents": seen[::-1]}

    def update_stack(self, *, ClientRequestToken: str = "", Parameters: Any = (), **_: Any) -> dict[str, Any]:
        if ClientRequestToken and ClientRequestToken in self.tokens:
            if self.answers.knows_token:
                raise fault("TokenAlreadyExistsException")
            return {}
        self._check_there()
        if self.update is not None or self.status in ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"):
            raise fault("ValidationError", f"Stack:arn is in {self.status} state and can not be updated.")
        value = self.parameters.get_parameter(Name=PARAMETER)["Parameter"]["Value"]
        given = {each["ParameterKey"]: each.get("ParameterValue") for each in Parameters}
        guard = given.get(UNGUARDED) or self.guard
        if (value, guard) == (self.value, self.guard):
            raise fault("ValidationError", "No updates are to be performed.")
        self.tokens.add(ClientRequestToken)
        self.rollouts.append((ClientRequestToken, value))
        self.guard_before, self.guard = self.guard, guard
        self.update = Update(
            token=ClientRequestToken,
            value=value,
            ends=self.clock.now + self.rollout_seconds,
            guarded=guard != ROLLOUT_ID,
        )
        self._turn("UPDATE_IN_PROGRESS")
        return {}

    def deploy(self) -> None:
        """`cdk deploy` of the stack by a person; does nothing if the stack cannot be updated or would not change."""
        approved = self.parameters.values.get(PARAMETER, ("", 0))[0]
        if self.update is not None or self.status == "UPDATE_ROLLBACK_FAILED" or approved in ("", self.value):
            return
        token = f"deploy-{self.clock.now}-{len(self.events)}"
        if self.status in ("", "ROLLBACK_COMPLETE"):
            self.update = Update(token=token, value=approved, ends=self.clock.now + UPDATE_SECONDS)
            self._turn("CREATE_IN_PROGRESS")
        else:
            self.update_stack(ClientRequestToken=token)

    def end(self) -> None:
        """Ends the operation, or its first part."""
        update = self.update
        assert update is not None
        outcome = self.outcomes.get(update.value, "good")
        tripped = update.stopped or (update.guarded and bool(self.ringing) and bool(self.config))
        outcome = "bad" if tripped and outcome == "good" else outcome
        if outcome in ("good", "silent"):
            self._changed(update, endpoint_moves=outcome == "good" or not self.config)
        elif not self.config:
            self._turn("ROLLBACK_IN_PROGRESS")
            self._turn("ROLLBACK_COMPLETE")
        elif not update.back and self.rollback_seconds:
            update.back, update.ends = True, self.clock.now + self.rollback_seconds
            self._turn("UPDATE_ROLLBACK_IN_PROGRESS")
            return
        else:
            if not update.back:
                self._turn("UPDATE_ROLLBACK_IN_PROGRESS")
            if outcome == "stuck late":
                self.endpoint.move(self.endpoint.make(update.value))
            self._turn("UPDATE_ROLLBACK_COMPLETE" if outcome == "bad" else "UPDATE_ROLLBACK_FAILED")
            self.shown = self.value if self.answers.restores else update.value
            self.guard = self.guard_before
        self.update = None

    def _changed(self, update: Update, *, endpoint_moves: bool) -> None:
        before, self.config = self.config, self.endpoint.make(update.value)
        self.value = self.shown = update.value
        if endpoint_moves:
            self.endpoint.move(self.config)
        self.endpoint.configs.pop(before, None)
        self._turn("UPDATE_COMPLETE" if before else "CREATE_COMPLETE")

    def mend(self) -> None:
        """ContinueUpdateRollback by a person, skipping the endpoint."""
        assert self.status == "UPDATE_ROLLBACK_FAILED"
        self._turn("UPDATE_ROLLBACK_IN_PROGRESS")
        self._turn("UPDATE_ROLLBACK_COMPLETE")

    def _check_there(self) -> None:
        if not self.status:
            raise fault("ValidationError", f"Stack with id {STACK} does not exist")

    def _turn(self, status: str) -> None:
        self.status = status
        event = {"ResourceStatus": status, "PhysicalResourceId": "id", "StackId": "id",
                 "Timestamp": self.clock.moment()}  # fmt: skip
        if self.update is not None and self.update.token:
            event["ClientRequestToken"] = self.update.token
        self.events.append((self.clock.now, event))


class Alarms:
    """CloudWatch. stopped: when the metric that stops a rollout was last written."""

    def __init__(self, clock: Clock, stack: Stack) -> None:
        self._clock, self._stack = clock, stack
        self.stopped = -1e12
        self.answered: dict[str, int] = {}  # requests, by endpoint configuration

    def put(self, name: str) -> None:
        """Takes a metric of the function's."""
        if name == "RolloutStopped":
            self.stopped = self._clock.now
            update = self._stack.update
            if update is not None and update.guarded and not update.back and self._stack.config:
                update.stopped = True
                update.ends = min(update.ends, self._clock.now + RINGS_AFTER + TAKEN_BACK_AFTER)

    def describe_alarms(self, *, AlarmNames: list[str], StateValue: str) -> dict[str, Any]:
        assert StateValue == "ALARM"
        ringing = set(self._stack.ringing)
        if RINGS_AFTER <= self._clock.now - self.stopped < RINGS_AFTER + RINGS_FOR:
            ringing.add(ALARMS[1])
        return {"MetricAlarms": [{"AlarmName": name} for name in AlarmNames if name in ringing]}

    def get_metric_statistics(self, *, Dimensions: list[dict[str, str]], **_: Any) -> dict[str, Any]:
        [config] = [each["Value"] for each in Dimensions if each["Name"] == "EndpointConfigName"]
        return {"Datapoints": [{"Sum": float(self.answered.get(config, 0))}]}


class Cloud:
    """All services. executions: DescribeExecution's data, which their runner adds."""

    def __init__(self, *, outcomes: dict[str, str], answers: Answers, rollback_seconds: float = 0.0) -> None:
        self.clock = Clock()
        self.metrics: list[tuple[str, int]] = []
        self.parameters, self.endpoint = Parameters(), Endpoint()
        self.stack = Stack(self.clock, self.parameters, self.endpoint, outcomes, answers, rollback_seconds)
        self.alarms = Alarms(self.clock, self.stack)
        self.executions: dict[str, Any] = {}
        self.starts: Callable[[str, dict[str, Any]], None] = lambda name, payload: None
        self.objects: dict[str, bytes] = {}
        self._services: dict[str, Any] = {
            "ssm": self.parameters,
            "sagemaker": self.endpoint,
            "cloudformation": self.stack,
            "cloudwatch": self.alarms,
            "stepfunctions": self,
            "s3": self,
        }

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        if executionArn not in self.executions:
            raise fault("ExecutionDoesNotExist")
        execution = self.executions[executionArn]
        stopped = {} if execution.running else {"stopDate": _moment(execution.stopped)}
        return {"status": execution.status, **stopped}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        if any(arn.endswith(f":{name}") for arn in self.executions):
            raise fault("ExecutionAlreadyExists")
        self.starts(name, json.loads(input))
        return {"executionArn": stateMachineArn}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise fault("NoSuchKey")
        return {"Body": SimpleNamespace(iter_chunks=lambda _: iter([self.objects[Key]]))}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> dict[str, Any]:
        self.objects[Key] = Body
        return {}

    def make(self, call: Call) -> Any:
        """Answers a call."""
        operation: Callable[..., Any] = getattr(self._services[call.service], call.operation)
        return operation(**call.arguments)


def _moment(seconds: float) -> Any:
    clock = Clock()
    clock.now = seconds
    return clock.moment()
