"""The HTTP API's routes: which function answers each, and why a route is open to callers without a key."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_

from stacks.constructs.http_api import Route

OPEN = {
    "/health": "Load balancers and monitors have no key; it says nothing else.",
    "/openapi.json": "The contract is public, so that a client can be made from it.",
    "/": "The console page; it asks for a key before it calls the API.",
    "/console.js": "A part of the console page.",
    "/console.css": "A part of the console page.",
    "/docs": "The contract as a page; it asks for a key before it calls a keyed route.",
    "/docs.js": "A part of the contract's page.",
    "/docs.css": "A part of the contract's page.",
}


def all_routes(
    *, classify: lambda_.IFunction, records: lambda_.IFunction, examples: lambda_.IFunction, site: lambda_.IFunction
) -> list[Route]:
    """Every route; those under /v1 need a key."""
    return [
        Route(method="POST", path="/v1/classify", handler=classify),
        Route(method="POST", path="/v1/feedback", handler=records),
        Route(method="GET", path="/v1/requests", handler=records),
        Route(method="GET", path="/v1/requests/{id}", handler=records),
        Route(method="GET", path="/v1/stats", handler=records),
        Route(method="POST", path="/v1/examples", handler=examples),
        Route(method="GET", path="/v1/model", handler=site),
        *(Route(method="GET", path=path, handler=site, open_because=because) for path, because in OPEN.items()),
    ]
