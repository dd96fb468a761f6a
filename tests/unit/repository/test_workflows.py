"""GitHub's workflows are pinned, have the least permissions, and run existing commands."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from contracts.deployment.delivery import planning
from ops.main import app
from tools import lock
from tools.setup.uv import REQUIREMENTS
from tools.testing.suites import suites

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
# The variables that a runner gives a step besides its own env.
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
CONTEXTS = ("github.", "matrix.", "vars.", "needs.", "steps.", "secrets.")


def parsed(path: Path) -> dict[str, Any]:
    # BaseLoader: `on` stays a word.
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_pinned_and_may_only_read(path: Path) -> None:
    workflow = parsed(path)
    assert set(workflow) <= {"name", "on", "permissions", "concurrency", "env", "jobs"}
    assert workflow["permissions"] == {"contents": "read"}
    uses = re.findall(r"uses: *(.+)$", path.read_text(encoding="utf-8"), flags=re.M)
    assert uses
    assert [used for used in uses if not PINNED.match(used)] == []
    for job in workflow["jobs"].values():
        assert re.fullmatch(r"ubuntu-\d\d\.\d\d", job["runs-on"])
        assert int(job["timeout-minutes"]) <= 120
        for step in job["steps"]:
            assert {"uses"} <= set(step) or {"run"} <= set(step)
            # The shell would run the value of an expression inside a script.
            assert not EXPRESSION.search(step.get("run", ""))
    for expression in EXPRESSION.findall(path.read_text(encoding="utf-8")):
        assert expression.strip().startswith(CONTEXTS), expression


def test_a_workflow_is_what_github_accepts() -> None:
    done = linted(*WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_sees_a_context_that_does_not_exist(tmp_path: Path) -> None:
    text = (ROOT / ".github" / "workflows" / "deliver.yml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("needs.assembly.outputs.digest", "needs.synth.outputs.digest"), encoding="utf-8")
    done = linted(broken)
    assert done.returncode and 'property "synth" is not defined' in done.stdout + done.stderr


def linted(*paths: Path) -> subprocess.CompletedProcess[str]:
    """The linter's own command in `make lint`, on these files."""
    [lint] = [suite for suite in suites(ROOT) if suite.name == "lint"]
    [command] = [command for command in lint.commands if "actionlint" in " ".join(command)]
    return subprocess.run([*command[:-1], *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["changes.yml", "deliver.yml", "drift.yml", "ci.yml"])
def test_every_command_of_a_workflow_is_a_make_target_that_exists(name: str) -> None:
    jobs = parsed(ROOT / ".github" / "workflows" / name)["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert commands
    for command in commands:
        make, target = command.split()
        assert make == "make" and (target == '"$TARGET"' or target in targets()), command


def targets() -> set[str]:
    """The targets of the Makefile."""
    done = subprocess.run(
        ["make", "-pRrq", "-f", "Makefile", "help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return set(re.findall(r"^([\w-]+):", done.stdout, flags=re.M))


def test_the_way_to_prod_is_the_way_to_dev() -> None:
    jobs = parsed(ROOT / ".github" / "workflows" / "deliver.yml")["jobs"]
    assert list(jobs) == ["assembly", "dev", "prod-plan", "prod"]
    assert (jobs["dev"]["needs"], jobs["prod"]["needs"]) == ("assembly", ["assembly", "dev", "prod-plan"])
    for name in ("dev", "prod"):
        assert (jobs[name]["environment"], jobs[name]["env"]["ENV"]) == (name, name)
        assert jobs[name]["concurrency"] == {"group": f"deliver-{name}", "cancel-in-progress": "false"}
    steps = [step for step in jobs["prod"]["steps"] if step.get("with", {}).get("name") != "plan-prod"]
    assert calls(steps) == [call.replace("DEV_", "PROD_") for call in calls(jobs["dev"]["steps"])]
    assert sum(step.get("run") == "make assembly" for job in jobs.values() for step in job["steps"]) == 1
    [last] = jobs["prod"]["steps"][-1:]
    assert (last["run"], last["if"]) == ("make delivery-finish", "always()")


def calls(steps: list[dict[str, Any]]) -> list[str]:
    """What steps do, without their titles."""
    return [json.dumps({key: value for key, value in step.items() if key != "name"}) for step in steps]


def test_prods_change_sets_are_shown_before_somebody_approves_and_are_those_that_are_executed() -> None:
    jobs = parsed(ROOT / ".github" / "workflows" / "deliver.yml")["jobs"]
    plan, prod = jobs["prod-plan"], jobs["prod"]
    assert (plan["environment"], plan["needs"]) == (planning("prod"), ["assembly", "dev"])
    assert [step["run"] for step in plan["steps"] if "run" in step][-1] == "make delivery-plan"
    roles = {step["with"]["role-to-assume"] for step in plan["steps"] if "role-to-assume" in step.get("with", {})}
    assert roles == {"${{ vars.PROD_PLAN_ROLE }}"}
    assert prod["env"]["PLAN"] == "${{ needs.prod-plan.outputs.plan }}"
    [kept] = [step["with"] for step in plan["steps"] if "upload-artifact" in step.get("uses", "")]
    [taken] = [step["with"] for step in prod["steps"] if step.get("with", {}).get("name") == kept["name"]]
    assert kept["path"] == f"{taken['path']}/plan.json"


def test_nothing_but_main_is_delivered_also_by_hand() -> None:
    workflow = parsed(ROOT / ".github" / "workflows" / "deliver.yml")
    assert workflow["on"]["push"] == {"branches": ["main"]}
    assert "github.ref == 'refs/heads/main'" in workflow["jobs"]["assembly"]["if"]


def test_only_jobs_that_assume_a_role_get_a_token_and_a_fork_gets_none() -> None:
    for name in ("changes.yml", "deliver.yml", "drift.yml"):
        for job in parsed(ROOT / ".github" / "workflows" / name)["jobs"].values():
            assumes = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
            assert ("id-token" in job.get("permissions", {})) is assumes
    jobs = parsed(ROOT / ".github" / "workflows" / "changes.yml")["jobs"]
    assert "head.repo.full_name == github.repository" in jobs["assembly"]["if"]
    assert (jobs["changes"]["needs"], jobs["comment"]["needs"]) == ("assembly", "changes")
    assert jobs["comment"]["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_preflight_looks_at_every_shipped_environment_every_week_and_on_each_pull_request() -> None:
    workflow = parsed(ROOT / ".github" / "workflows" / "preflight.yml")
    assert {"schedule", "pull_request", "workflow_dispatch"} == set(workflow["on"])
    [schedule] = workflow["on"]["schedule"]
    minute, hour, day, month, weekday = schedule["cron"].split()
    assert (day, month) == ("*", "*")
    assert (minute.isdigit(), hour.isdigit(), weekday.isdigit()) == (True, True, True)
    [job] = workflow["jobs"].values()
    shipped = {path.stem for path in (ROOT / "environments").glob("*.yaml") if not path.stem.endswith(".override")}
    assert set(job["strategy"]["matrix"]["env"]) == shipped


def test_its_command_is_one_that_rubric_has() -> None:
    [job] = parsed(ROOT / ".github" / "workflows" / "preflight.yml")["jobs"].values()
    words = shlex.split(job["steps"][-1]["run"].replace("$ENVIRONMENT", "local").replace("$STRICT", "--strict"))
    assert words[:3] == ["python", "-m", "ops"]
    done = CliRunner().invoke(app, words[3:])
    assert done.exit_code in (0, 1), done.output  # 2 is a wrong usage
    assert "environments/local.yaml is valid" in done.output


def test_what_it_installs_is_what_the_command_imports() -> None:
    [job] = parsed(ROOT / ".github" / "workflows" / "preflight.yml")["jobs"].values()
    [install] = [step["run"] for step in job["steps"] if "pip install" in step.get("run", "")]
    assert f"--require-hashes --requirement {REQUIREMENTS}" in install
    assert "uv export --quiet --frozen --only-group rubric --output-file" in install
    named = {
        canonicalize_name(Requirement(line).name): group
        for group in ("app", "rubric")
        for line in lock.requirements_of(group)
    }
    code = "import json, sys; import ops.main; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout)
    packages = importlib.metadata.packages_distributions()
    used = {canonicalize_name(name) for module in loaded for name in packages.get(module, [])} & set(named)
    assert used - {"setuptools"} == {name for name, group in named.items() if group == "rubric"}


def test_ci_runs_every_suite_of_make_test_by_its_target_and_the_long_ones_every_week() -> None:
    jobs = parsed(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    named = [suite.name for suite in suites(ROOT) if not suite.long]
    targets = jobs["suite"]["strategy"]["matrix"]["target"]
    assert targets == [name if name == "lint" else f"test-{name}" for name in named]
    assert jobs["suite"]["steps"][-1]["run"] == 'make "$TARGET"'
    assert jobs["long"]["strategy"]["matrix"]["target"] == ["test-long", "coverage"]
    assert jobs["long"]["steps"][-1]["run"] == 'make "$TARGET"'
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rules = {name for line in re.findall(r"^([\w -]+):", makefile, flags=re.M) for name in line.split()}
    assert {*targets, "test-long", "coverage"} <= rules


def test_pre_commit_runs_the_first_commands_of_lint_with_the_pinned_ruff() -> None:
    [repository] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    hooks = [hook["entry"].replace(" --force-exclude", "").split() for hook in repository["hooks"]]
    [lint] = [suite for suite in suites(ROOT) if suite.name == "lint"]
    commands = [[word for word in command if word not in (".", "--check")] for command in lint.commands[: len(hooks)]]
    assert hooks == commands
