"""Tests `rubric mirror` with servers and a bucket: what it downloads, checks, uploads and says."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.deployment import mirror
from environments.settings import Settings
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stacks
from tests.unit.ops.conftest import BUCKET, SESSION, run
from tests.unit.ops.mirror.conftest import wheels_in
from tests.unit.ops.mirror.internet import COMMIT, MODEL, WEIGHTS, Internet, zipped

BASE_MODEL = f"base-models/tiny/bert/{COMMIT}"


@pytest.fixture
def s3() -> Any:
    return SESSION.client("s3")


def keys(s3: Any) -> dict[str, str]:
    """The mirror's objects: their SHA-256 by what is behind the folder's digest."""
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="mirror/").get("Contents", [])
    bodies = {one["Key"]: s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}
    return {key.removeprefix("mirror/"): hashlib.sha256(body).hexdigest() for key, body in bodies.items()}


def folder_of(internet: Internet, tmp_path: Path) -> tuple[str, str]:
    lock = mirror.digest_of(tmp_path / "root/model_code/training/requirements.lock")
    return f"wheels/{lock}", f"archives/{hashlib.sha256(f'{internet.url}/news.zip'.encode()).hexdigest()}"


def test_all_that_training_needs_is_in_the_bucket_with_its_digests(
    isolated: Settings, internet: Internet, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mirror", "--check") == 1
    assert "lacking  the packages that training jobs install" in capsys.readouterr().out
    assert run("mirror") == 0
    wheels, archive = folder_of(internet, tmp_path)
    found = keys(s3)
    assert set(found) == {
        *(f"{wheels}/{name}" for name in ("first-1.0-py3-none-any.whl", "second-2.0-py3-none-any.whl")),
        *(f"{BASE_MODEL}/{name}" for name in ("config.json", "tokenizer.json", "vocab.txt", "model.safetensors")),
        f"{archive}/archive.zip",
        *(f"{folder}/SHA256SUMS" for folder in (wheels, BASE_MODEL, archive)),
    }
    sums = s3.get_object(Bucket=BUCKET, Key=f"mirror/{BASE_MODEL}/SHA256SUMS")["Body"].read().decode()
    digests = mirror.read_sums(sums)
    assert digests == {name: found[f"{BASE_MODEL}/{name}"] for name in digests}
    assert digests["model.safetensors"] == hashlib.sha256(WEIGHTS).hexdigest()
    capsys.readouterr()
    assert run("mirror", "--check") == 0
    assert "the bucket has all that isolated training needs" in capsys.readouterr().err


def test_a_second_run_brings_nothing(
    isolated: Settings, internet: Internet, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mirror") == 0
    internet.asked.clear()
    capsys.readouterr()
    assert run("mirror") == 0
    assert internet.asked == []
    assert capsys.readouterr().err.count("there already") == 6


def test_pip_installs_from_the_folder_alone(isolated: Settings, internet: Internet, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    assert run("mirror", "--to", str(stick)) == 0
    internet.asked.clear()
    wheels, _ = folder_of(internet, tmp_path)
    lock = tmp_path / "root/model_code/training/requirements.lock"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(tmp_path / "site"), "-r", str(lock)]
    told = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(stick / wheels), "PIP_CONFIG_FILE": "/dev/null"}
    subprocess.run(command, env=told, check=True, capture_output=True)
    assert (tmp_path / "site" / "second.py").read_text() == "VERSION = '2.0'\n"
    assert internet.asked == []


def test_a_carried_folder_is_checked_before_anything_is_uploaded(
    isolated: Settings, internet: Internet, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stick = tmp_path / "stick"
    wheels_in(stick, internet, tmp_path / "root/model_code/training/requirements.lock")
    assert run("mirror", "--to", str(stick)) == 0
    assert keys(s3) == {}
    internet.asked.clear()
    (stick / BASE_MODEL / "config.json").write_text("{}")
    capsys.readouterr()
    assert run("mirror", "--from", str(stick)) == 1
    assert f"does not have the base model {MODEL}: config.json has the SHA-256" in capsys.readouterr().err
    assert run("mirror", "--check", "--from", str(stick)) == 1
    assert keys(s3) == {}
    assert run("mirror", "--to", str(stick)) == 0  # repairs it
    internet.asked.clear()
    assert run("mirror", "--from", str(stick)) == 0
    assert internet.asked == []
    assert f"{BASE_MODEL}/SHA256SUMS" in keys(s3)


def test_a_download_that_was_cut_goes_on_where_it_stopped(
    isolated: Settings, internet: Internet, s3: Any, tmp_path: Path
) -> None:
    path = f"/tiny/bert/resolve/{COMMIT}/model.safetensors"
    internet.cut[path] = 100_000
    assert run("mirror") == 0
    assert [wanted for asked, wanted in internet.asked if asked == path] == [None, "bytes=100000-"]
    assert keys(s3)[f"{BASE_MODEL}/model.safetensors"] == hashlib.sha256(WEIGHTS).hexdigest()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_file_that_is_not_the_commits_is_refused(
    isolated: Settings, internet: Internet, s3: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    internet.promised[name] = bytes(reversed(internet.model[name]))
    assert run("mirror") == 1
    assert f"is not what is wanted: {name} has the digest" in capsys.readouterr().err
    assert keys(s3) == {}


def test_a_wheel_without_the_locks_hash_is_refused(
    isolated: Settings, internet: Internet, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache" / folder_of(internet, tmp_path)[0] / "second-2.0-py3-none-any.whl").unlink()
    internet.wheels["second"] = internet.wheels["first"]
    assert run("mirror") == 4
    assert "pip cannot download second 2.0 for Python 3.12" in capsys.readouterr().err
    assert keys(s3) == {}


@pytest.mark.parametrize(
    ("body", "sha256", "words"),
    [
        (b"<html>", None, "it is no zip archive"),
        (zipped(other__csv="x"), None, "the archive has no newsCorpora.csv"),
        (zipped(newsCorpora__csv="x"), "0" * 64, "newsCorpora.csv has the SHA-256 2d711642"),
    ],
)
def test_another_archive_is_refused(
    isolated: Settings,
    internet: Internet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: bytes,
    sha256: str | None,
    words: str,
) -> None:
    internet.archive = body
    dataset = isolated.data.dataset.model_copy(update={"sha256": sha256})
    data = isolated.data.model_copy(update={"dataset": dataset})
    monkeypatch.setattr(Cloud, "settings", isolated.model_copy(update={"data": data}))
    assert run("mirror") == 1
    assert words in capsys.readouterr().err


def test_what_somebody_changed_in_the_bucket_is_found_and_repaired(
    isolated: Settings, internet: Internet, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mirror") == 0
    s3.put_object(Bucket=BUCKET, Key=f"mirror/{BASE_MODEL}/model.safetensors", Body=b"other")
    s3.delete_object(Bucket=BUCKET, Key=f"mirror/{BASE_MODEL}/vocab.txt")
    capsys.readouterr()
    assert run("mirror", "--check") == 1
    told = capsys.readouterr().out
    assert "model.safetensors has the SHA-256" in told and "vocab.txt is missing" in told
    assert run("mirror") == 0
    assert f"the base model {MODEL}: 2 files uploaded" in capsys.readouterr().err
    assert run("mirror", "--check") == 0


def test_without_a_bucket_the_command_says_what_to_deploy(
    isolated: Settings, monkeypatch: pytest.MonkeyPatch, internet: Internet, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={}))
    assert run("mirror") == 3
    assert "`make deploy ENV=dev STACKS=Rubric-dev-Data PREFLIGHT=off`" in capsys.readouterr().err
    assert internet.asked == []


def test_an_unreachable_source_is_one_sentence(
    isolated: Settings, internet: Internet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert run("mirror") == 4
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rubric:")]
    assert "127.0.0.1 does not send http://127.0.0.1:9/api/models/tiny/bert/tree/" in line and "--from" in line


def test_the_linear_model_and_a_file_need_only_packages(
    isolated: Settings, internet: Internet, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = isolated.data.dataset.model_copy(update={"source": "file"})
    changed = isolated.model_copy(
        update={
            "training": isolated.training.model_copy(update={"model": "linear"}),
            "data": isolated.data.model_copy(update={"dataset": dataset}),
        }
    )
    monkeypatch.setattr(Cloud, "settings", changed)
    assert run("mirror") == 0
    assert {key.split("/")[0] for key in keys(s3)} == {"wheels"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "a", "--to", "b"), "give one of the two"),
        (("--from", "/nowhere/at/all"), "there is no such folder"),
        (("--python", "3.11"), "the training image has Python 3.12"),
    ],
)
def test_wrong_options_are_one_sentence(
    isolated: Settings, arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mirror", *arguments) == 2
    assert words in capsys.readouterr().err


def test_an_image_of_ones_own_needs_its_python(
    isolated: Settings,
    internet: Internet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = isolated.training.model_copy(update={"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1"})
    monkeypatch.setattr(Cloud, "settings", isolated.model_copy(update={"training": own}))
    (tmp_path / "cache" / folder_of(internet, tmp_path)[0] / "second-2.0-py3-none-any.whl").unlink()
    assert run("mirror") == 2
    assert "say which Python it has, such as --python 3.12" in capsys.readouterr().err
    assert run("mirror", "--python", "3.11") == 0
    assert run("mirror", "--check") == 0
