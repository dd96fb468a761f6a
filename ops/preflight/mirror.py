"""Whether the mirror has what isolated training jobs need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contracts.deployment import stack_outputs
from environments.settings import Settings
from ops.deployment import stacks
from ops.mirror import plan
from ops.mirror.bucket import Bucket
from ops.preflight.finding import Finding, Verdict


def look(cloudformation: Any, s3: Any, *, settings: Settings, env: str, approved: bool, root: Path) -> list[Finding]:
    """What the mirror lacks: refused if the deploy trains its first model, else a warning. Raises ClientError."""
    verdict: Verdict = "warning" if approved else "refused"
    fill = f"rubric --env {env} mirror"
    parts = plan.parts(settings, root=root, python=None)
    deployed = stacks.read(cloudformation, env=settings.name, name_of=settings.stack_name)
    name = deployed.get(stack_outputs.ARTIFACT_BUCKET_NAME)
    if name is None:
        data = settings.stack_name("Data")
        what = f"training jobs have no network, and there is no mirror yet: {data} has its bucket"
        todo = f"make deploy ENV={env} STACKS={data} PREFLIGHT=off, then {fill}, then deploy all"
        return [Finding(area="mirror", verdict=verdict, what=what, todo=todo)]
    bucket = Bucket(s3, name)
    lacks = [(part.what, bucket.lacking(part)) for part in parts]
    todo = f"{fill}, then deploy"
    found = [
        Finding(area="mirror", verdict=verdict, what=f"the mirror does not have {what}: {fault}", todo=todo)
        for what, fault in lacks
        if fault
    ]
    return found or [Finding(area="mirror", verdict="ok", what="the mirror has what isolated training jobs need")]
