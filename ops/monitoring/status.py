"""The state of an environment, for `rubric status`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets, stack_outputs
from ops.deployment.cloud import Cloud
from ops.errors import OpsError, code_of
from ops.models import promotions, registry
from ops.monitoring import alarms, wakes
from ops.monitoring.wakes import Sleep

SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@dataclass(frozen=True)
class Ringing:
    """An alarm that is ringing, why, and the name of its page in docs/runbooks."""

    name: str
    reason: str
    runbook: str


@dataclass(frozen=True)
class State:
    """An environment at a glance.

    model_version: the approved model; serving_version: the one that the endpoint serves, "" if that is not known.
    trained: whether a trained model answers; else bedrock_model does. sleep: of a model that may sleep.
    """

    env: str
    trained: bool
    bedrock_model: str
    stacks: list[dict[str, str]]
    api_url: str
    endpoint: str
    endpoint_status: str
    endpoint_failure: str
    model_version: str
    serving_version: str
    accuracy: float | None
    macro_f1: float | None
    alarms: list[Ringing]
    sleep: Sleep | None = None

    @property
    def healthy(self) -> bool:
        """Whether all stacks are stable, no alarm rings and a trained model's endpoint serves the approved model.

        A Bedrock model has no state of its own; the API's alarms report its failures.
        """
        settled = all(stack["status"] in SETTLED for stack in self.stacks)
        serves = not self.trained or (self.endpoint_status == "InService" and not self.differs)
        return bool(self.stacks) and settled and serves and not self.alarms

    @property
    def differs(self) -> bool:
        """Whether the model that serves is not the approved one: during a rollout, or after a stopped one."""
        return bool(self.serving_version) and self.serving_version != self.model_version

    def as_dict(self) -> dict[str, Any]:
        """The JSON output."""
        return {"healthy": self.healthy, **asdict(self)}


def read(cloud: Cloud) -> State:
    """Read the state. Raises OpsError if nothing is deployed."""
    stacks = cloud.stacks
    if not stacks.by_part:
        stacks.need(stack_outputs.API_URL)
    classifier = cloud.settings.classifier
    endpoint = stacks.get(stack_outputs.ENDPOINT_NAME) or ""
    status, failure = _endpoint(cloud, endpoint)
    version, accuracy, macro_f1 = _model(cloud)
    return State(
        env=cloud.env,
        trained=classifier.trained,
        bedrock_model="" if classifier.trained else str(classifier.bedrock.model_id),
        stacks=[
            {"name": stack.name, "status": stack.status, "changed": stack.changed} for stack in stacks.by_part.values()
        ],
        api_url=stacks.get(stack_outputs.API_URL) or "",
        endpoint=endpoint,
        endpoint_status=status,
        endpoint_failure=failure,
        model_version=version,
        serving_version=buckets.model_version(promotions.serving_uri(cloud)),
        accuracy=accuracy,
        macro_f1=macro_f1,
        sleep=wakes.read(cloud),
        alarms=[Ringing(each.name, each.reason, each.runbook) for each in alarms.deployed(cloud, state=alarms.ALARM)],
    )


def _endpoint(cloud: Cloud, name: str) -> tuple[str, str]:
    if not name:
        return "not deployed", ""
    try:
        answer = cloud.client("sagemaker").describe_endpoint(EndpointName=name)
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
        return "missing", ""
    return answer["EndpointStatus"], answer.get("FailureReason", "")


def _model(cloud: Cloud) -> tuple[str, float | None, float | None]:
    if cloud.stacks.get(stack_outputs.APPROVED_MODEL_PARAMETER_NAME) is None:
        return "", None, None
    version = registry.approved_version(cloud)
    if not version:
        return "", None, None
    try:
        model = registry.find(cloud, version)
    except OpsError:  # it serves but is no longer in the registry, so its figures are unknown
        return version, None, None
    return version, model.figure("accuracy"), model.figure("macro_f1")
