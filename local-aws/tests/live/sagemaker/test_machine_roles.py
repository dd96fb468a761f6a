"""State machines need their role's permissions, both for their tasks and when they are created.

Each test has the role of a whole machine, less one statement.
"""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live.sagemaker.test_roles import statement
from local_aws_testing.cloud import ROLE, Cloud
from local_aws_testing.server import make_function, make_role

SERVICE = "states.amazonaws.com"
HERE = "us-east-1:000000000000"
JOBS = f"arn:aws:sagemaker:{HERE}:training-job/*"
TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"
RULE_ACTIONS = "events:PutTargets events:PutRule events:DescribeRule"
RULES = f"arn:aws:events:{HERE}:rule/StepFunctionsGetEventsFor"
REQUEST_ID = "[0-9a-f-]{36}"


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    return make_function(cloud.server, "called", "def handler(event, context):\n    return {'done': True}\n")


def role_without(cloud: Cloud, function: str, *without: str) -> str:
    """A machine's role with all permissions that these tests need, without the named statements."""
    passed = {"Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}
    whole: dict[str, dict[str, Any]] = {
        "invoke": statement("lambda:InvokeFunction", function),
        "create": statement("sagemaker:CreateTrainingJob sagemaker:StopTrainingJob", JOBS),
        "describe": statement("sagemaker:DescribeTrainingJob", JOBS),
        "tag": statement("sagemaker:AddTags", JOBS),
        "pass": statement("iam:PassRole", ROLE) | passed,
        "job rule": statement(RULE_ACTIONS, f"{RULES}SageMakerTrainingJobsRule"),
        "execution rule": statement(RULE_ACTIONS, f"{RULES}StepFunctionsExecutionRule"),
        "start": statement("states:StartExecution", f"arn:aws:states:{HERE}:stateMachine:child"),
        "watch": statement("states:DescribeExecution states:StopExecution", f"arn:aws:states:{HERE}:execution:child:*"),
        "deliver": statement(
            "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery "
            "logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups"
        ),
    }
    name = "-".join(["machine", *(part.replace(" ", "-") for part in without)])
    return make_role(cloud.server, name, SERVICE, statements=[whole[part] for part in whole.keys() - set(without)])


def task(resource: str, parameters: dict[str, Any]) -> str:
    """A definition with one task."""
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return json.dumps({"StartAt": "Task", "States": {"Task": state}})


def run(cloud: Cloud, role: str, definition: str) -> dict[str, Any]:
    """The end of one execution, of a machine that is then deleted."""
    machines = cloud.server.client("stepfunctions")
    name = f"machine-{abs(hash((role, definition)))}"
    machine = machines.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    return cloud.ended_execution(machines.start_execution(stateMachineArn=machine)["executionArn"])


def test_a_function_that_may_not_be_called(cloud: Cloud, function: str) -> None:
    for resource, parameters in (("arn:aws:states:::lambda:invoke", {"FunctionName": function}), (function, {})):
        assert run(cloud, role_without(cloud, function), task(resource, parameters))["status"] == "SUCCEEDED"
        ended = run(cloud, role_without(cloud, function, "invoke"), task(resource, parameters))
        assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.AWSLambdaException")
        cause = (
            rf"User: arn:aws:sts::000000000000:assumed-role/machine-invoke/\w{{32}} is not authorized to perform: "
            rf"lambda:InvokeFunction on resource: {function} because no identity-based policy allows the "
            rf"lambda:InvokeFunction action \(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; "
            rf"Request ID: {REQUEST_ID}; Proxy: null\)"
        )
        assert re.fullmatch(cause, ended["cause"]), ended["cause"]


def test_a_whole_role_runs_a_training_job(cloud: Cloud, function: str) -> None:
    ended = run(cloud, role_without(cloud, function), task(TRAIN, cloud.job_request("of-machine-0")))
    assert ended["status"] == "SUCCEEDED", ended


@pytest.mark.parametrize(
    ("without", "action"),
    [
        ("create", "sagemaker:CreateTrainingJob"),
        ("tag", "sagemaker:AddTags"),
        ("pass", "iam:PassRole"),
        ("describe", "sagemaker:DescribeTrainingJob"),
    ],
)
def test_a_training_job_without_one_permission(cloud: Cloud, function: str, without: str, action: str) -> None:
    request = cloud.job_request(f"of-machine-{without}")
    ended = run(cloud, role_without(cloud, function, without), task(TRAIN, request))
    assert (ended["status"], ended["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException")
    assert f"is not authorized to perform: {action} on resource: arn:aws:" in ended["cause"]
    about = "(Service: AmazonSageMaker; Status Code: 400; Error Code: AccessDeniedException; Request ID: "
    assert about in ended["cause"]
    with pytest.raises(ClientError, match="Requested resource not found"):
        cloud.sagemaker.describe_training_job(TrainingJobName=f"of-machine-{without}")


def test_another_machine(cloud: Cloud, function: str) -> None:
    machines = cloud.server.client("stepfunctions")
    definition = task(function, {})
    child = machines.create_state_machine(name="child", definition=definition, roleArn=role_without(cloud, function))
    parent = task("arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": child["stateMachineArn"]})
    assert run(cloud, role_without(cloud, function), parent)["status"] == "SUCCEEDED"
    ended = run(cloud, role_without(cloud, function, "start"), parent)
    assert ended["error"] == "StepFunctions.AWSStepFunctionsException"
    assert f"states:StartExecution on resource: {child['stateMachineArn']} because" in ended["cause"]
    # The child has its own role, and its tasks are asked for by that.
    machines.update_state_machine(
        stateMachineArn=child["stateMachineArn"], roleArn=role_without(cloud, function, "invoke")
    )
    assert run(cloud, role_without(cloud, function), parent)["error"] == "Lambda.AWSLambdaException"


def test_a_call_of_the_sdk(cloud: Cloud, function: str) -> None:
    definition = task("arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob", {"TrainingJobName": "of-machine-0"})
    assert run(cloud, role_without(cloud, function), definition)["status"] == "SUCCEEDED"
    ended = run(cloud, role_without(cloud, function, "describe"), definition)
    assert ended["error"] == "SageMaker.SageMakerException"
    assert (
        "sagemaker:DescribeTrainingJob on resource: arn:aws:sagemaker:us-east-1:000000000000:training-job/"
        in ended["cause"]
    )


def created(cloud: Cloud, role: str, definition: str, **members: Any) -> str:
    """The message of a machine that is refused, and then "created" for one that is not."""
    machines = cloud.server.client("stepfunctions")
    try:
        machines.create_state_machine(
            name=f"new-{abs(hash((role, definition)))}", definition=definition, roleArn=role, **members
        )
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return str(error.response["Error"]["Message"])
    return "created"


def test_the_event_rules_of_sync(cloud: Cloud, function: str) -> None:
    job = task(TRAIN, cloud.job_request("never-1"))
    nested = task(
        "arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": "arn:aws:states:::stateMachine:x"}
    )
    for definition, without in ((job, "job rule"), (nested, "execution rule")):
        role = role_without(cloud, function, without)
        assert created(cloud, role, definition) == f"'{role}' is not authorized to create managed-rule."
        assert created(cloud, role_without(cloud, function), definition) == "created"


def test_a_role_that_trusts_another_service(cloud: Cloud, function: str) -> None:
    expected = (
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
        "provided role."
    )
    assert created(cloud, ROLE, task(function, {})) == expected
    assert created(cloud, "arn:aws:iam::000000000000:role/absent", task(function, {})) == expected


def test_where_a_machine_logs_to(cloud: Cloud, function: str) -> None:
    """By the API and by a stack."""
    role = role_without(cloud, function, "deliver")
    arn = f"arn:aws:logs:{HERE}:log-group:/aws/vendedlogs/states/tests:*"
    logging = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
    expected = "The state machine IAM Role is not authorized to access the Log Destination"
    assert created(cloud, role, task(function, {}), loggingConfiguration=logging) == expected
    properties = {
        "RoleArn": role,
        "DefinitionString": task(function, {}),
        "LoggingConfiguration": {"Level": "ALL", "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": arn}}]},
    }
    template = {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    cloud.cloudformation.create_stack(StackName="unlogged", TemplateBody=json.dumps(template))
    assert cloud.stack_settled("unlogged")["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloud.cloudformation.describe_stack_events(StackName="unlogged")["StackEvents"]
    assert expected in " ".join(event.get("ResourceStatusReason", "") for event in events)
