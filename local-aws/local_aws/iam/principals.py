"""Who a resource's or a trust policy's statement speaks of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.iam.policies import Statement, listed


@dataclass(frozen=True)
class Caller:
    """A session of a role. `arn` is the role's, `session` that of the session that the service has."""

    account: str
    arn: str
    session: str


def names_role(caller: Caller) -> Callable[[Statement], bool]:
    """Statements about the role itself, its session or everybody: an Allow of those needs no identity policy."""
    names = {"*", caller.arn, caller.session}
    return lambda statement: _named(statement, names, caller)


def names_account(caller: Caller) -> Callable[[Statement], bool]:
    """Statements about the account: an Allow of those leaves it to the identity policies."""
    names = {caller.account, f"arn:aws:iam::{caller.account}:root"}
    return lambda statement: _named(statement, names, caller)


def names_service(*services: str) -> Callable[[Statement], bool]:
    """Statements about a service's principal (`sagemaker.amazonaws.com`), as a trust policy has them."""

    def speaks_of(statement: Statement) -> bool:
        principal = statement.get("Principal")
        if isinstance(principal, Mapping):
            return bool(set(services) & set(listed(principal.get("Service", []))))
        return principal == "*"

    return speaks_of


def _named(statement: Statement, names: set[str], caller: Caller) -> bool:
    if "NotPrincipal" in statement:
        everybody = names_of(statement["NotPrincipal"])
        # AWS wants NotPrincipal with Deny only; an Allow with it gives nothing here.
        return statement.get("Effect") == "Deny" and not everybody & {caller.arn, caller.session}
    return bool(names & names_of(statement.get("Principal", {})))


def names_of(principal: Any) -> set[str]:
    """The AWS principals of a Principal element."""
    if isinstance(principal, str):
        return {principal}
    return set(listed(principal.get("AWS", [])))
