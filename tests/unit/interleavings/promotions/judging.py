"""The invariants of promotions: the parameter names the served model, and reported successes serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_src.pipeline.promote.deadline import StepDeadline
from lambda_src.pipeline.promote.turns import Turns
from tests.unit.interleavings.fakes.asl import Execution
from tests.unit.interleavings.fakes.cloud import PARAMETER, Cloud, artifact
from tests.unit.interleavings.promotions.installed import PROMOTIONS

if TYPE_CHECKING:
    from tests.unit.interleavings.promotions.run import Run

STUCK, NO_STACK = "UPDATE_ROLLBACK_FAILED", ("", "ROLLBACK_COMPLETE")


def of_success(run: Run, execution: Execution) -> list[str]:
    """Checks an execution that has just ended."""
    if execution.status != "SUCCEEDED" or "rollout" not in execution.data:
        return []
    faults = []
    wanted, endpoint = execution.data["artifact_uri"], run.cloud.endpoint
    approved = execution.data["rollout"]["reason"] == "no stack yet"
    if not approved and wanted not in endpoint.history:
        faults.append(f"{_short(execution.arn)} succeeded, and {_name(wanted)} never served")
    before = [artifact_uri for artifact_uri in endpoint.history if artifact_uri != wanted][-1:]
    if not approved and execution.data.get("champion", wanted) not in (wanted, *before):
        faults.append(f"{_short(execution.arn)} succeeded, and its champion no longer served")
    return faults


def of_stuck(run: Run) -> list[str]:
    """Checks a stack that only a person can repair: an alarm rings, and the failure explains what to do."""
    if run.cloud.stack.status != STUCK:
        return []
    faults = []
    if ("ServingStackStuck", 1) not in run.cloud.metrics:
        faults.append("the stack is stuck, and no alarm rings")
    if not run.deviations:
        for arn, execution in run.cloud.executions.items():
            if execution.status != "FAILED" or "continue-update-rollback" not in execution.cause:
                faults.append(f"{_short(arn)} is {execution.status} and says {execution.cause!r}")
    return [*faults, *_of_parameter(run)]


def of_end(run: Run) -> list[str]:
    """Checks the end, when nothing runs and the reconciler has run."""
    return [*_of_parameter(run), *_of_rollouts(run), *_of_turns(run), *of_rejected(run), *_of_armed(run)]


def _of_armed(run: Run) -> list[str]:
    """Checks that a model for which an armed alarm rings is rolled back once, whatever else happens."""
    if not run.scenario.armed:
        return []
    before = artifact(run.scenario.serving)
    faults = ["two rollbacks of one model"] if run.cloud.endpoint.history[1:].count(before) > 1 else []
    served = any(turn.outcome == "served" and not turn.rollback for turn in turns_of(run.cloud))
    if served and run.cloud.endpoint.artifact != before and before not in run.rejected:
        faults.append(f"an armed alarm rings, and {_name(run.cloud.endpoint.artifact)} still serves")
    return faults


def of_rejected(run: Run) -> list[str]:
    """Checks that a model reported as rejected is not rolled out and that no later deploy finds it approved."""
    faults = []
    for uri, begun in run.rejected.items():
        # A deploy takes no turn: during a promotion it rolls out that promotion's model.
        if uri in [value for token, value in run.cloud.stack.rollouts[begun:] if not token.startswith("deploy-")]:
            faults.append(f"{_name(uri)} was rolled out after it was rejected")
        approved = run.cloud.parameters.values.get(PARAMETER, ("", 0))[0]
        if approved == uri != run.cloud.endpoint.artifact:
            faults.append(f"{_name(uri)} is rejected, and the next deploy rolls it out")
    return faults


def _of_parameter(run: Run) -> list[str]:
    cloud = run.cloud
    approved, serving = cloud.parameters.values.get(PARAMETER, ("", 0))[0], cloud.endpoint.artifact
    if cloud.stack.status in NO_STACK:
        good = [turn.artifact_uri for turn in turns_of(cloud) if turn.outcome == "approved"]
        if approved != (good or [""])[-1]:
            return [f"nothing serves, and the parameter names {_name(approved)} of {[_name(each) for each in good]}"]
    elif approved != serving:
        return [f"the parameter names {_name(approved)}, and {_name(serving)} serves"]
    return []


def _of_rollouts(run: Run) -> list[str]:
    if "silent" in run.scenario.outcomes.values():
        return []
    faults = []
    inputs = [execution.data for execution in run.cloud.executions.values()]
    rolled = [value for token, value in run.cloud.stack.rollouts if not token.startswith("deploy-")]
    for uri in (artifact("a"), artifact("b")):
        asked = sum(payload.get("artifact_uri") == uri and "detail" not in payload for payload in inputs)
        asked = asked or 1
        if rolled.count(uri) > asked:
            faults.append(f"{_name(uri)} was rolled out {rolled.count(uri)} times")
    return faults


def _of_turns(run: Run) -> list[str]:
    faults = []
    turns = turns_of(run.cloud)
    last = next((turn for turn in reversed(turns) if turn.outcome in ("served", "approved")), None)
    for turn in turns:
        # The stack is created with the last of the models that were approved before it existed.
        says = turn.outcome == "served" or (turn is last and run.cloud.stack.status not in NO_STACK)
        if says and turn.artifact_uri not in run.cloud.endpoint.history:
            faults.append(f"turn {turn.number} says that {_name(turn.artifact_uri)} served")
    if turns and turns[-1].outcome == "":
        faults.append(f"turn {turns[-1].number} never ended")
    return faults


def turns_of(cloud: Cloud) -> list[Any]:
    """All turns that promotions have taken."""
    now = cloud.clock.time
    return Turns(cloud.parameters, cloud, path=PROMOTIONS, now=now, deadline=StepDeadline(now)).all()


def _name(artifact_uri: str) -> str:
    return artifact_uri.split("/")[-3] if artifact_uri.count("/") > 3 else artifact_uri or "nothing"


def _short(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]
