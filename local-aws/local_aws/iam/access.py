"""The permissions of a role that a service has assumed: identity policies, boundary, and the resource's own policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local_aws.iam.matching import Context
from local_aws.iam.policies import Decision, Document, Request, decide
from local_aws.iam.principals import Caller, names_account, names_role

_KMS = "kms:"


class AccessDeniedError(Exception):
    """AWS's message ("Troubleshoot access denied error messages"), and the request that was refused."""

    def __init__(self, message: str, request: Request) -> None:
        super().__init__(message)
        self.message = message
        self.request = request


@dataclass(frozen=True)
class Documents:
    """Look up policies at the time of a request. `resource` returns a resource's policy, or None.

    `boundary` returns None if the role has no permissions boundary. `tags` returns the condition keys of a resource's
    tags, for services whose keys are looked at here.
    """

    identity: Callable[[], Sequence[Document]]
    boundary: Callable[[], Sequence[Document] | None]
    resource: Callable[[str], Document | None]
    tags: Callable[[str], Context] = lambda _: {}


@dataclass(frozen=True)
class Role:
    """A role that a service has assumed."""

    caller: Caller
    documents: Documents

    @property
    def arn(self) -> str:
        return self.caller.arn

    def require(self, action: str, resource: str | None, context: Context | None = None) -> None:
        """Raise AccessDeniedError unless the role is allowed to do this."""
        tags = self.documents.tags(resource) if resource else {}
        request = Request(action, resource, {**self._own_keys(), **tags, **(context or {})})
        why = self._refusal(request)
        if why is not None:
            user = f"User: {self.caller.session} is not authorized to perform: {action} on resource: {resource or '*'}"
            raise AccessDeniedError(f"{user} {why}", request)

    def may(self, action: str, resource: str | None, context: Context | None = None) -> bool:
        """Whether the role is allowed to do this."""
        try:
            self.require(action, resource, context)
        except AccessDeniedError:
            return False
        return True

    def _refusal(self, request: Request) -> str | None:
        """Return why the request is refused, or None."""
        identity = decide(self.documents.identity(), request)
        boundary = self._bounded(request)
        policy = self.documents.resource(request.resource) if request.resource else None
        of_resource = [policy] if policy else []
        named = decide(of_resource, request, speaks_of=names_role(self.caller))
        of_account = decide(of_resource, request, speaks_of=names_account(self.caller))
        if identity is Decision.DENIED:
            return "with an explicit deny in an identity-based policy"
        if boundary is Decision.DENIED:
            return "with an explicit deny in a permissions boundary"
        if Decision.DENIED in (named, of_account):
            return "with an explicit deny in a resource-based policy"
        if named is Decision.ALLOWED:
            return None
        # A key's policy must admit its account before the account's own policies count.
        if request.action.startswith(_KMS) and of_account is not Decision.ALLOWED:
            return f"because no resource-based policy allows the {request.action} action"
        if identity is not Decision.ALLOWED:
            return f"because no identity-based policy allows the {request.action} action"
        if boundary is not Decision.ALLOWED:
            return f"because no permissions boundary allows the {request.action} action"
        return None

    def _bounded(self, request: Request) -> Decision:
        documents = self.documents.boundary()
        return Decision.ALLOWED if documents is None else decide(documents, request)

    def _own_keys(self) -> dict[str, str]:
        """Return the condition keys that every request of a role's session has."""
        return {
            "aws:principalarn": self.caller.arn,
            "aws:principalaccount": self.caller.account,
            "aws:principaltype": "AssumedRole",
            # Services call each other over TLS.
            "aws:securetransport": "true",
        }
