"""Tests tools/aws_facts/images.py: facts from a clone of AWS's repository, and one line if its layout changed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.aws_facts import images

TABLE = """\
# Region Availability

## Deep Learning Containers

| Region | Code | Account ID |
| --- | --- | --- |
| Israel (Tel Aviv) | il-central-1 | 780543022126 |

## SageMaker Algorithm Registry

| Region | Code | Account ID |
| --- | --- | --- |
| Israel (Tel Aviv) | il-central-1 | 898809789911 |
"""
FILES = {
    "docs/reference/region_availability.md": TABLE,
    "docs/src/data/pytorch/2.13-cpu-sagemaker.yml": (
        'framework: PyTorch\nversion: "2.13"\nplatform: sagemaker\neop: "2027-07-20"\ntags: ["2.13.0-cpu"]\n'
    ),
    "docs/src/data/pytorch/2.13-cpu-ec2.yml": 'version: "2.13"\nplatform: ec2\ntags: ["2.13.0-cpu-ec2"]\n',
    "docs/src/data/vllm/0.1-gpu-sagemaker.yml": 'version: "0.1"\nplatform: sagemaker\ntags: ["0.1"]\n',
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "x", "--date", "2026-08-21T12:00:00Z"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)
    return folder


def written(clone: Path, out: Path, *options: str) -> dict[str, Any]:
    assert images.main([str(clone), "--out", str(out), *options]) == 0
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result


def test_the_images_for_sagemaker_and_the_containers_accounts_are_taken(clone: Path, tmp_path: Path) -> None:
    result = written(clone, tmp_path / "published.json")["containers"]
    assert result["accounts"] == {"il-central-1": "780543022126"}
    assert result["images"] == [
        {
            "file": "docs/src/data/pytorch/2.13-cpu-sagemaker.yml",
            "repository": "pytorch",
            "version": "2.13",
            "eop": "2027-07-20",
            "tags": ["2.13.0-cpu"],
        }
    ]
    assert len(result["commit"]) == 40


def test_the_sdks_facts_stay_where_it_is_not_read_again(clone: Path, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    file = packages / "sagemaker/core/image_uri_config/pytorch-amzn2023.json"
    file.parent.mkdir(parents=True)
    (packages / "sagemaker_core-2.27.0.dist-info").mkdir()
    known = {
        "container_version": {"cpu": "cpu-amzn2023-sagemaker"},
        "registries": {"us-gov-west-1": "442386744353"},
        "tag_prefix": "2.13",
    }
    file.write_text(json.dumps({"training": {"versions": {"2.13": known}}}), encoding="utf-8")
    out = tmp_path / "published.json"
    first = written(clone, out, "--sagemaker-core", str(packages))["sagemaker_core"]
    assert first["source"].startswith("sagemaker-core 2.27.0: ")
    assert first["accounts"] == {"us-gov-west-1": "442386744353"}
    assert first["versions"] == {"2.13": {"tags": ["2.13-cpu-amzn2023-sagemaker"], "regions": ["us-gov-west-1"]}}
    assert written(clone, out)["sagemaker_core"] == first


def test_a_table_that_is_another_is_one_line(clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "docs/reference/region_availability.md").write_text("# Moved\n", encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(clone), *who, "commit", "-q", "-a", "-m", "y"], check=True, capture_output=True)
    assert images.main([str(clone), "--out", str(tmp_path / "published.json")]) == 1
    output = capsys.readouterr().err
    assert output == "aws_images: docs/reference/region_availability.md: no account in its first table\n"


def test_no_clone_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert images.main([str(tmp_path), "--out", str(tmp_path / "published.json")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
