"""Rejecting a model, so that it neither serves nor starts to serve."""

from __future__ import annotations

from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.models import promotions, registry
from ops.models.registry import Model


def reject(cloud: Cloud, model: Model, *, note: str) -> None:
    """Reject a model in the registry. Raises OpsError if it is in use or comes into use in the meantime."""
    use = _use(cloud, model)
    if use:
        raise OpsError(f"{model.version} {use}")
    registry.set_approval(cloud, model, approval=registry.REJECTED, note=note)
    # A promotion sets the parameter, then checks the approval; this goes the other way round, so one of them notices.
    if _use(cloud, model):
        raise OpsError(
            f"{model.version} is rejected, but a promotion of it had begun: see `rubric models list`, "
            "and if it is in use, `rubric models rollback`"
        )


def _use(cloud: Cloud, model: Model) -> str:
    """How a model is in use, and what to do about it; "" if it is not."""
    uri = model.artifact_uri
    serving, to_serve = promotions.serving_uri(cloud), registry.approved_uri(cloud)
    if to_serve == uri and cloud.stacks.serving:
        return "is in use: `rubric models rollback` first"
    if to_serve == uri:
        return "is what the next deploy serves: `rubric models promote` another first"
    if serving == uri or uri in promotions.to_go_back_to(cloud):
        return "serves until the rollout under way is done: reject it then"
    return ""
