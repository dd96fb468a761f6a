"""A Serving stack with the real promotion on a local AWS, for the tests of promotion."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment.pipeline import GUARDED, STOPPED_ALARM, UNGUARDED
from local_aws_testing.cloud import BUCKET, MACHINE_ROLE, ROLE, SERVE, Cloud
from local_aws_testing.server import wait_for
from stacks.training.machines import promotion
from tests.contract.sagemaker.functions import make_real_function

PARAMETER, APPROVALS = "/rubric/test/approved-model", "/rubric/test/approvals"
PROMOTIONS, GROUP = "/rubric/test/promotions", "rubric-test"
STACK, ENDPOINT, ALARM = "Rubric-test-Serving", "rubric-test", "too-many-faults"
STOPPED = f"{ENDPOINT}-rollback-{STOPPED_ALARM}"


def artifact(name: str) -> str:
    return f"s3://{BUCKET}/{name}.tar.gz"


def template(*, check_with: str | None, wait: int = 1) -> str:
    """A small Serving stack; check_with: the function that compares the served model, None for a stack without. wait:
    for how many seconds a rollout watches its alarms.
    """
    name = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}

    def rollout(*alarms: str, wait: int) -> dict[str, Any]:
        routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": wait}
        watched = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}} if alarms else {}
        return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}, **watched}

    variant = {"VariantName": "champion", "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
               "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": 1}  # fmt: skip
    container = {"Image": SERVE, "ModelDataUrl": {"Ref": "Approved"}}
    resources: dict[str, Any] = {
        "Model": {"Type": "AWS::SageMaker::Model",
                  "Properties": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}},
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": ENDPOINT,
                "EndpointConfigName": name,
                "DeploymentConfig": {"Fn::If": ["Unguarded", rollout(wait=0), rollout(ALARM, STOPPED, wait=wait)]},
            },
        },
    }  # fmt: skip
    if check_with is not None:
        resources["Check"] = {
            "Type": "Custom::RolloutCheck",
            "DependsOn": ["Endpoint"],
            "Properties": {"ServiceToken": check_with, "EndpointName": ENDPOINT, "EndpointConfigName": name},
        }
    approved = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": PARAMETER}
    outputs = {"EndpointName": {"Value": ENDPOINT}, "EndpointConfigName": {"Value": name}, "RolloutId": {"Value": "r"}}
    return json.dumps(
        {
            "Parameters": {"Approved": approved, UNGUARDED: {"Type": "String", "Default": GUARDED}},
            "Conditions": {"Unguarded": {"Fn::Equals": [{"Ref": UNGUARDED}, "r"]}},
            "Resources": resources,
            "Outputs": outputs,
        }
    )


@dataclass
class Promotions:
    """The real promotion function and machine; `check` is the ARN of the function that compares the served model."""

    cloud: Cloud
    machine: str
    check: str
    function: str

    @contextmanager
    def serving(self, *, checked: bool = True, wait: int = 1) -> Iterator[None]:
        """A Serving stack with the model `one`, completely deleted at the end. wait: see template."""
        ssm = self.cloud.server.client("ssm")
        ssm.put_parameter(Name=PARAMETER, Value=artifact("one"), Type="String", Overwrite=True)
        self.cloud.server.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM, Namespace="Tests", MetricName="Faults", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="ignore",
        )  # fmt: skip
        self.cloud.server.client("cloudwatch").put_metric_alarm(
            AlarmName=STOPPED, Namespace="Rubric", MetricName="RolloutStopped", Statistic="Sum", Period=60,
            Dimensions=[{"Name": "service", "Value": "rubric-test"}, {"Name": "environment", "Value": "test"}],
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )  # fmt: skip
        body = template(check_with=self.check if checked else None, wait=wait)
        stack = self.cloud.cloudformation.create_stack(StackName=STACK, TemplateBody=body)
        assert self.cloud.stack_settled(STACK)["StackStatus"] == "CREATE_COMPLETE"
        try:
            yield
        finally:
            self.faults()
            self.ring(False)
            self.cloud.cloudformation.delete_stack(StackName=STACK)
            self.cloud.cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=stack["StackId"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )

    def faults(self, *names: str) -> None:
        (self.cloud.server.folder / "faults").write_text("\n".join(names))

    def ring(self, on: bool = True) -> None:
        self.cloud.server.client("cloudwatch").set_alarm_state(
            AlarmName=ALARM, StateValue="ALARM" if on else "OK", StateReason="a test"
        )

    def promote(self, name: str, **fields: Any) -> dict[str, Any]:
        """The end of a promotion of the model `name`."""
        return self.end_of(self.start(name, **fields))

    def start(self, name: str, **fields: Any) -> str:
        """The execution of a promotion of the model `name`."""
        started = self.cloud.server.client("stepfunctions").start_execution(
            stateMachineArn=self.machine, input=json.dumps({"artifact_uri": artifact(name), **fields})
        )
        return str(started["executionArn"])

    def end_of(self, execution: str) -> dict[str, Any]:
        """The execution once it has ended."""

        def ended() -> dict[str, Any] | None:
            result: dict[str, Any] = self.cloud.server.client("stepfunctions").describe_execution(
                executionArn=execution
            )
            return None if result["status"] == "RUNNING" else result

        result: dict[str, Any] = wait_for(ended, what=execution, seconds=90)
        return result

    def settle(self) -> dict[str, Any]:
        """The reconciler's answer."""
        answer = self.cloud.server.client("lambda").invoke(FunctionName=self.function, Payload=b'{"action": "settle"}')
        shown = dict(json.load(answer["Payload"]))
        assert "FunctionError" not in answer, shown
        return shown

    @property
    def outcomes(self) -> list[str]:
        """The results of the known promotions, the first one first."""
        pages = self.cloud.server.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=PROMOTIONS)
        result = {each["Name"]: json.loads(each["Value"])["outcome"] for page in pages for each in page["Parameters"]}
        return [outcome for _, outcome in sorted(result.items())]

    @property
    def approved(self) -> str:
        return str(self.cloud.server.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"])

    def consistent(self) -> str:
        """The model that answers, once the stack, the endpoint and the parameter agree on it."""
        outputs = {each["OutputKey"]: each["OutputValue"] for each in self.cloud.stack(STACK)["Outputs"]}
        serving = self.cloud.sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        assert serving["EndpointStatus"] == "InService"
        assert serving["EndpointConfigName"] == outputs["EndpointConfigName"]
        config = self.cloud.sagemaker.describe_endpoint_config(EndpointConfigName=serving["EndpointConfigName"])
        model = self.cloud.sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
        assert model["PrimaryContainer"]["ModelDataUrl"] == self.approved
        answer = str(self.cloud.ask(ENDPOINT)["model"])
        assert artifact(answer) == self.approved
        return answer


def make(cloud: Cloud, *, folder: Path, name: str = "promotion") -> Promotions:
    """The functions and the machine of that name, packed in empty folders of `folder`."""
    (folder / "promote").mkdir()
    (folder / "check").mkdir()
    with suppress(ClientError):  # another module's promotions have made it
        cloud.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    resources = json.loads(template(check_with="a function"))["Resources"].values()
    variables = {
        "APPROVED_MODEL_PARAMETER": PARAMETER,
        "APPROVALS_PATH": APPROVALS,
        "PROMOTIONS_PATH": PROMOTIONS,
        "ENVIRONMENT": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Rubric",
        "POWERTOOLS_SERVICE_NAME": "rubric-test",
        "SERVING_STACK_NAME": STACK,
        "SERVING_RESOURCE_TYPES": json.dumps(sorted({resource["Type"] for resource in resources})),
        "MODEL_PACKAGE_GROUP": GROUP,
        "ARTIFACT_BUCKET": BUCKET,
        "ENDPOINT_NAME": ENDPOINT,
        "VARIANT": "champion",
        "ROLLBACK_ALARMS": json.dumps([ALARM, STOPPED]),
    }
    promote = make_real_function(cloud.server, "promote", folder=folder / "promote", **variables)
    check = make_real_function(cloud.server, "check_rollout", folder=folder / "check")
    patience = promotion.Patience(rollout_seconds=600, poll_seconds=1)
    machine = cloud.server.client("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps(promotion.definition(promote_arn=promote, patience=patience)),
        roleArn=MACHINE_ROLE,
    )["stateMachineArn"]
    return Promotions(cloud, machine, check, promote)
