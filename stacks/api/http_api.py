"""The HTTP API: routes, the authorizer, throttling, access logs and CORS."""

from __future__ import annotations

import json
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contracts.logs import log_groups
from environments.settings import Settings
from stacks.shared.acknowledgements import accept
from stacks.shared.log_group import log_group

_ACCESS_LOG_FIELDS = {
    "request_id": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "source_ip": "$context.identity.sourceIp",
    "user_agent": "$context.identity.userAgent",
    "method": "$context.httpMethod",
    # Not $context.path: somebody may have put a key into the path by mistake, and the log is kept.
    "route": "$context.routeKey",
    "status": "$context.status",
    "response_bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "integration_error": "$context.integrationErrorMessage",
    "authorizer_error": "$context.authorizer.error",
    "verdict": "$context.authorizer.verdict",
}
_HEADERS = ["authorization", "content-type", "idempotency-key", "x-api-key", "x-request-id"]
# IAM guide, "Create a signed request": what a signature has beside `authorization`; the token is of a role's session.
_SIGNATURE_HEADERS = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]
# The caller, by api.auth.
_CALLER = {
    "keys": "$context.authorizer.key_id",
    "iam": "$context.identity.userArn",
    "jwt": "$context.authorizer.claims.sub",
}


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method and path. open_because: why it needs no key; None where it needs one."""

    method: str
    path: str
    handler: lambda_.IFunction
    open_because: str | None = None


class HttpApi(Construct):
    """An HTTP API whose responses, including errors, all come from our functions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        routes: list[Route],
        fallback: lambda_.IFunction,
        authorizer: lambda_.IFunction | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=settings.prefix,
            description="Classifies short texts.",
            create_default_stage=False,
            cors_preflight=_cors(settings.api.cors_origins, signed=settings.api.auth == "iam"),
        )
        self._stage(settings)
        keyed = _authorizer(settings, keys=authorizer)
        links: dict[str, integrations.HttpLambdaIntegration] = {}
        for route in routes:
            self._add(route, keyed=keyed, links=links)
        self._add_fallback(fallback, links=links)

    def _add(
        self,
        route: Route,
        *,
        keyed: apigateway.IHttpRouteAuthorizer,
        links: dict[str, integrations.HttpLambdaIntegration],
    ) -> None:
        added = self.api.add_routes(
            path=route.path,
            methods=[apigateway.HttpMethod[route.method]],
            integration=_link(route.handler, links),
            authorizer=keyed if route.open_because is None else apigateway.HttpNoneAuthorizer(),
        )
        if route.open_because is not None:
            accept(added[0], "APIG4", because=route.open_because)

    def _add_fallback(
        self, fallback: lambda_.IFunction, *, links: dict[str, integrations.HttpLambdaIntegration]
    ) -> None:
        route = apigateway.HttpRoute(
            self,
            "Fallback",
            http_api=self.api,
            route_key=apigateway.HttpRouteKey.DEFAULT,
            integration=_link(fallback, links),
        )
        accept(route, "APIG4", because="It only answers that the path does not exist.")

    def _stage(self, settings: Settings) -> None:
        logs = log_group(self, "AccessLogs", log_group_name=log_groups.api_requests(settings.prefix))
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=settings.api.throttle_rate, burst_limit=settings.api.throttle_burst
            ),
        )
        resource = stage.node.default_child
        assert isinstance(resource, apigateway.CfnStage)
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=logs.log_group_arn,
            format=json.dumps({**_ACCESS_LOG_FIELDS, "key_id": _CALLER[settings.api.auth]}),
        )


def _authorizer(settings: Settings, *, keys: lambda_.IFunction | None) -> apigateway.IHttpRouteAuthorizer:
    """The authorizer of all routes that are not open, by api.auth. keys: the function that checks API keys."""
    if settings.api.auth == "iam":
        return authorizers.HttpIamAuthorizer()
    if settings.api.jwt is not None:
        return authorizers.HttpJwtAuthorizer(
            "Tokens", settings.api.jwt.issuer, jwt_audience=settings.api.jwt.audience, authorizer_name="tokens"
        )
    assert keys is not None
    # No identity source, no cache: otherwise the gateway itself would answer requests without a key, in its own format.
    return authorizers.HttpLambdaAuthorizer(
        "Keys",
        keys,
        authorizer_name="keys",
        response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
        identity_source=[],
        results_cache_ttl=cdk.Duration.seconds(0),
    )


def _link(
    handler: lambda_.IFunction, links: dict[str, integrations.HttpLambdaIntegration]
) -> integrations.HttpLambdaIntegration:
    """One integration for each function, however many routes it answers."""
    path = handler.node.path
    return links.setdefault(path, integrations.HttpLambdaIntegration(handler.node.addr[:8], handler))


def _cors(origins: list[str], *, signed: bool) -> apigateway.CorsPreflightOptions | None:
    """Answers to preflight requests of browsers. signed: callers sign their requests (SigV4)."""
    if not origins:
        return None
    return apigateway.CorsPreflightOptions(
        allow_origins=origins,
        allow_methods=[apigateway.CorsHttpMethod.GET, apigateway.CorsHttpMethod.POST],
        allow_headers=[*_HEADERS, *(_SIGNATURE_HEADERS if signed else [])],
        expose_headers=[
            "idempotency-replayed",
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
            "retry-after",
            "x-backend",
            "x-cache",
            "x-model-version",
            "x-request-id",
            "x-variant",
        ],
        max_age=cdk.Duration.hours(1),
    )
