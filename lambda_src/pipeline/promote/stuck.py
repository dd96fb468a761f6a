"""Serving stacks that only a person can repair, and messages that say how."""

from __future__ import annotations

from collections.abc import Mapping

ABSENT = ""
STUCK = "UPDATE_ROLLBACK_FAILED"
_ENDPOINT = "AWS::SageMaker::Endpoint"


class StackNotUpdatable(Exception):  # noqa: N818 (the state machine shows this name)
    """The Serving stack is in a state that only a person can repair."""


def how_to_continue(stack: str, failed: Mapping[str, str]) -> str:
    """The sentence for a stack that is STUCK. failed: the types by logical id of what failed to roll back.

    Skipping an endpoint is safe (ResourcesToSkip in API_ContinueUpdateRollback): it serves the configuration that the
    stack goes back to. What else failed has to be mended first.
    """
    endpoints = sorted(name for name, kind in failed.items() if kind == _ENDPOINT)
    others = sorted(set(failed) - set(endpoints))
    skip = f" --resources-to-skip {' '.join(endpoints)}" if endpoints else ""
    first = f"repair {', '.join(others)}, " if others else ""
    return (
        f"the Serving stack failed to roll back ({STUCK}): {first}run `aws cloudformation continue-update-rollback "
        f"--stack-name {stack}{skip}`, wait for UPDATE_ROLLBACK_COMPLETE, then promote again"
    )


def how_to_repair(status: str) -> str:
    """The sentence for a stack that only a person can repair, in another way than one that is STUCK."""
    return f"the Serving stack is in {status}: repair it in CloudFormation, then promote again"


def of_an_earlier_version(stack: str) -> str:
    """The sentence for a stack that still holds roles, as it did before a promotion's update named its types."""
    return f"the stack {stack} is of an earlier version and holds roles: run `cdk deploy {stack}`, then promote again"
