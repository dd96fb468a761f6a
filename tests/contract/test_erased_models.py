"""rubric erase names the models that were, or may have been, trained on the erased texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from contracts.datasets import ledger, manifest
from ops.deployment.cloud import Cloud
from ops.training import training_jobs
from tests.contract.erasing import BUCKET, SECRET, World, client, erase, fill
from tests.unit.ops.conftest import aws, cloud, register, sfn  # noqa: F401 (fixtures)
from tests.unit.ops.conftest import run as rubric

DATASET, GONE, PACKED = (f"s3://datasets/datasets/{name}.csv" for name in ("abc/news", "old/x", "zip/x"))


@pytest.fixture(autouse=True)
def few_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", client)


@pytest.fixture
def world(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: F811
    yield World(monkeypatch, cloud)


def models(report: dict[str, Any]) -> dict[str, str]:
    """Those that the report says it did not reach, and why."""
    named = [sentence for sentence in report["not_erased"] if sentence.startswith("the model ")]
    return {sentence.split()[2]: sentence.partition(": its weights")[0].split(" ", 3)[3] for sentence in named}


@pytest.fixture
def trained_on(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def trained_on(**channels: str) -> None:
        for version in channels:
            register(version)
        known = {version: training_jobs.Job(channels={"dataset": uri}) for version, uri in channels.items()}
        monkeypatch.setattr(training_jobs, "describe", lambda _, version: known.get(version))

    return trained_on


def test_models_are_named_also_when_they_were_refused_and_when_it_is_run_again(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(world)
    world.put(BUCKET, "models/rubric-dev-refused/output/model.tar.gz", "weights")
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    for again in (("--text", str(file)), ("--text", str(file)), ("--again",)):
        assert models(erase(*again, capsys=capsys)).keys() == {"rubric-dev-1", "rubric-dev-refused"}


def test_a_model_is_named_unless_its_dataset_was_read_and_did_not_hold_it(
    world: World, trained_on: Callable[..., None], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    trained_on(
        on_it=DATASET, clean="s3://datasets/datasets/def/", theirs="s3://theirs/news.csv",
        gone=GONE, packed=PACKED,
    )  # fmt: skip
    register("unknown")
    world.put("datasets", "datasets/abc/news.csv", f'text,label\n"{SECRET}",A\n')
    world.put("datasets", "datasets/def/news.csv", "text,label\nother,A\n")
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    may = {
        "theirs": "may have been trained on it (Rubric does not manage its dataset s3://theirs/news.csv)",
        "gone": f"may have been trained on it (its dataset {GONE} is gone or could not be read)",
        "packed": f"may have been trained on it (its dataset {PACKED} is gone or could not be read)",
        "unknown": "may have been trained on it (SageMaker no longer has its job)",
    }
    for _ in range(2):
        assert models(erase("--text", str(file), capsys=capsys)) == {"on_it": "was trained on it", **may}
    file.write_text("another text")
    skipped = "may have been trained on it (datasets were skipped)"
    assert models(erase("--text", str(file), capsys=capsys)) == may
    assert models(erase("--text", str(file), "--skip", "datasets", capsys=capsys)) == {
        **may, **dict.fromkeys(("on_it", "clean", "gone", "packed"), skipped),
    }  # fmt: skip
    world.put("datasets", "datasets/zip/x.csv", "PK\x03\x04")
    assert rubric("erase", "--text", str(file), "--yes", "--json") == 1
    assert models(json.loads(capsys.readouterr().out)) == may


def test_a_model_whose_job_made_its_version_is_judged_by_that(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    held = f"{','.join(manifest.COLUMNS)}\n{ledger.row_of(SECRET)},{SECRET},A,train,,,,example,e,t\n".encode()
    other = held.replace(SECRET.encode(), b"other").replace(ledger.row_of(SECRET).encode(), b"0" * 64)
    for name, content in (("v4", held), ("v5", other)):
        sha256 = manifest.digest(content)
        document: Any = dict.fromkeys(manifest.Manifest.__annotations__) | {"layout": 1, "version": name}
        document |= {"parent": None, "reason": "freeze", "file": {"key": manifest.file_key(sha256), "sha256": sha256}}
        world.put("datasets", manifest.key_of(name), manifest.to_json(document).decode())
        world.put("datasets", manifest.file_key(sha256), content.decode())
    dumps = {name: f"datasets/folds/{name}/digest/" for name in ("on_it", "clean", "refused", "expired")}
    world.put("datasets", f"{dumps['refused']}events.jsonl", json.dumps({"row_id": "r", "text": SECRET}) + "\n")
    world.put("datasets", f"{dumps['refused']}request.json", "{}")
    makes = {"on_it": "v4", "clean": "v5", "refused": "v6", "expired": "v6"}
    known = {
        name: training_jobs.Job(
            channels={"dataset": "s3://datasets/datasets/parent", "fold": f"s3://datasets/{dumps[name]}"},
            hyperparameters={"dataset_version": version},
        )
        for name, version in makes.items()
    }
    for name in known:
        register(name)
    monkeypatch.setattr(training_jobs, "describe", lambda _, version: known.get(version))
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    gone = f"may have been trained on it (its dataset s3://datasets/{dumps['expired']} is gone or could not be read)"
    for _ in range(2):
        found = models(erase("--text", str(file), capsys=capsys))
        assert found == {"on_it": "was trained on it", "refused": "was trained on it", "expired": gone}
    assert SECRET not in world.everything()


def test_a_model_whose_evaluation_alone_quoted_it_is_named_again_and_again(
    world: World, trained_on: Callable[..., None], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    trained_on(quotes=DATASET, other=DATASET)
    world.put("datasets", "datasets/abc/news.csv", "text,label\nother,A\n")
    world.put(BUCKET, "models/quotes/evaluation.json", json.dumps({"mistakes": [{"text": SECRET}]}))
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    why = "was tested with it, and may have been trained on it (its evaluation quoted it)"
    for again in (("--text", str(file)), ("--text", str(file)), ("--again",)):
        assert models(erase(*again, capsys=capsys)) == {"quotes": why}
    assert SECRET not in world.everything()
