"""What the Makefile does before anything is built for an account of AWS's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GOALS = ("deploy", "diff", "bootstrap", "destroy")
# Without any of the machine's own credentials, an instance's role included: these are commands that create and delete.
CLEAN = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "RUBRIC_"))},
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def planned(*arguments: str) -> list[str]:
    """The commands that make would run, in order."""
    done = subprocess.run(["make", "-n", *arguments], cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "setup_env" not in line]


def place(lines: list[str], word: str) -> int:
    return next(number for number, line in enumerate(lines) if word in line)


@pytest.mark.parametrize("goal", GOALS)
def test_without_credentials_one_line_says_so_and_nothing_is_built(goal: str) -> None:
    done = subprocess.run(
        ["make", "--trace", goal, "ENV=dev"], cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "target 'build'" not in done.stdout
    [said] = [line for line in done.stderr.splitlines() if not line.startswith(("make", "setup"))]
    assert said.startswith("rubric: No AWS credentials found: run `aws configure sso` or set AWS_PROFILE")


def test_an_instance_without_a_role_is_not_waited_for() -> None:
    # 192.0.2.0/24 is for documentation: nothing answers there, nor says that it does not.
    environment = CLEAN | {
        "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://192.0.2.1",
    }
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "ops", "preflight", "--credentials"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "No AWS credentials found" in done.stderr) == (4, True)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("goal", GOALS)
def test_credentials_come_before_the_build_and_the_build_before_the_cdk(goal: str) -> None:
    lines = planned(goal, "ENV=dev")
    own = {"deploy": "preflight --quiet", "destroy": "preflight --before-destroy --quiet"}
    looks = own.get(goal, "preflight --credentials --quiet")
    assert place(lines, looks) < place(lines, "tools/bundle.py") < place(lines, f"bin/cdk {goal}")


def test_bootstrap_and_deploy_together_look_once_the_account_is_bootstrapped() -> None:
    lines = planned("bootstrap", "deploy", "ENV=dev")
    assert place(lines, "--credentials") < place(lines, "cdk bootstrap") < place(lines, "preflight --quiet")
    assert place(lines, "preflight --quiet") < place(lines, "cdk deploy")


@pytest.mark.parametrize("arguments", [("ENV=local",), ("ENV=dev", "PREFLIGHT=off")])
@pytest.mark.parametrize("goal", GOALS)
def test_this_machines_own_aws_and_preflight_off_look_at_nothing(goal: str, arguments: tuple[str, ...]) -> None:
    assert not any("-m ops" in line for line in planned(goal, *arguments))


def test_diff_is_given_no_option_that_the_cdk_warns_of() -> None:
    assert not any("--all" in line for line in planned("diff", "ENV=dev", "PREFLIGHT=off"))
    assert planned("diff", "ENV=dev", "STACKS=Rubric-dev-Api")[-1].endswith("-c env=dev Rubric-dev-Api ")
    assert "--all" in planned("deploy", "ENV=dev")[-1]
