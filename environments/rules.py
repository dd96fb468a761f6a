"""Combinations of settings that cannot work, refused at synth instead of by AWS an hour later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.limits import AUTHORIZER_SECONDS
from environments import pinned, region_rules
from environments.data import UCI_ARCHIVE
from environments.first_deploy import BESIDE_THE_JOB, LONGEST_JOB_MINUTES, WAIT_MINUTES
from environments.instances import has_gpu, is_x86
from environments.problem import Problem
from environments.training import Hyperparameters

if TYPE_CHECKING:
    from environments.model import Settings

COMPACT = "compact"
COMPACT_ONLY = ("hidden_size", "layers", "heads", "vocab_size")
REAL_TIME_ONLY = (
    "instance_type",
    "min_instances",
    "max_instances",
    "target_invocations_per_instance",
    "data_capture_percent",
    "canary_percent",
)
SERVERLESS_ONLY = ("serverless_memory_mb", "serverless_max_concurrency")
CONTAINER_ONLY = {
    "huggingface": ("workers",),
    "lean": ("image_build", "max_batch_tokens", "max_waiting_texts", "request_seconds"),
}


# What the endpoint and a fallback share: the rest of the API's 29 seconds is for connecting and for the request log.
SHARED_SECONDS = 14
# What the request log may take when DynamoDB and SQS both fail, with the connection to the model
# (docs/decisions/0011-request-log-dead-letters.md).
BESIDE_THE_MODEL_SECONDS = 12


def check(settings: Settings, *, root: Path) -> Problem | None:
    """The first combination that cannot work, or None."""
    rules = (
        region_rules.problems(settings),
        _dataset(settings, root=root),
        _training(settings),
        _base_model(settings, root=root),
        pinned.problems(settings, root=root),
        _serving(settings),
        _classifier(settings),
        _api(settings),
        _share(settings),
        _texts(settings),
    )
    return next((problem for rule in rules for problem in rule), None)


def _texts(settings: Settings) -> Iterator[Problem]:
    kept, captured = settings.data.request_log_text, settings.serving.data_capture_percent
    if kept != "store" and captured:
        allowed = f"data capture keeps whole texts in S3, and data.request_log_text is {kept}; remove one of the two"
        yield Problem(("serving", "data_capture_percent"), captured, allowed)


def _dataset(settings: Settings, *, root: Path) -> Iterator[Problem]:
    dataset = settings.data.dataset
    needed = {"file": "path", "s3": "uri"}
    for source, field in needed.items():
        value = getattr(dataset, field)
        key = ("data", "dataset", field)
        if dataset.source == source and value is None:
            yield Problem(key, None, f"data.dataset.source is {source}")
        if dataset.source != source and value is not None:
            yield Problem(
                key,
                value,
                f"it goes with data.dataset.source {source}, which is {dataset.source}; remove one of the two",
            )
    if dataset.source != "uci" and dataset.url != UCI_ARCHIVE:
        yield Problem(
            ("data", "dataset", "url"),
            dataset.url,
            f"it goes with data.dataset.source uci, which is {dataset.source}; remove one of the two",
        )
    # What the build step makes is checked where it is read, with the command that makes it.
    if dataset.source == "file" and dataset.path is not None and not dataset.path.startswith("build/"):
        path = root / Path(dataset.path).expanduser()
        if not path.is_file():
            allowed = "there is no such file; give a path from the repository's root"
            yield Problem(("data", "dataset", "path"), dataset.path, allowed)


def _training(settings: Settings) -> Iterator[Problem]:
    training = settings.training
    if training.image is None and not is_x86(training.instance_type):
        yield Problem(
            ("training", "instance_type"),
            training.instance_type,
            "AWS's PyTorch images are for x86: use one such as ml.c7i.2xlarge",
        )
    yield from _first_deploy(settings)
    yield from _hyperparameters(training.hyperparameters, instances=training.instance_count)
    gate = training.gate
    if gate.possible_regression < gate.max_regression:
        yield Problem(
            ("training", "gate", "max_possible_regression"),
            gate.max_possible_regression,
            f"use training.gate.max_regression ({gate.max_regression:g}) or more: that fall is allowed",
        )


def _first_deploy(settings: Settings) -> Iterator[Problem]:
    training, longest = settings.training, LONGEST_JOB_MINUTES
    if not settings.classifier.trained or training.longer_than_first_deploy or training.max_runtime_minutes <= longest:
        return
    beside = sum(part.minutes for part in BESIDE_THE_JOB)
    allowed = (
        f"CloudFormation waits {WAIT_MINUTES} minutes for the first model, and {beside} go to other things: use "
        f"{longest} or less, or training.longer_than_first_deploy: true once a model is approved"
    )
    yield Problem(("training", "max_runtime_minutes"), training.max_runtime_minutes, allowed)


def _hyperparameters(given: Hyperparameters, *, instances: int) -> Iterator[Problem]:
    at = ("training", "hyperparameters")
    processes = instances * (given.processes_per_host or 1)
    if given.batch_size is not None and given.batch_size < processes:
        allowed = f"the {processes} training processes share it: use {processes} or more"
        yield Problem((*at, "batch_size"), given.batch_size, allowed)
    if given.epochs is not None and given.patience is not None and given.patience >= given.epochs:
        allowed = f"training ends after {given.epochs} epochs and would never stop early; use less, or remove it"
        yield Problem((*at, "patience"), given.patience, allowed)
    if given.hidden_size is not None and given.heads is not None and given.hidden_size % given.heads:
        allowed = f"use a multiple of training.hyperparameters.heads ({given.heads})"
        yield Problem((*at, "hidden_size"), given.hidden_size, allowed)


def _base_model(settings: Settings, *, root: Path) -> Iterator[Problem]:
    training = settings.training
    if training.base_model != COMPACT:
        for field in COMPACT_ONLY:
            value = getattr(training.hyperparameters, field)
            if value is not None:
                allowed = (
                    f"it shapes the compact model only, and training.base_model is {training.base_model!r}; remove it"
                )
                yield Problem(("training", "hyperparameters", field), value, allowed)
    if (
        training.base_model.startswith(("/", "./", "../", "~"))
        and not (root / Path(training.base_model).expanduser()).is_dir()
    ):
        yield Problem(
            ("training", "base_model"),
            training.base_model,
            "there is no such folder; use compact, a hub id, a folder or s3://",
        )


def _serving(settings: Settings) -> Iterator[Problem]:
    serving = settings.serving
    other, refused = ("serverless", REAL_TIME_ONLY) if serving.mode == "serverless" else ("real-time", SERVERLESS_ONLY)
    for field in refused:
        value = getattr(serving, field)
        if value is not None:
            yield Problem(
                ("serving", field), value, f"a {other} endpoint has none of it; remove it or change serving.mode"
            )
    required = SERVERLESS_ONLY if serving.mode == "serverless" else ("instance_type", "min_instances", "max_instances")
    for field in required:
        if getattr(serving, field) is None:
            yield Problem(("serving", field), None, f"serving.mode is {serving.mode}")
    yield from _container(settings)
    if serving.mode == "real-time":
        yield from _instances(settings)


def _container(settings: Settings) -> Iterator[Problem]:
    serving = settings.serving
    for container, fields in CONTAINER_ONLY.items():
        for field in fields:
            value = getattr(serving, field)
            if value is not None and serving.container != container:
                allowed = f"it is for serving.container {container}, which is {serving.container}; remove it"
                yield Problem(("serving", field), value, allowed)
    if serving.container != "lean":
        return
    if serving.image is None and serving.image_build is None:
        allowed = "serving.container is lean: use docker or codebuild, or name an image of your own in serving.image"
        yield Problem(("serving", "image_build"), None, allowed)
    if serving.image is not None and serving.image_build is not None:
        allowed = "serving.image names an image that is there already; remove one of the two"
        yield Problem(("serving", "image_build"), serving.image_build, allowed)


def _instances(settings: Settings) -> Iterator[Problem]:
    serving = settings.serving
    if serving.instance_type is None or serving.min_instances is None or serving.max_instances is None:
        return
    if has_gpu(serving.instance_type) or not is_x86(serving.instance_type):
        allowed = "the served model is int8 for x86 CPUs: use one such as ml.c7i.large"
        yield Problem(("serving", "instance_type"), serving.instance_type, allowed)
    if serving.max_instances < serving.min_instances:
        yield Problem(
            ("serving", "max_instances"),
            serving.max_instances,
            f"use serving.min_instances ({serving.min_instances}) or more",
        )
    scales = serving.max_instances > serving.min_instances
    target = serving.target_invocations_per_instance
    if scales and target is None:
        yield Problem(
            ("serving", "target_invocations_per_instance"),
            None,
            "max_instances is above min_instances, so the endpoint scales by it",
        )
    if not scales and target is not None:
        yield Problem(
            ("serving", "target_invocations_per_instance"), target, "nothing scales: raise max_instances or remove it"
        )
    if serving.canary_percent is not None and serving.min_instances < 2:
        allowed = (
            "SageMaker's canary is at most half of the instances: set serving.min_instances to 2 or more, or remove it"
        )
        yield Problem(("serving", "canary_percent"), serving.canary_percent, allowed)


def _classifier(settings: Settings) -> Iterator[Problem]:
    classifier, bedrock = settings.classifier, settings.classifier.bedrock
    at = ("classifier", "bedrock")
    if not classifier.uses_bedrock:
        for field in bedrock.model_fields_set:
            allowed = "nothing asks Bedrock: set classifier.backend or classifier.fallback to bedrock, or remove it"
            yield Problem((*at, field), getattr(bedrock, field), allowed)
        return
    if not classifier.trained and classifier.fallback != "none":
        allowed = "classifier.backend is bedrock already; remove it"
        yield Problem(("classifier", "fallback"), classifier.fallback, allowed)
    if not classifier.trained and classifier.endpoint_seconds is not None:
        allowed = "classifier.backend is bedrock: there is no endpoint; remove it"
        yield Problem(("classifier", "endpoint_seconds"), classifier.endpoint_seconds, allowed)
    if bedrock.model_id is None:
        yield Problem((*at, "model_id"), None, "the permission to ask Bedrock is for one foundation model")
    yield from _bedrock_labels(bedrock.labels, trained=classifier.trained)
    if classifier.trained and classifier.endpoint_timeout + bedrock.timeout_seconds > SHARED_SECONDS:
        allowed = (
            f"with classifier.endpoint_seconds ({classifier.endpoint_timeout}) it may be {SHARED_SECONDS} at most, "
            "together, so that both fit into the API's 29 seconds"
        )
        yield Problem((*at, "timeout_seconds"), bedrock.timeout_seconds, allowed)


def _bedrock_labels(labels: list[str], *, trained: bool) -> Iterator[Problem]:
    key = ("classifier", "bedrock", "labels")
    if trained and labels:
        yield Problem(key, labels, "a fallback chooses from the approved model's labels; remove it")
    if not trained and len(labels) < 2:
        yield Problem(key, labels or None, "classifier.backend is bedrock: name at least two labels")
    if len(set(labels)) < len(labels):
        yield Problem(key, labels, "name each label once")


def _share(settings: Settings) -> Iterator[Problem]:
    """One key must not be able to use up the account's functions: every other one in it would be throttled."""
    api = settings.api
    held = (
        f"api.answer_seconds ({api.answer_seconds}) and the authorizer's {AUTHORIZER_SECONDS} times it, with a burst, "
        f"may be {api.key_concurrency_percent} % of api.concurrency ({api.concurrency})"
    )
    if api.most_key_rate < 1:
        allowed = "one request a second would hold more than a key's share: raise it, or api.key_concurrency_percent"
        yield Problem(("api", "concurrency"), api.concurrency, allowed)
    elif api.key_rate is not None and api.key_rate > api.most_key_rate:
        yield Problem(("api", "key_rate"), api.key_rate, f"{held}: use {api.most_key_rate} or less")
    if api.key_rate is not None and api.key_rate > api.throttle_rate:
        allowed = f"all callers together have api.throttle_rate ({api.throttle_rate}): use that or less"
        yield Problem(("api", "key_rate"), api.key_rate, allowed)
    needed = settings.classifier.longest_seconds + BESIDE_THE_MODEL_SECONDS
    if api.answer_seconds < needed:
        allowed = (
            f"the model may take {settings.classifier.longest_seconds} seconds and the request log "
            f"{BESIDE_THE_MODEL_SECONDS}: use {needed} or more, or give the model less"
        )
        yield Problem(("api", "answer_seconds"), api.answer_seconds, allowed)


def _api(settings: Settings) -> Iterator[Problem]:
    origins = settings.api.cors_origins
    if "*" in origins and len(origins) > 1:
        yield Problem(("api", "cors_origins"), origins, "* stands alone: it is every origin")
    auth, jwt = settings.api.auth, settings.api.jwt
    if auth == "jwt" and jwt is None:
        yield Problem(("api", "jwt"), None, "api.auth is jwt: give issuer and audience")
    if auth != "jwt" and jwt is not None:
        yield Problem(("api", "jwt"), jwt.issuer, f"it goes with api.auth jwt, which is {auth}; remove one of the two")
