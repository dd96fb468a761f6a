"""The requests that an environment sends to AWS, with the real parameters from the product's own code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

from contracts.ab_tests import record
from contracts.deployment import buckets
from contracts.models.evaluation import Evaluation
from contracts.retraining import decision
from lambda_src.ab_test import transform as replay
from lambda_src.common import environment as function_environment
from lambda_src.common import provenance
from lambda_src.pipeline.gate import card
from lambda_src.pipeline.gate import logic as gate_logic
from lambda_src.pipeline.prepare_training import logic as prepare
from lambda_src.pipeline.prepare_training.environment import PrepareTrainingSettings
from lambda_src.pipeline.prepare_training.mirror import Mirror, Mirrored
from ops.batch import transform
from ops.batch.locations import Place
from tests.functions import name_of
from tests.published.sent.payloads import payload
from tests.published.synthesised.concrete import Account
from tests.published.synthesised.machines import Machine, machines
from tests.published.synthesised.world import Environment

STARTED = "2026-11-29T09:30:00.000Z"
EXECUTION = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


@dataclass(frozen=True)
class Request:
    """A request to AWS. service: botocore's name; operation: `CreateTrainingJob`; where: who sends it.

    waits: whether a state machine waits for the end of what it starts.
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    where: str
    waits: bool = False


def functions(account: Account) -> dict[str, dict[str, str]]:
    """The environment variables of each of our functions by its name in lambda_src."""
    return {
        name_of(resource.properties["Handler"]): resource.properties["Environment"]["Variables"]
        for resource in account.resources("AWS::Lambda::Function")
    }


def job(environment: Environment) -> dict[str, Any]:
    """The preparation's answer: the job's name, channels and hyperparameters, as its own code computes them."""
    variables = functions(environment.account)["prepare_training"]
    settings = function_environment.load(PrepareTrainingSettings, source=variables)
    name = prepare.job_name(
        project=settings.project, environment=settings.environment, start_time=STARTED, execution_name=EXECUTION
    )
    champion = f"s3://{settings.artifact_bucket}/models/before/output/model.tar.gz"
    uri = settings.dataset_uri or f"s3://{settings.dataset_bucket}/datasets/{'0' * 64}/newsCorpora.csv"
    filled = _Filled(None, bucket=settings.artifact_bucket, environment=settings.environment)
    isolated = prepare.isolated(settings, filled, overrides={}) if settings.isolated else None
    return prepare.training_input(
        settings, name=name, dataset_uri=uri, champion_uri=champion, overrides={}, isolated=isolated
    )


class _Filled(Mirror):
    """A mirror that lacks nothing."""

    def _complete(self, folder: str, what: str) -> Mirrored:
        return Mirrored(f"s3://{self._bucket}/{folder}", "0" * 64, {})


def state_input(environment: Environment) -> dict[str, Any]:
    """The pipeline's data once the gate has passed a model, and the first-model machine's beside it."""
    prepared = job(environment)
    name, evaluation = prepared["job_name"], _evaluation()
    kept = prepared["output_path"].replace("/training", f"/models/{name}")
    artifact = f"{kept}/output/model.tar.gz"
    trained = {"job_arn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/x", "dataset_uri": "s3://b/k"}
    return {
        "job": prepared,
        "training": {"job_arn": trained["job_arn"]},
        "gate": {
            "passed": True,
            "reason": "accuracy 0.9312, macro F1 0.9207; there is no approved model to compare with.",
            "evaluation_uri": f"{kept}/evaluation.json",
            "artifact_uri": artifact,
            "metadata": {
                **gate_logic.metadata(evaluation, job_name=name, reason="accuracy 0.9312, macro F1 0.9207."),
                **provenance.metadata(artifact_sha256="0" * 64, champion_uri=""),
            },
            "model_card": card.content(
                evaluation, job_name=name, artifact_uri=artifact, training=trained, reason="accuracy 0.9312."
            ),
        },
        "package": {"ModelPackageArn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/x/7"},
        "respond": {},
        "decision": {
            "decision_id": decision.id_of(EXECUTION),
            "run": decision.run_of(decision.id_of(EXECUTION)),
            "input": decision.pipeline_input(decision.id_of(EXECUTION)),
        },
        "artifact_uri": artifact,
    }


def _evaluation() -> Evaluation:
    """An evaluation with many labels, some of which AWS's patterns would not take as they are."""
    labels = [f"Label {n}" for n in range(50)] + ["Ménage à trois", "😀 emoji", 'a "quoted" <label>']
    return {
        "accuracy": 0.9312,
        "macro_f1": 0.9207,
        "calibration_error": 0.0123,
        "base_model": "distilbert-base-uncased",
        "dataset_sha256": "ab" * 32,
        "labels": labels,
        "counts": {"train": 30_000, "valid": 4_000, "test": 4_000},
        "baseline": {"accuracy": 0.9, "macro_f1": 0.89},
        "per_class": {label: {"precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 80} for label in labels},
    }


_SERVICES = {"sagemaker": "sagemaker", "sfn": "stepfunctions", "states": "stepfunctions"}


def of_machine(machine: Machine, environment: Environment) -> list[Request]:
    """Every call of a machine to AWS, except those of functions."""
    context = {"Execution": {"Name": EXECUTION, "StartTime": STARTED, "Input": {}, "Id": f"{machine.resource.arn}:x"}}
    found = []
    for name, state in machine.states("Task"):
        parts = state["Resource"].split(":")
        if parts[2] != "states":
            continue
        service, operation = parts[-2:] if not parts[-1].isdigit() else parts[-3:-1]
        arguments = payload(state["Parameters"], data=state_input(environment), context=context)
        waits, operation = ".sync" in state["Resource"], operation.removesuffix(".sync")
        found.append(
            Request(
                _SERVICES[service],
                operation[0].upper() + operation[1:],
                _as_of_the_sdk(_SERVICES[service], arguments),
                f"{machine.name}: {name}",
                waits=waits,
            )
        )
    return found


def _as_of_the_sdk(service: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Step Functions writes members with a capital, its own API with a small letter; an input may be an object."""
    if service != "stepfunctions":
        return parameters
    small = {key[0].lower() + key[1:]: value for key, value in parameters.items()}
    if isinstance(small.get("input"), dict):
        small["input"] = json.dumps(small["input"])
    return small


def training_request(environment: Environment) -> Request:
    """The pipeline's CreateTrainingJob."""
    return next(
        request
        for machine in machines(environment.account)
        for request in of_machine(machine, environment)
        if request.operation == "CreateTrainingJob"
    )


def transform_request(environment: Environment, *, instance_type: str = "ml.c7i.xlarge") -> Request:
    """The CreateTransformJob that `rubric batch` sends for a file of this machine."""
    account = environment.account
    [bucket] = [each for each in account.resources("AWS::S3::Bucket") if each.id.startswith("Artifact")]
    rules = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": r["ServerSideEncryptionByDefault"]} for r in rules]}
    s3 = mock.Mock(**{"get_bucket_encryption.return_value": {"ServerSideEncryptionConfiguration": encryption}})
    sagemaker = mock.Mock()
    cloud: Any = SimpleNamespace(
        client={"s3": s3, "sagemaker": sagemaker}.__getitem__,
        env=environment.settings.name,
        settings=environment.settings,
    )
    name = transform.new_name(environment.settings.prefix)
    folder = Place(bucket.name, f"{buckets.BATCH_STAGING}{name}/")
    model = account.only(environment.stack("Serving"), "AWS::SageMaker::Model")
    route = transform.Route(source=folder.below("in/"), output=folder.below("out/"), is_source_staged=True)
    transform.start(
        cloud,
        name,
        model=model.name,
        where=route,
        content_type="text/csv",
        instance_type=instance_type,
        instance_count=1,
    )
    return Request("sagemaker", "CreateTransformJob", sagemaker.create_transform_job.call_args.kwargs, "rubric batch")


def replay_request(environment: Environment) -> Request:
    """The CreateTransformJob with which a challenger classifies logged texts."""
    account, variables = environment.account, functions(environment.account)["ab_test"]
    sagemaker = mock.Mock()
    texts = f"s3://{variables['ARTIFACT_BUCKET']}/{record.texts('20261130-093000-abcd')}"
    jobs = replay.Jobs(
        sagemaker,
        instance_type=variables["REPLAY_INSTANCE_TYPE"],
        key_arn=variables["KEY_ARN"],
        volume_key_arn=variables["VOLUME_KEY_ARN"],
    )
    jobs.start(
        f"{variables['JOB_PREFIX']}20261130-093000-abcd",
        model=account.only(environment.stack("Challenger"), "AWS::SageMaker::Model").name,
        source=f"{texts}in/",
        output=f"{texts}out/",
    )
    return Request("sagemaker", "CreateTransformJob", sagemaker.create_transform_job.call_args.kwargs, "replay")
