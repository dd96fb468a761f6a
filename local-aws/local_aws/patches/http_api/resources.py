"""Fix HTTP APIs: working CORS configuration, callable endpoint, and Lambda authorizers without an identity source.

Applies to APIs created by CloudFormation or the API.
"""

import functools
import os
from collections.abc import Callable
from typing import Any

from local_aws import private_api

_HANDLERS = private_api.declare(
    "ministack.services.cloudformation.provisioners",
    "_RESOURCE_HANDLERS",
    "fix the CORS configuration, endpoint and authorizer of HTTP APIs",
    expects=lambda handlers: all(
        {"create", "update"} <= set(handlers.get(f"AWS::ApiGatewayV2::{kind}", {})) for kind in ("Api", "Authorizer")
    ),
)
_CREATE = private_api.declare(
    "ministack.services.apigateway", "_create_api", "give an HTTP API an endpoint that can be called", takes=("data",)
)
_APIS = private_api.declare("ministack.services.apigateway", "_apis", "give an HTTP API an endpoint that can be called")


def install() -> None:
    """Wrap the resource handlers and CreateApi."""
    handlers = _HANDLERS.get()
    api, authorizer = handlers["AWS::ApiGatewayV2::Api"], handlers["AWS::ApiGatewayV2::Authorizer"]
    for verb, index in (("create", 1), ("update", 2)):
        api[verb] = _with_endpoint(_with_properties(api[verb], index, cors_as_the_api_has_it))
        authorizer[verb] = _with_properties(authorizer[verb], index, no_default_identity_source)
    create = _CREATE.get()

    def create_api(data: Any) -> Any:
        before = set(_APIS.get().keys())
        response = create(data)
        for api_id in set(_APIS.get().keys()) - before:
            # The answer was already rendered with the old endpoint.
            old = _APIS.get()[api_id]["apiEndpoint"]
            set_endpoint(api_id)
            status, headers, body = response
            response = status, headers, body.replace(old.encode(), _APIS.get()[api_id]["apiEndpoint"].encode())
        return response

    _CREATE.set(create_api)


def endpoint(api_id: str) -> str:
    """Return the URL at which this machine serves the API's `$default` stage."""
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}/_aws/execute-api/{api_id}/$default"


def set_endpoint(api_id: str) -> None:
    """Make describe calls report the working URL; WebSocket APIs keep theirs."""
    record = _APIS.get().get(api_id)
    if record is not None and record.get("protocolType", "HTTP") == "HTTP":
        record["apiEndpoint"] = endpoint(api_id)


def cors_as_the_api_has_it(properties: dict[str, Any]) -> dict[str, Any]:
    """Convert a template's `AllowOrigins` and the like to the `allowOrigins` that the data plane reads."""
    cors = properties.get("CorsConfiguration")
    if not cors:
        return properties
    return {**properties, "CorsConfiguration": {name[:1].lower() + name[1:]: value for name, value in cors.items()}}


def no_default_identity_source(properties: dict[str, Any]) -> dict[str, Any]:
    """Give a REQUEST authorizer without an identity source none, so it is invoked for every request."""
    if properties.get("AuthorizerType") != "REQUEST" or properties.get("IdentitySource"):
        return properties
    return {**properties, "IdentitySource": []}


def _with_properties(
    handler: Callable[..., Any], index: int, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Callable[..., Any]:
    @functools.wraps(handler)
    def wrapper(*args: Any, **keywords: Any) -> Any:
        changed = [change(dict(value)) if at == index else value for at, value in enumerate(args)]
        return handler(*changed, **keywords)

    return wrapper


def _with_endpoint(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    def wrapper(*args: Any, **keywords: Any) -> Any:
        api_id, attributes, *rest = handler(*args, **keywords)
        set_endpoint(api_id)
        record = _APIS.get().get(api_id) or {}
        return api_id, {**attributes, "ApiEndpoint": record.get("apiEndpoint", attributes.get("ApiEndpoint"))}, *rest

    return wrapper
