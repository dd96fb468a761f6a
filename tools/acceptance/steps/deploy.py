"""Preflight, the mirror where training has no network, and deploy."""

from __future__ import annotations

import json
from typing import Any

from tools.acceptance.errors import StepError
from tools.acceptance.listing import stacks_of
from tools.acceptance.run import Run, Skip


def preflight(run: Run) -> dict[str, Any]:
    """`rubric preflight`; on a local AWS also the bootstrap, which an account has once."""
    if run.place.is_local:
        target = f"aws://{run.settings.account}/{run.settings.region}"
        run.cdk("bootstrap", target, cwd=run.folder)  # outside the app's folder it needs no synth
    result = json.loads(run.rubric("preflight", "--json", allowed=(0, 1)))
    refused = [
        f"{each['what']} -> {each['todo']}"
        for each in result["findings"]
        # An environment that nobody has deployed has no mirror; the next step fills it.
        if each["verdict"] == "refused" and each["area"] != "mirror"
    ]
    if refused:
        raise StepError("; ".join(refused))
    return {f"{each['area']}: {each['what']}": each["verdict"] for each in result["findings"]}


def mirror(run: Run) -> dict[str, Any]:
    """Deploy the bucket, and fill the mirror from this machine (docs/mirror.md, "The first deploy")."""
    settings = run.settings
    if not (settings.classifier.trained and settings.isolated_training):
        raise Skip("no training job runs without a network")
    _deploy(run, settings.stack_name("Data"))
    run.rubric("mirror")
    findings = json.loads(run.rubric("preflight", "--json", allowed=(0, 1)))["findings"]
    missing = [each["what"] for each in findings if each["area"] == "mirror" and each["verdict"] == "refused"]
    if missing:
        raise StepError("; ".join(missing))
    return {each["what"]: each["verdict"] for each in findings if each["area"] == "mirror"}


def deploy(run: Run) -> dict[str, Any]:
    """`cdk deploy` of every stack; the first one trains the first model."""
    _deploy(run, "--all")
    stacks = stacks_of(run.place.client("cloudformation"), run.name)
    return {stack["StackName"]: stack["StackStatus"] for stack in stacks}


def _deploy(run: Run, stacks: str) -> None:
    run.cdk(
        *("deploy", stacks, "-c", f"env={run.env_file}", "--require-approval", "never", "--concurrency", "4"),
        *("--progress", "events", "--output", str(run.folder / "cdk.out")),
    )
