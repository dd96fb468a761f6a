"""The app as the CDK CLI runs it: without an account, reproducible, and one line for missing input."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from environments.rules.receivers import REMEDY
from environments.settings import load
from stacks.application import add_stacks
from stacks.deployment import Deployment, MissingBuildError
from tests.stacks.conftest import ENVIRONMENTS, REPOSITORY, Synthesised

UNHEARD = f"warning: alarms of rubric-dev reach nobody: {REMEDY}\n"


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's own files beside the small built tree."""
    checkout = tmp_path_factory.mktemp("checkout") / "rubric"
    shutil.copytree(root, checkout)
    for name in ("environments", "stacks", "contracts"):
        ignored = shutil.ignore_patterns("__pycache__", "*.override.yaml")
        shutil.copytree(REPOSITORY / name, checkout / name, dirs_exist_ok=True, ignore=ignored)
    shutil.copy(REPOSITORY / "app.py", checkout)
    (checkout / "environments/prod.override.yaml").write_text("monitoring: {alarm_email: ops@example.com}\n")
    return checkout


def run_app(
    checkout: Path, *, context: dict[str, object], env: str, out: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run app.py as the CLI does, in a process without anything of AWS in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    environment = {"CDK_CONTEXT_JSON": json.dumps({**context, "env": env}), "AWS_EC2_METADATA_DISABLED": "true", **more}
    if out is not None:
        environment["CDK_OUTDIR"] = str(out)
    command = [sys.executable, str(checkout / "app.py")]
    return subprocess.run(
        command, env={**kept, **environment}, capture_output=True, text=True, timeout=300, check=False
    )


def differing(first: Path, second: Path) -> list[str]:
    files = sorted(path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file())
    others = sorted(path.relative_to(second).as_posix() for path in second.rglob("*") if path.is_file())
    assert files == others
    assert files
    return filecmp.cmpfiles(first, second, files, shallow=False)[1]


@pytest.fixture(scope="module")
def together(checkout: Path, context: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every environment in one synth, twice, with CDK's rules and their report."""
    outs = [tmp_path_factory.mktemp("together") / out for out in ("first", "second")]
    for out in outs:
        result = run_app(checkout, context=context, env=", ".join(ENVIRONMENTS), out=out)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", UNHEARD)
    return outs


def test_two_synths_without_an_account_give_the_same_bytes(together: list[Path]) -> None:
    assert {path.name.split("-")[1] for path in together[0].glob("Rubric-*")} == set(ENVIRONMENTS)
    assert differing(*together) == []


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_several_environments_in_one_synth_are_those_of_several_synths(
    checkout: Path, context: dict[str, object], together: list[Path], env: str, tmp_path: Path
) -> None:
    result = run_app(checkout, context=context, env=env, out=tmp_path / "one", CDK_VALIDATION="false")
    assert result.returncode == 0, result.stderr
    alone = [path.name for path in (tmp_path / "one").glob(f"Rubric-{env}-*")]
    assert alone and filecmp.cmpfiles(tmp_path / "one", together[0], alone, shallow=False)[0] == alone


def test_an_environment_that_is_named_twice_is_refused(checkout: Path, context: dict[str, object]) -> None:
    result = run_app(checkout, context=context, env="dev,environments/dev.yaml")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "name each once" in result.stderr


def test_a_setting_that_is_wrong_is_one_line_and_an_error(checkout: Path, context: dict[str, object]) -> None:
    result = run_app(checkout, context=context, env="staging")
    assert result.returncode == 1
    assert (
        result.stderr == "error: environment 'staging' does not exist; "
        "use one of: dev, local, prod, sentiment, or a path to a YAML file\n"
    )


def test_real_traffic_is_refused_while_nobody_hears_its_alarms(
    checkout: Path, context: dict[str, object], tmp_path: Path
) -> None:
    alone = tmp_path / "rubric"
    shutil.copytree(checkout, alone, ignore=shutil.ignore_patterns("*.override.yaml"))
    result = run_app(alone, context=context, env="prod", out=tmp_path / "out")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("error: alarms of rubric-prod reach nobody: set monitoring.")
    preview = run_app(alone, context={**context, "preview": "true"}, env="prod", out=tmp_path / "preview")
    assert preview.returncode == 0
    assert preview.stderr.startswith("warning: alarms of rubric-prod reach nobody: set monitoring.")
    assert not list((tmp_path / "out").glob("*.template.json"))


def test_a_missing_build_says_what_to_run(root: Path, context: dict[str, object], tmp_path: Path) -> None:
    deployment = Deployment(settings=load("local", root=root), root=tmp_path, build_dir=tmp_path / "build")
    with pytest.raises(MissingBuildError, match=r"^build/\S+ is missing; run `make build ENV=.+`$"):
        add_stacks(cdk.App(context=context), deployment=deployment)


def test_the_build_is_run_by_the_cli_before_synthesis() -> None:
    settings = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))
    assert settings["app"] == ".venv/bin/python app.py"
    assert settings["build"] == "make -s build"


def test_nothing_waits_for_what_it_does_not_need(local: Synthesised) -> None:
    needs = {
        stack.stack_name.split("-")[-1]: {other.stack_name.split("-")[-1] for other in stack.dependencies}
        for stack in local.all
    }
    assert needs == {
        "Data": set(),
        "Training": {"Data"},
        "Serving": {"Training"},
        "Challenger": {"Training"},
        "Api": {"Data"},
        "Monitoring": {"Api", "Serving", "Training"},
    }


def test_the_outputs_that_the_commands_look_for(each: Synthesised) -> None:
    expected = {
        "data": "DatasetBucketName ArtifactBucketName RequestLogTableName ExamplesTableName ApiKeysTableName",
        "training": "PipelineArn PromotionArn ModelPackageGroupName ApprovedModelParameterName DatasetUri BaseModel",
        "serving": "EndpointName",
        "api": "ApiUrl ApiId ConsoleUrl",
        "monitoring": "AlarmTopicArn DashboardName",
    }
    for part, names in expected.items():
        outputs = each.template(part).to_json()["Outputs"]
        assert set(names.split()) <= set(outputs)


def test_every_resource_that_can_have_them_has_the_tags(dev: Synthesised) -> None:
    for name, bucket in dev.everything("AWS::S3::Bucket").items():
        tags = {tag["Key"]: tag["Value"] for tag in bucket["Properties"]["Tags"]}
        assert (tags["project"], tags["environment"]) == ("rubric", "dev"), name
