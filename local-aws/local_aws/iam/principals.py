"""Match the principals in statements of resource policies and trust policies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.iam.policies import Statement, listed


@dataclass(frozen=True)
class Caller:
    """A role's session. `arn` is the role's ARN, `session` the ARN of the service's session."""

    account: str
    arn: str
    session: str


def names_role(caller: Caller) -> Callable[[Statement], bool]:
    """Match statements about the role, its session or everyone: their Allow does not need an identity policy."""
    names = {"*", caller.arn, caller.session}
    return lambda statement: _named(statement, names, caller)


def names_account(caller: Caller) -> Callable[[Statement], bool]:
    """Match statements about the account: their Allow leaves the decision to the identity policies."""
    names = {caller.account, f"arn:aws:iam::{caller.account}:root"}
    return lambda statement: _named(statement, names, caller)


def names_service(*services: str) -> Callable[[Statement], bool]:
    """Match a trust policy's statements about a service principal (`sagemaker.amazonaws.com`)."""

    def speaks_of(statement: Statement) -> bool:
        principal = statement.get("Principal")
        if isinstance(principal, Mapping):
            return bool(set(services) & set(listed(principal.get("Service", []))))
        return principal == "*"

    return speaks_of


def _named(statement: Statement, names: set[str], caller: Caller) -> bool:
    if "NotPrincipal" in statement:
        everybody = names_of(statement["NotPrincipal"])
        # AWS supports NotPrincipal only with Deny; an Allow with it grants nothing here.
        return statement.get("Effect") == "Deny" and not everybody & {caller.arn, caller.session}
    return bool(names & names_of(statement.get("Principal", {})))


def names_of(principal: Any) -> set[str]:
    """Return the AWS principals in a Principal element."""
    if isinstance(principal, str):
        return {principal}
    return set(listed(principal.get("AWS", [])))
