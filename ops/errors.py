"""Errors of the `rubric` command: one line for the operator and an exit status for scripts."""

from __future__ import annotations

import os

from botocore import exceptions

FAILED = 1  # the operation failed or was refused
USAGE = 2  # invalid arguments
NOT_FOUND = 3  # not deployed, or no such model, key or execution
UNREACHABLE = 4  # no credentials, no permission, or nothing answers


class OpsError(Exception):
    """A command that cannot continue; the message is the line to show, `status` the exit status."""

    def __init__(self, message: str, *, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
REGION_OR_KEYS = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_SIGN_IN = (
    exceptions.SSOError,
    exceptions.TokenRetrievalError,
    exceptions.NoAuthTokenError,
    exceptions.LoginError,
)
_SILENT = (
    exceptions.EndpointConnectionError,
    exceptions.ConnectTimeoutError,
    exceptions.ReadTimeoutError,
    exceptions.ConnectionClosedError,
    exceptions.ProxyConnectionError,
)


def code_of(error: exceptions.ClientError) -> str:
    """The AWS error code, such as ValidationException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def from_aws(error: exceptions.BotoCoreError | exceptions.ClientError) -> OpsError:
    """The error to show for one of botocore's, with its remedy."""
    if isinstance(error, exceptions.ClientError):
        code = code_of(error)
        message = str(error.response.get("Error", {}).get("Message", "")) or code
        if code in _EXPIRED:
            return OpsError(
                f"Your AWS session has expired: sign in again (aws sso login, or renew the credentials). {message}",
                status=UNREACHABLE,
            )
        if code in REGION_OR_KEYS:
            return OpsError(f"AWS does not accept these credentials: {message}", status=UNREACHABLE)
        if code in _DENIED:
            return OpsError(f"These credentials may not call {error.operation_name}: {message}", status=UNREACHABLE)
        return OpsError(f"{error.operation_name} failed: {message} ({code})")
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return OpsError(
            "No AWS credentials found: run `aws configure sso` or set AWS_PROFILE or AWS_ACCESS_KEY_ID. "
            'For the local AWS: eval "$(make -s local-env)"',
            status=UNREACHABLE,
        )
    if isinstance(error, _SIGN_IN):
        return OpsError(
            f"Your AWS session has ended: sign in again (aws sso login, or aws login). {error}", status=UNREACHABLE
        )
    if isinstance(error, exceptions.ProfileNotFound):
        return OpsError(f"{error}: `aws configure list-profiles` lists your profiles", status=UNREACHABLE)
    if isinstance(error, exceptions.CredentialRetrievalError):
        return OpsError(f"Cannot get AWS credentials: {error}", status=UNREACHABLE)
    if isinstance(error, _SILENT):
        endpoint = str(error.kwargs.get("endpoint_url", "AWS"))
        advice = (
            "is it running? See `make local-status`"
            if os.environ.get("AWS_ENDPOINT_URL")
            else "check the network and the region"
        )
        return OpsError(f"{endpoint} does not answer: {advice}", status=UNREACHABLE)
    return OpsError(str(error), status=UNREACHABLE)
