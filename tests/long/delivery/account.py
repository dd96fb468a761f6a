"""Accounts for a delivery: local AWS instances, a settings file each, one checkout whose code a test may change."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.cloud import Cloud

# Of the pipeline that runs the tests, which a delivery would take for its own.
OF_PIPELINES = ("GITHUB_RUN_ID", "CI_PIPELINE_ID", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
ROWS = 400
QUICK: dict[str, Any] = {
    "training": {
        "base_model": "compact",
        "instance_type": "ml.c7i.large",
        "hyperparameters": {"epochs": 1},
        "gate": {"min_accuracy": 0.0, "min_macro_f1": 0.0, "max_regression": 1.0, "max_possible_regression": 1.0},
        "approval": "automatic",
    },
    "serving": {
        "mode": "real-time",
        "container": "lean",
        "image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/rubric-lean:local",
        "instance_type": "ml.c7i.large",
        "min_instances": 1,
        "max_instances": 1,
        "canary_wait_seconds": 0,
    },
}


@dataclass
class Account(Cloud):
    """The account of one environment; `name` is the environment's."""

    name: str = ""

    @property
    def settings_file(self) -> Path:
        return self.folder.parent / f"{self.name}.yaml"

    @property
    def environment(self) -> dict[str, str]:
        return {name: value for name, value in super().environment.items() if name not in OF_PIPELINES}

    def stack_name(self, part: str) -> str:
        return f"Rubric-{self.name}-{part}"

    def start(self) -> None:
        """Start it, and bootstrap it as a person would."""
        self.local("up")
        self.run("cdk", "bootstrap", "aws://000000000000/us-east-1", "--app", "", timeout=300)

    def make(self, *arguments: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """A step, as a pipeline calls it. variables: of the environment."""
        done = subprocess.run(
            ["make", "-s", *arguments, f"ENV={self.settings_file}"],
            cwd=self.checkout,
            env={**self.environment, "RUBRIC_SMOKE_SECONDS": "15", **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"make {arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr[-8000:]}")
        return done

    def deployed(self) -> dict[str, Any]:
        """Each stack's template and the value that each of its parameters has."""
        cloudformation = self.client("cloudformation")
        found = {}
        for stack in cloudformation.describe_stacks()["Stacks"]:
            name = stack["StackName"]
            if name.startswith(self.stack_name("")) and stack["StackStatus"] != "DELETE_COMPLETE":
                template = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
                found[name] = template if isinstance(template, dict) else json.loads(template)
        return found

    def model(self) -> str:
        """The location of the approved model."""
        parameter = self.client("ssm").get_parameter(Name=f"/rubric/{self.name}/approved-model")
        return str(parameter["Parameter"]["Value"])

    def jobs(self) -> int:
        """How many training jobs there have been."""
        return len(self.client("sagemaker").list_training_jobs()["TrainingJobSummaries"])


def write_settings(folder: Path, name: str, *, checkout: Path, **change: Any) -> None:
    """An environment's file: the local one's, smaller, with whole sections changed."""
    settings = yaml.safe_load((checkout / "environments/local.yaml").read_text(encoding="utf-8"))
    rows = (checkout / "build/dataset/headlines.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:ROWS]
    dataset = folder / "headlines.csv"
    dataset.write_text("".join(rows), encoding="utf-8")
    settings["data"]["dataset"]["path"] = str(dataset)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({**settings, **QUICK, **change}), encoding="utf-8")
