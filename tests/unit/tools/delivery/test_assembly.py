"""Tests the assembly's digest and archive, and what the manifest says of the stacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.delivery import assembly, synthesis
from tools.delivery.assembly import Assembly
from tools.delivery.errors import USAGE, DeliveryError


def stack(name: str, *needs: str) -> dict[str, Any]:
    properties = {"templateFile": f"{name}.template.json", "assumeRoleArn": "arn:deploy"}
    return {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/us-east-1",
        "properties": properties,
        "dependencies": [*needs, f"{name}.assets"],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "assembly"
    made.mkdir()
    names = {"Rubric-dev-Api": ["Rubric-dev-Data"], "Rubric-dev-Data": [], "Rubric-dev-x-Data": []}
    artifacts: dict[str, Any] = {}
    for name, needs in names.items():
        artifacts[name] = stack(name, *needs)
        artifacts[f"{name}.assets"] = {"type": "cdk:asset-manifest", "properties": {"file": f"{name}.assets.json"}}
        template = {
            "Resources": {"A": {"Properties": {"Name": [{"Fn::ImportValue": f"{need}:Export"} for need in needs]}}}
        }
        (made / f"{name}.template.json").write_text(json.dumps(template))
        destination = {"bucketName": "cdk-${AWS::AccountId}", "assumeRoleArn": "arn:publish"}
        (made / f"{name}.assets.json").write_text(json.dumps({"files": {"f": {"destinations": {"d": destination}}}}))
    (made / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (made / "asset.1").mkdir()
    (made / "asset.1/code.py").write_text("code")
    return made


def test_the_digest_covers_every_byte_and_every_name(folder: Path) -> None:
    before = assembly.digest(folder)
    assert assembly.digest(folder) == before
    (folder / "asset.1/code.py").write_text("c0de")
    changed = assembly.digest(folder)
    (folder / "asset.1/code.py").rename(folder / "asset.1/other.py")
    assert len({before, changed, assembly.digest(folder)}) == 3


def test_an_assembly_with_a_link_is_refused(folder: Path) -> None:
    (folder / "asset.1/link").symlink_to("/etc/hostname")
    with pytest.raises(DeliveryError, match="is a link"):
        assembly.digest(folder)


def test_an_archive_brings_every_file_and_its_mode_to_another_machine(folder: Path, tmp_path: Path) -> None:
    (folder / "asset.1/code.py").chmod(0o755)
    assembly.pack(folder, tmp_path / "assembly.tar")
    assembly.unpack(tmp_path / "assembly.tar", tmp_path / "there")
    assert assembly.digest(tmp_path / "there") == assembly.digest(folder)
    assert (tmp_path / "there/asset.1/code.py").stat().st_mode & 0o777 == 0o755


def test_an_environments_stacks_come_in_the_order_of_their_deployment(folder: Path) -> None:
    data, api = Assembly(folder).stacks("Rubric-dev")
    assert (data.name, api.name) == ("Rubric-dev-Data", "Rubric-dev-Api")
    assert (data.imports, api.imports) == (frozenset(), frozenset({"Rubric-dev-Data:Export"}))
    assert (data.account, data.region, data.bucket) == (None, "us-east-1", "cdk-${AWS::AccountId}")
    assert (data.deploy_role, data.publish_role) == ("arn:deploy", "arn:publish")


def test_an_environment_that_the_assembly_lacks_is_one_sentence(folder: Path) -> None:
    with pytest.raises(DeliveryError, match="no stacks of Rubric-prod, only of Rubric-dev, Rubric-dev-x"):
        Assembly(folder).stacks("Rubric-prod")


def test_a_later_job_deploys_the_bytes_that_the_first_one_named_or_none(folder: Path, tmp_path: Path) -> None:
    digest = assembly.digest(folder)
    assembly.pack(folder, tmp_path / "assembly.tar")
    (folder / "asset.1/code.py").write_text("another")
    with pytest.raises(DeliveryError, match=f"{digest} is to be deployed") as refused:
        synthesis.checked(tmp_path, expected=digest)
    assert refused.value.status == USAGE
    folder.rename(tmp_path / "away")
    assert synthesis.checked(tmp_path, expected=digest) == digest


@pytest.mark.parametrize("files", [[], ["assembly"]])
def test_without_an_assembly_or_its_digest_one_sentence_says_what_makes_them(files: list[str], tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).mkdir()
    with pytest.raises(DeliveryError, match="make assembly"):
        synthesis.checked(tmp_path)
