"""Tests the Makefile's checks before it builds anything for an AWS account."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GOALS = ("deploy", "diff", "bootstrap", "destroy")
MAKEFILE = (ROOT / "Makefile").read_text()
SETTINGS = re.findall(r"^SETTINGS := (.+)$", MAKEFILE, re.MULTILINE)[0].split()
EVERY_GOAL = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)[0].replace("\\\n", " ").split()
# Without any of the machine's own credentials, an instance's role included: these are commands that create and delete.
# Nor with the settings that `make test` itself exports.
OTHERS = ("AWS_", "MAKE", "RUBRIC_", *SETTINGS)
CLEAN = {
    **{name: value for name, value in os.environ.items() if not name.startswith(OTHERS)},
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
    [message] = [line for line in done.stderr.splitlines() if not line.startswith(("make", "setup"))]
    assert message.startswith("rubric: No AWS credentials found: run `aws configure sso` or set AWS_PROFILE")


def test_an_instance_without_a_role_is_not_waited_for() -> None:
    # It takes connections and never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = CLEAN | {
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
        }
        done = subprocess.run(
            [sys.executable, "-m", "ops", "preflight", "--credentials"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "No AWS credentials found" in done.stderr) == (4, True)
        silent.setblocking(False)
        asked = 0
        with suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                asked += 1
    # A token, once or twice, each given up after a second: its role is not asked for.
    assert 1 <= asked <= 2


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
    assert "words  ARGS -- " in planned("diff", "ENV=dev", "PREFLIGHT=off")[-1]
    assert "words STACKS ARGS -- " in planned("diff", "ENV=dev", "STACKS=Rubric-dev-Api")[-1]
    assert "words STACKS ARGS -- " in planned("deploy", "ENV=dev")[-1]


def settings_of_a_recipe(tmp_path: Path, *arguments: str, environment: Mapping[str, str] = {}) -> dict[str, str]:
    """The environment variables of a recipe of our Makefile."""
    makefile = tmp_path / "Makefile"
    show = f"\nshow:\n\t@{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'\n"
    makefile.write_text(MAKEFILE + show)
    done = subprocess.run(
        ["make", "-f", str(makefile), "show", *arguments],
        cwd=ROOT,
        env=CLEAN | dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_settings_value_is_no_part_of_a_shell_line_nor_of_makes(tmp_path: Path, name: str) -> None:
    touched = tmp_path / "touched"
    value = f'it\'s "q" ;touch {touched}; `touch {touched}` $$(touch {touched}) $(shell touch {touched}) $HOME #é.csv'
    assert settings_of_a_recipe(tmp_path, f"{name}={value}")[name] == value
    assert settings_of_a_recipe(tmp_path, environment={name: value})[name] == value
    assert not touched.exists()


def test_no_recipe_holds_a_settings_value() -> None:
    assert {"deploy", "bench-security", "clean"} <= set(EVERY_GOAL)
    assert set(EVERY_GOAL) >= set(re.findall(r"^([a-z-]+):(?![:=])", MAKEFILE, re.MULTILINE))
    typed = {name: f"{name.lower()}-as-typed" for name in SETTINGS}
    for goal in EVERY_GOAL:
        # The recipes of this machine's AWS, and those without a look before, are others.
        for chosen in ({}, {"ENV": "local"}, {"PREFLIGHT": "off"}):
            lines = planned(goal, *(f"{name}={value}" for name, value in (typed | chosen).items()))
            assert not [line for line in lines if "-as-typed" in line], goal


def test_several_words_of_a_setting_are_split_as_a_shell_splits_them(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print(sys.argv[1:])"
    command = [sys.executable, "-m", "tools.words", "STACKS", "ARGS", "--", sys.executable, "-c", code]
    environment = CLEAN | {"STACKS": "A B", "ARGS": "-k 'one or other' $HOME ; *"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    assert capfd.readouterr().out == "['A', 'B', '-k', 'one or other', '$HOME', ';', '*']\n"
    environment["ARGS"] = "it's"
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, "make: ARGS=it's: a quote in it is never closed\n")


def test_notebooks_are_for_this_machines_aws_unless_told_otherwise() -> None:
    assert "-m local env" in " ".join(planned("notebooks"))
    assert "-m local env" not in " ".join(planned("notebooks", "ENV=dev"))
