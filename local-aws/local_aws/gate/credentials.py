"""Accepted access key IDs: the state folder's own, and valid ones that this AWS has issued.

Functions get the folder's own ID; MiniStack would give them the account's number.
"""

from __future__ import annotations

import functools
import hmac
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws import access_key, private_api

_SESSIONS = private_api.declare("ministack.services.sts", "_sessions", "take the credentials of a role's session")
_REGISTER = private_api.declare(
    "ministack.services.sts",
    "register_session",
    "have credentials for another account",
    takes=("access_key", "session"),
)
_EXPIRED = private_api.declare(
    "ministack.services.sts", "_session_expired", "refuse a session that has ended", takes=("session",)
)
_USERS_KEYS = private_api.declare("ministack.services.iam", "_access_keys", "take the access keys of IAM users")
_NEW_SESSION = private_api.declare(
    "ministack.services.sts", "_gen_session_access_key", "name a session so that nobody can guess it", takes=()
)
_NEW_KEY = private_api.declare(
    "ministack.services.iam", "_gen_access_key_id", "name an access key so that nobody can guess it", takes=()
)
_OF_FUNCTIONS = tuple(
    private_api.declare(module, "execution_credentials", "give functions credentials that are taken", takes=("config",))
    for module in ("ministack.core.lambda_runtime", "ministack.services.lambda_svc")
)
_lock = threading.Lock()


def install() -> None:
    """Make MiniStack issue unguessable IDs and give functions the folder's own."""
    _NEW_SESSION.set(lambda: access_key.new("ASIA"))
    _NEW_KEY.set(lambda: access_key.new("AKIA"))
    for name in _OF_FUNCTIONS:
        name.set(of_function)


def own() -> str:
    """Return the state folder's access key ID, from the server's environment."""
    return os.environ["AWS_ACCESS_KEY_ID"]


def accepts(key_id: str) -> bool:
    """Whether an access key ID is one of ours, compared in constant time."""
    is_known = False
    for each in (own(), *_issued()):
        is_known |= _same(each, key_id)
    return is_known


def of_function(config: Mapping[str, Any]) -> dict[str, str]:
    """Return a function's credentials, which belong to its account."""
    account = str(config.get("FunctionArn", "")).split(":")[4:5]
    return {
        "AWS_ACCESS_KEY_ID": of_account(*account),
        "AWS_SECRET_ACCESS_KEY": access_key.SECRET,
        "AWS_SESSION_TOKEN": "",
    }


def of_account(account: str = "") -> str:
    """Return an access key ID that MiniStack maps to the account: the folder's own, or a session in that account."""
    if account in ("", os.environ["MINISTACK_ACCOUNT_ID"]):
        return own()
    with _lock:
        return _session_in(account)


@functools.cache
def _session_in(account: str) -> str:
    session = access_key.new("ASIA")
    arn = f"arn:aws:sts::{account}:assumed-role/local-aws/server"
    _REGISTER.get()(session, {"Arn": arn, "UserId": "local-aws:server", "AccountId": account})
    return session


def _issued() -> Iterator[str]:
    """Yield unexpired sessions and active keys that were issued here; MiniStack's own could be guessed."""
    shortest = len(access_key.new("ASIA"))
    for session, record in list(_SESSIONS.get().items()):
        if len(session) >= shortest and not _EXPIRED.get()(record):
            yield session
    for (_, key), record in list(_USERS_KEYS.get().to_dict().items()):
        if len(key) >= shortest and record.get("Status") == "Active":
            yield key


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))
