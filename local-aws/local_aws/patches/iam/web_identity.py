"""AssumeRoleWithWebIdentity checks token and trust policy, and AssumeRole the permissions of a role's session.

MiniStack gives credentials to any token unless it enforces every policy. Here, too, other calls of a session are not
checked; but what a session may become is.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from local_aws import private_api
from local_aws.gate import credentials
from local_aws.iam import roles
from local_aws.iam.access import AccessDeniedError
from local_aws.iam.web_identity import Identity, InvalidTokenError, admits, read

_STS = "ministack.services.sts"
_WHAT = "check who assumes a role"
_HANDLE = private_api.declare(
    _STS, "handle_request", _WHAT, takes=("method", "path", "headers", "body", "query_params")
)
_ERROR = private_api.declare(_STS, "_error", _WHAT, takes=("status", "code", "message", "ns"))
_SESSIONS = private_api.declare(_STS, "_sessions", _WHAT)
_PROVIDERS = private_api.declare("ministack.services.iam", "_oidc_providers", "know the providers of web identities")
_KEY_OF = private_api.declare(_STS, "extract_access_key_id", _WHAT)
_LONGEST_SECONDS = 3600

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Wrap STS."""
    handle = _HANDLE.get()

    async def handling(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        parameters = _parameters(method, body, query_params)
        match parameters.get("Action"):
            case "AssumeRoleWithWebIdentity":
                checked = _web_identity(parameters)
                if not isinstance(checked, Identity):
                    return checked
                answer = await handle(method, path, headers, body, query_params)
                return _said(answer, checked, arn=parameters["RoleArn"])
            case "AssumeRole":
                refused = _chained(parameters, key=_KEY_OF.get()(headers, query_params))
                return refused or await handle(method, path, headers, body, query_params)
        return await handle(method, path, headers, body, query_params)

    _HANDLE.set(handling)


def _parameters(method: str, body: bytes, query_params: Any) -> dict[str, str]:
    merged = dict(query_params)
    if method == "POST" and body:
        merged |= parse_qs(body.decode("utf-8", errors="replace"))
    return {name: str(value[0] if isinstance(value, list) else value) for name, value in merged.items()}


def _web_identity(parameters: dict[str, str]) -> Identity | Answer:
    arn = parameters.get("RoleArn", "")
    found = _PROVIDERS.get().values()
    providers = {provider["Arn"].partition("/")[2]: list(provider["ClientIDList"]) for provider in found}
    try:
        identity = read(parameters.get("WebIdentityToken", ""), key=credentials.own(), providers=providers)
    except InvalidTokenError as error:
        return _refused(400, error.code, str(error))
    role = roles.record(arn)
    if role is None or not admits(role.get("AssumeRolePolicyDocument") or "{}", identity, role=arn):
        return _refused(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    if int(parameters.get("DurationSeconds") or 0) > int(role.get("MaxSessionDuration") or _LONGEST_SECONDS):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        return _refused(400, "ValidationError", message)
    return identity


def _chained(parameters: dict[str, str], *, key: str) -> Answer | None:
    """Why a role's session may not assume another role: its own permissions do not say so, or the other's trust."""
    session = _SESSIONS.get().get(key) or {}
    if session.get("PrincipalType") != "AssumedRole":
        return None
    arn, wanted = str(session["Arn"]), parameters.get("RoleArn", "")
    account, name = arn.split(":")[4], arn.split("/")[1]
    role = roles.session(f"arn:{arn.split(':')[1]}:iam::{account}:role/{name}", session=arn)
    try:
        role.require("sts:AssumeRole", wanted)
    except AccessDeniedError as error:
        return _refused(403, "AccessDenied", error.message)
    if not roles.trusts(wanted, caller=role.caller):
        message = f"User: {arn} is not authorized to perform: sts:AssumeRole on resource: {wanted}"
        return _refused(403, "AccessDenied", message)
    return None


def _said(answer: Answer, identity: Identity, *, arn: str) -> Answer:
    """MiniStack's answer with the token's own subject, audience and provider."""
    status, headers, body = answer
    provider = f"arn:{arn.split(':')[1]}:iam::{arn.split(':')[4]}:oidc-provider/{identity.issuer}"
    replaced = {
        b"<SubjectFromWebIdentityToken>test-subject<": f"<SubjectFromWebIdentityToken>{identity.subject}<",
        b"<Audience>sts.amazonaws.com<": f"<Audience>{identity.audience}<",
        b"<Provider>sts.amazonaws.com<": f"<Provider>{provider}<",
    }
    for before, after in replaced.items():
        body = body.replace(before, after.encode())
    return status, headers, body


def _refused(status: int, code: str, message: str) -> Answer:
    answer: Answer = _ERROR.get()(status, code, message, ns="sts")
    return answer
