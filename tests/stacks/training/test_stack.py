"""The Training stack: what the pipeline runs, what starts it, and what the first deploy waits for."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk.assertions import Annotations, Match

from tests.stacks.conftest import HUGGINGFACE, Synthesise, Synthesised
from tests.stacks.machine import problems
from tests.stacks.test_permissions import listed

PINNED = "distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be"
REFERENCE = re.compile(r'"(?:Ref|Fn::GetAtt)": \[?"([A-Za-z0-9]+)"')


def definitions(synthesised: Synthesised) -> dict[str, Any]:
    """The state machines' definitions by their names, with every reference as `?`."""
    found = {}
    for machine in synthesised.resources("training", "AWS::StepFunctions::StateMachine").values():
        text = machine["Properties"]["DefinitionString"]
        parts = text["Fn::Join"][1] if isinstance(text, dict) else [text]
        joined = "".join(part if isinstance(part, str) else "?" for part in parts)
        found[machine["Properties"]["StateMachineName"]] = json.loads(joined)
    return found


def environment_of(synthesised: Synthesised, start: str) -> dict[str, Any]:
    [function] = [
        f for n, f in synthesised.resources("training", "AWS::Lambda::Function").items() if n.startswith(start)
    ]
    variables: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
    return variables


def test_there_are_three_machines_that_log_trace_and_hold_together(each: Synthesised) -> None:
    prefix = each.stacks.data.settings.prefix
    found = definitions(each)
    assert set(found) == {f"{prefix}-training", f"{prefix}-promotion", f"{prefix}-first-model"}
    assert [problem for definition in found.values() for problem in problems(definition)] == []
    for machine in each.resources("training", "AWS::StepFunctions::StateMachine").values():
        assert machine["Properties"]["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["Properties"]["TracingConfiguration"] == {"Enabled": True}


def test_the_image_follows_the_instance_type(dev: Synthesised, local: Synthesised, synthesise: Synthesise) -> None:
    def image(environment: Synthesised) -> str:
        return str(job_of(environment)["AlgorithmSpecification"]["TrainingImage"])

    assert image(dev).split("/")[1] == "pytorch:2.13.0-cu133-amzn2023-sagemaker"
    assert image(local).split("/")[1].startswith("pytorch:")
    own = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    assert image(synthesise("dev", change=f"training: {{image: '{own}'}}")) == own


def test_the_pipeline_outlasts_its_job_and_its_promotion(each: Synthesised) -> None:
    settings = each.stacks.data.settings
    found = definitions(each)
    training, promotion = (found[f"{settings.prefix}-{name}"]["TimeoutSeconds"] for name in ("training", "promotion"))
    assert promotion > 6 * settings.serving.longest_rollout_seconds
    assert training >= 2 * 60 * settings.training.max_runtime_minutes + promotion + 3000


def job_of(environment: Synthesised) -> dict[str, Any]:
    """The CreateTrainingJob request in the pipeline's definition."""
    name = f"{environment.stacks.data.settings.prefix}-training"
    request: dict[str, Any] = definitions(environment)[name]["States"]["Train"]["Parameters"]
    return request


def test_instances_their_number_and_spare_capacity_are_settings(dev: Synthesised, synthesise: Synthesise) -> None:
    plain = job_of(dev)
    assert plain["ResourceConfig"]["InstanceCount"] == 1
    assert "EnableManagedSpotTraining" not in plain
    change = "training: {instance_type: ml.c7i.4xlarge, instance_count: 3, spot: true, max_runtime_minutes: 45}"
    job = job_of(synthesise("dev", change=change))
    assert (job["ResourceConfig"]["InstanceType"], job["ResourceConfig"]["InstanceCount"]) == ("ml.c7i.4xlarge", 3)
    assert job["AlgorithmSpecification"]["TrainingImage"].split("/")[1].startswith("pytorch:")
    assert job["EnableInterContainerTrafficEncryption"] is True
    assert job["EnableManagedSpotTraining"] is True
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 2700, "MaxWaitTimeInSeconds": 5400}
    assert job["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"


def test_training_runs_our_script_with_what_is_set(dev: Synthesised) -> None:
    text = environment_of(dev, "PipelinePrepare")["HYPERPARAMETERS"]
    parts = (part if isinstance(part, str) else part["Fn::Sub"] for part in text["Fn::Join"][1])
    given = json.loads("".join(parts))
    assert given["sagemaker_program"] == "model_code/training/train.py"
    assert given["sagemaker_submit_directory"].startswith("s3://cdk-hnb659fds-assets-${AWS::AccountId}-us-east-1/")
    assert given["epochs"] == "2"
    assert "seed" not in given
    assert all(isinstance(value, str) for value in given.values())


def test_every_hyperparameter_of_the_settings_reaches_the_script_as_text(synthesise: Synthesise) -> None:
    chosen = {
        "epochs": 4, "gradient_accumulation": 2, "patience": 2, "class_weights": "balanced", "warmup": 0.1,
        "weight_decay": 0.0, "label_smoothing": 0.05, "token_masking": 0.15, "processes_per_host": 2,
    }  # fmt: skip
    changed = synthesise("dev", change=json.dumps({"training": {"hyperparameters": chosen}}))
    text = environment_of(changed, "PipelinePrepare")["HYPERPARAMETERS"]
    given = json.loads("".join(part if isinstance(part, str) else "?" for part in text["Fn::Join"][1]))
    told = json.loads(changed.template("training").to_json()["Outputs"]["Hyperparameters"]["Value"])
    assert {name: given[name] for name in chosen} == {name: str(value) for name, value in chosen.items()}
    assert told == {name: value for name, value in given.items() if not name.startswith("sagemaker_")}


def test_a_file_is_uploaded_and_named_where_the_pipeline_puts_it(local: Synthesised) -> None:
    variables = environment_of(local, "PipelinePrepare")
    assert (variables["DATASET_SOURCE"], variables["DATASET_FILE_NAME"]) == ("file", "headlines.csv")
    folder = variables["DATASET_ASSET_KEY"].removesuffix(".csv")
    output = local.template("training").to_json()["Outputs"]["DatasetUri"]["Value"]
    assert json.dumps(output).endswith(f'"/datasets/{folder}/headlines.csv"]]}}')


def test_a_base_model_comes_from_the_hub_a_folder_or_s3(
    dev: Synthesised, synthesise: Synthesise, tmp_path: Any
) -> None:
    hub = environment_of(dev, "PipelinePrepare")
    assert (hub["BASE_MODEL"], hub["BASE_MODEL_URI"]) == (PINNED, "")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    folder = environment_of(synthesise("dev", change=f"training: {{base_model: '{tmp_path}'}}"), "PipelinePrepare")
    assert folder["BASE_MODEL"] == ""
    assert json.dumps(folder["BASE_MODEL_URI"]).count("cdk-hnb659fds-assets") == 1
    stored = environment_of(synthesise("dev", change="training: {base_model: 's3://bucket/base/'}"), "PipelinePrepare")
    assert (stored["BASE_MODEL"], stored["BASE_MODEL_URI"]) == ("", "s3://bucket/base/")


@pytest.mark.parametrize(
    ("base_model", "warned"),
    [
        (PINNED, False),
        ("distilbert-base-uncased", True),
        ("s3://bucket/base/", True),
        ("compact", False),
        ("./environments", False),
    ],
)
def test_a_base_model_that_may_change_under_its_name_is_warned_of(
    synthesise: Synthesise, base_model: str, warned: bool
) -> None:
    stack = synthesise("dev", change=f"training: {{base_model: '{base_model}'}}").stacks.training
    assert stack is not None
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert any("may change under its name" in str(entry.entry.data) for entry in found) == warned


def test_the_digest_of_a_base_model_reaches_the_training_script(synthesise: Synthesise) -> None:
    change = f"training: {{base_model: 's3://bucket/base/', base_model_sha256: '{'0' * 64}'}}"
    told = synthesise("dev", change=change).template("training").to_json()["Outputs"]["Hyperparameters"]["Value"]
    assert json.loads(told)["base_model_sha256"] == "0" * 64


def test_serving_packages_are_for_the_hugging_face_container_only(dev: Synthesised, synthesise: Synthesise) -> None:
    assert environment_of(dev, "PipelinePrepare")["SERVING_DEPS_URI"] == ""
    huggingface = synthesise("dev", change=HUGGINGFACE)
    assert environment_of(huggingface, "PipelinePrepare")["SERVING_DEPS_URI"] != ""


def test_the_gate_has_the_environments_limits(prod: Synthesised) -> None:
    variables = environment_of(prod, "PipelineGate")
    limits = ("MIN_ACCURACY", "MIN_MACRO_F1", "MAX_REGRESSION", "MAX_POSSIBLE_REGRESSION")
    assert [variables[name] for name in limits] == ["0.9", "0.88", "0.01", "0.05"]


def test_the_parameter_is_nobodys_resource(each: Synthesised) -> None:
    assert each.everything("AWS::SSM::Parameter") == {}


def test_approval_by_hand_promotes_from_the_registrys_event(prod: Synthesised, dev: Synthesised) -> None:
    rules = prod.resources("training", "AWS::Events::Rule").values()
    heard = [rule["Properties"] for rule in rules if "EventPattern" in rule["Properties"]]
    [approved] = [rule for rule in heard if rule["EventPattern"]["source"] == ["aws.sagemaker"]]
    # Of every status: that a package waited before is what makes its approval news.
    assert approved["EventPattern"]["detail"] == {"ModelPackageGroupName": ["rubric-prod"]}
    [target] = approved["Targets"]
    assert set(target) == {"Arn", "Id", "RoleArn", "DeadLetterConfig", "RetryPolicy"}
    assert environment_of(prod, "PromotionPromote")["APPROVALS_PATH"] == "/rubric/prod/approvals"
    schedules = {rule["Properties"].get("ScheduleExpression", "") for rule in rules} - {""}
    assert schedules == {"rate(7 days)", "rate(1 minute)"}
    assert "aws.sagemaker" not in json.dumps(dev.resources("training", "AWS::Events::Rule"))


def test_a_schedule_holds_the_approved_model_to_what_serves(each: Synthesised) -> None:
    rules = each.resources("training", "AWS::Events::Rule")
    [(name, rule)] = [item for item in rules.items() if item[0].startswith("PromotionReconcile")]
    assert rule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    [target] = rule["Properties"]["Targets"]
    assert json.loads(target["Input"]) == {"action": "settle"}
    assert target["Arn"]["Fn::GetAtt"][0].startswith("PromotionPromoteFunction")
    # On deletion it goes first: it would write the parameter that the cleanup removes.
    [stop] = each.resources("training", "Custom::StopRunning")
    assert stop in before(each, name)
    settings = each.stacks.data.settings
    assert environment_of(each, "PromotionPromote")["PROMOTIONS_PATH"] == settings.promotions_path
    [cleanup] = each.resources("training", "Custom::Cleanup").values()
    assert cleanup["Properties"]["ParameterPaths"] == [settings.approvals_path, settings.promotions_path]


def test_the_first_model_comes_last_and_waits_an_hour_at_most(each: Synthesised) -> None:
    [first] = each.resources("training", "Custom::FirstModel").values()
    assert first["Properties"]["ServiceTimeout"] == "3600"
    machines = set(each.resources("training", "AWS::StepFunctions::StateMachine"))
    assert machines & set(first["DependsOn"]) >= {name for name in machines if name.startswith("PipelineMachine")}
    assert first["Properties"]["StateMachineArn"]["Ref"].startswith("FirstModelRunner")


def test_on_deletion_machines_stop_before_what_they_made_is_removed(each: Synthesised) -> None:
    [(cleanup, resource)] = each.resources("training", "Custom::Cleanup").items()
    [group] = each.resources("training", "AWS::SageMaker::ModelPackageGroup")
    assert group in resource["DependsOn"]
    settings = each.stacks.data.settings
    assert resource["Properties"]["ModelPackageGroup"] == settings.prefix
    for jobs in ("TrainingJobPrefix", "TransformJobPrefix"):
        assert resource["Properties"][jobs] == f"{settings.prefix}-"
    assert resource["Properties"]["Parameters"] == [settings.approved_model_parameter]
    for name, machine in each.resources("training", "AWS::StepFunctions::StateMachine").items():
        if not name.startswith("FirstModel"):
            assert cleanup in machine["DependsOn"], name


def before(environment: Synthesised, name: str) -> set[str]:
    """What `name` waits for in the Training stack, directly or through others: on deletion it goes before them."""
    resources = environment.resources("training")
    waiting, seen = [name], set[str]()
    while waiting:
        resource = resources[waiting.pop()]
        needs = {*listed(resource.get("DependsOn", [])), *REFERENCE.findall(json.dumps(resource["Properties"]))}
        waiting += [need for need in needs if need in resources and need not in seen]
        seen |= needs
    return seen & set(resources)


def test_on_deletion_what_starts_executions_goes_then_what_runs_is_stopped_then_the_machines_go(
    each: Synthesised,
) -> None:
    [(stop, resource)] = each.resources("training", "Custom::StopRunning").items()
    machines = each.resources("training", "AWS::StepFunctions::StateMachine")
    assert before(each, stop) >= set(machines)
    rules = each.resources("training", "AWS::Events::Rule").items()
    starting = [name for name, rule in rules if set(REFERENCE.findall(json.dumps(rule["Properties"]))) & set(machines)]
    assert bool(starting) == (each.stacks.data.settings.name == "prod")
    for starter in (*each.resources("training", "Custom::FirstModel"), *starting):
        assert stop in before(each, starter), starter
    # Its function and permissions are there for as long as it is.
    assert before(each, stop) >= {name for name in each.resources("training") if name.startswith("CleanupHandler")}
    named = [json.dumps(arn).split("stateMachine:")[1].strip('"]} ') for arn in resource["Properties"]["StateMachines"]]
    assert sorted(named) == sorted(machine["Properties"]["StateMachineName"] for machine in machines.values())
    assert resource["Properties"]["RunningJobPrefix"] == f"{each.stacks.data.settings.prefix}-"
