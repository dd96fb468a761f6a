"""Tests images: their age on a given day, and whether they exist."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from environments.aws.images import known
from environments.aws.regions import registry
from environments.settings import load
from ops.preflight import images
from stacks.shared.images import ready_serving_image, training_image
from tests.unit.ops.preflight.account import Account, error
from tests.unit.ops.preflight.conftest import ROOT, Change

HF = "serving: {container: huggingface, image_build: null}"
OWN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:7"


@pytest.mark.parametrize(("days", "verdict"), [(-61, "ok"), (-60, "warning"), (0, "warning"), (1, "refused")])
def test_an_image_is_warned_of_60_days_before_its_end_and_refused_past_it(
    settings: Change, days: int, verdict: str
) -> None:
    image = known()["training_gpu"]
    assert image.ends is not None
    result = images.ages(settings(), today=image.ends + dt.timedelta(days=days))
    [finding] = [finding for finding in result if image.image in finding.what]
    assert finding.verdict == verdict
    assert bool(finding.todo) == (verdict != "ok")


def test_an_image_is_asked_for_where_a_pull_would_ask(account: Account) -> None:
    [finding] = images.is_there(account.client("ecr", "us-east-1"), uri=OWN)
    assert (finding.verdict, finding.what) == ("ok", f"{OWN} exists")
    [(operation, request)] = account.asked
    assert operation == "BatchGetImage"
    assert request == {"registryId": "123456789012", "repositoryName": "mine", "imageIds": [{"imageTag": "7"}]}


def test_an_image_may_be_named_by_its_digest(account: Account) -> None:
    digest = "sha256:" + "0" * 64
    images.is_there(account.client("ecr", "us-east-1"), uri=OWN.replace(":7", f"@{digest}"))
    assert account.asked[0][1]["imageIds"] == [{"imageDigest": digest}]


@pytest.mark.parametrize(
    "answer",
    [
        {"images": [], "failures": [{"failureCode": "ImageNotFound"}]},
        error("RepositoryNotFoundException", "BatchGetImage"),
    ],
)
def test_an_image_that_is_not_there_is_refused(account: Account, answer: object) -> None:
    account.answers["BatchGetImage"] = answer  # type: ignore[assignment]
    [finding] = images.is_there(account.client("ecr", "us-east-1"), uri=OWN)
    assert (finding.verdict, finding.what) == ("refused", f"{OWN} does not exist")


def test_a_repository_of_aws_that_is_not_shown_stops_nothing(account: Account) -> None:
    account.answers["BatchGetImage"] = error("RepositoryNotFoundException", "BatchGetImage")
    uri = f"{registry('eu-south-1')}/{known()['training_cpu'].image}"
    [finding] = images.is_there(account.client("ecr", "eu-south-1"), uri=uri)
    assert (finding.verdict, bool(finding.todo)) == ("warning", True)
    # A tag that AWS's repository has not got is known to be missing.
    account.answers["BatchGetImage"] = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
    [finding] = images.is_there(account.client("ecr", "eu-south-1"), uri=uri)
    assert finding.verdict == "refused"


def test_images_of_ones_own_are_those_that_are_pulled(settings: Change) -> None:
    changed = settings(serving={"image": OWN, "image_build": None}, training={"image": OWN.replace("mine", "train")})
    assert images.pulled(changed) == [OWN.replace("mine", "train"), OWN]
    assert images.pulled(settings(classifier={"backend": "bedrock"})) == []


@pytest.mark.parametrize(
    ("env", "change"), [("dev", ""), ("prod", ""), ("dev", "training: {instance_type: ml.c7i.2xlarge}"), ("dev", HF)]
)
def test_images_of_aws_are_looked_for_where_the_stacks_take_them_from(tmp_path: Path, env: str, change: str) -> None:
    (tmp_path / "environments").mkdir()
    shutil.copy(ROOT / "environments" / f"{env}.yaml", tmp_path / "environments")
    (tmp_path / "environments" / f"{env}.override.yaml").write_text(change, encoding="utf-8")
    settings = load(env, root=tmp_path)
    taken = [training_image(settings)]
    if settings.serving.container == "huggingface":
        taken.append(ready_serving_image(settings).uri)
    assert images.pulled(settings) == taken


def test_the_region_of_an_image() -> None:
    assert images.region_of(OWN) == "us-east-1"
    assert images.region_of("docker.io/library/python:3") is None
