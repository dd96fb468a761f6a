"""AWS::IAM::OIDCProvider in a stack, which MiniStack's CloudFormation does not have.

Sources: CloudFormation's schema of the type (`Url` is createOnly; `ThumbprintList` is optional); IAM API reference,
CreateOpenIDConnectProvider: one provider for an issuer in an account.
"""

from __future__ import annotations

from typing import Any

from local_aws import private_api

KIND = "AWS::IAM::OIDCProvider"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_IAM = "ministack.services.iam"
_WHAT = "make OIDC providers"
_HANDLERS = private_api.declare(_PROVISIONERS, "_RESOURCE_HANDLERS", _WHAT, expects=lambda found: KIND not in found)
_REPLACING = private_api.declare(_PROVISIONERS, "_REPLACING_PROPERTIES", "replace OIDC providers")
_PROVIDERS = private_api.declare(_IAM, "_oidc_providers", _WHAT)
_ACCOUNT = private_api.declare(_IAM, "get_account_id", _WHAT, takes=())
_NOW = private_api.declare(_IAM, "_now", _WHAT, takes=())

Properties = dict[str, Any]


def install() -> None:
    """Add the resource type."""
    _HANDLERS.get()[KIND] = {"create": _create, "update": _update, "delete": _delete}
    _REPLACING.get()[KIND] = ("Url",)


def _create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Properties]:
    url = str(properties["Url"])
    arn = f"arn:aws:iam::{_ACCOUNT.get()()}:oidc-provider/{url.removeprefix('https://').rstrip('/')}"
    if arn in _PROVIDERS.get():
        raise ValueError(f"Provider with url {url} already exists. (Service: Iam, Status Code: 409)")
    _PROVIDERS.get()[arn] = {"Url": url, "Arn": arn, "CreateDate": _NOW.get()(), **_changeable(properties)}
    return arn, {"Arn": arn}


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> tuple[str, Properties]:
    _PROVIDERS.get()[physical_id] = {**_PROVIDERS.get()[physical_id], **_changeable(new)}
    return physical_id, {"Arn": physical_id}


def _delete(physical_id: str, properties: Properties) -> None:
    _PROVIDERS.get().pop(physical_id, None)


def _changeable(properties: Properties) -> Properties:
    return {
        "ClientIDList": list(properties.get("ClientIdList", [])),
        "ThumbprintList": list(properties.get("ThumbprintList", [])),
        "Tags": [{"Key": tag["Key"], "Value": tag["Value"]} for tag in properties.get("Tags", [])],
    }
