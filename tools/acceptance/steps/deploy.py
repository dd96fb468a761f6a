"""Preflight and deploy."""

from __future__ import annotations

import json
from typing import Any

from tools.acceptance.errors import StepError
from tools.acceptance.listing import stacks_of
from tools.acceptance.run import Run


def preflight(run: Run) -> dict[str, Any]:
    """`rubric preflight`; on a local AWS also the bootstrap, which an account has once."""
    if run.place.is_local:
        target = f"aws://{run.settings.account}/{run.settings.region}"
        run.cdk("bootstrap", target, cwd=run.folder)  # outside the app's folder it needs no synth
    result = json.loads(run.rubric("preflight", "--json", allowed=(0, 1)))
    refused = [f"{each['what']} -> {each['todo']}" for each in result["findings"] if each["verdict"] == "refused"]
    if not result["ready"]:
        raise StepError("; ".join(refused))
    return {f"{each['area']}: {each['what']}": each["verdict"] for each in result["findings"]}


def deploy(run: Run) -> dict[str, Any]:
    """`cdk deploy` of every stack; the first one trains the first model."""
    run.cdk(
        *("deploy", "--all", "-c", f"env={run.env_file}", "--require-approval", "never", "--concurrency", "4"),
        *("--progress", "events", "--output", str(run.folder / "cdk.out")),
    )
    stacks = stacks_of(run.place.client("cloudformation"), run.name)
    return {stack["StackName"]: stack["StackStatus"] for stack in stacks}
