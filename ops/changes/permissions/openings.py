"""What opens a resource without a policy document: public access, routes without authorization, boundaries, rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ops.changes import values
from ops.changes.assembly import Template
from ops.changes.permissions.widening import Permission

Properties = dict[str, Any]
_ROLE_PROPERTIES = ("Role", "RoleArn", "ExecutionRoleArn")
_PUBLIC = "PublicAccessBlockConfiguration"
_PUBLIC_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def opened(before: Template, after: Template) -> list[Permission]:
    """What is more open after than before."""
    old, new = before.get("Resources") or {}, after.get("Resources") or {}
    found: list[Permission] = []
    for name, resource in new.items():
        kind = str(resource.get("Type", ""))
        earlier = old.get(name)
        was = (earlier.get("Properties") or {}) if earlier and earlier.get("Type") == kind else None
        found += _of_resource(name, kind, was, resource.get("Properties") or {})
    return found


def _of_resource(name: str, kind: str, was: Properties | None, now: Properties) -> Iterator[Permission]:
    for types, look in _LOOKS:
        if kind in types:
            for note, marks in look(was, now):
                yield Permission(how="opened", holder=f"${{{name}}}", note=note, marks=marks)
    if was is not None:
        for key in _ROLE_PROPERTIES:
            if key in was and key in now and was[key] != now[key]:
                note = f"runs as {values.text(now[key])} instead of {values.text(was[key])}"
                yield Permission(how="opened", holder=f"${{{name}}}", note=note)


Told = Iterator[tuple[str, tuple[str, ...]]]


def _identity(was: Properties | None, now: Properties) -> Told:
    attached = {values.text(each) for each in (was or {}).get("ManagedPolicyArns") or []}
    for each in now.get("ManagedPolicyArns") or []:
        if values.text(each) not in attached:
            administrator = values.text(each).endswith("/AdministratorAccess")
            yield f"gets the managed policy {values.text(each)}", ("any action",) if administrator else ()
    boundary = "PermissionsBoundary"
    if was is not None and boundary in was and was[boundary] != now.get(boundary):
        former = values.text(was[boundary])
        if boundary in now:
            yield f"its permissions boundary is {values.text(now[boundary])} instead of {former}", ()
        else:
            yield f"loses its permissions boundary {former}", ()


def _bucket(was: Properties | None, now: Properties) -> Told:
    blocks = now.get(_PUBLIC) or {}
    earlier = (was or {}).get(_PUBLIC) or {}
    # New buckets block public access without being told (S3, "Blocking public access", since April 2023).
    open_ = [key for key in _PUBLIC_BLOCKS if blocks.get(key, _PUBLIC not in now) is not True]
    gone = [key for key in open_ if was is None or earlier.get(key) is True]
    if gone:
        yield (
            f"no longer blocks public access: {', '.join(gone)}" if was else f"does not set {', '.join(gone)}",
            ("anyone",),
        )


def _route(was: Properties | None, now: Properties) -> Told:
    kind = now.get("AuthorizationType", "NONE")
    label = values.text(now.get("RouteKey") or now.get("HttpMethod") or "")
    if kind == "NONE" and (was is None or was.get("AuthorizationType", "NONE") != "NONE"):
        yield f"{label} takes requests without authorization", ("anyone",)
    elif was is not None and was.get("AuthorizationType", "NONE") != kind:
        yield f"{label} authorizes by {kind} instead of {was.get('AuthorizationType', 'NONE')}", ()


def _authorizer(was: Properties | None, now: Properties) -> Told:
    if was is not None and was.get("JwtConfiguration") != now.get("JwtConfiguration"):
        yield f"accepts other tokens: {values.text(now.get('JwtConfiguration') or {})}", ()


def _rules(was: Properties | None, now: Properties) -> Told:
    for key in ("SecurityGroupIngress", "SecurityGroupEgress"):
        earlier = {_rule(each) for each in (was or {}).get(key) or []}
        for each in now.get(key) or []:
            if _rule(each) not in earlier:
                yield f"{'from' if key.endswith('Ingress') else 'to'} {_rule(each)}", _world(each)
    # EC2 adds a rule that lets everything out to a group without one (CloudFormation, AWS::EC2::SecurityGroup).
    if not now.get("SecurityGroupEgress") and (was is None or was.get("SecurityGroupEgress")):
        yield "lets everything out, since it has no rule for what goes out", ("anyone",)


def _single_rule(was: Properties | None, now: Properties) -> Told:
    if was is None or _rule(was) != _rule(now):
        yield f"a rule for {_rule(now)}", _world(now)


def _rule(rule: Properties) -> str:
    return values.text({key: value for key, value in rule.items() if key != "Description"})


def _world(rule: Properties) -> tuple[str, ...]:
    return ("anyone",) if rule.get("CidrIp") == "0.0.0.0/0" or rule.get("CidrIpv6") == "::/0" else ()


def _url(was: Properties | None, now: Properties) -> Told:
    if was is None or was.get("AuthType") != now.get("AuthType"):
        kind = now.get("AuthType", "")
        yield f"a function URL with the authorization {kind}", ("anyone",) if kind == "NONE" else ()


def _provider(was: Properties | None, now: Properties) -> Told:
    if was is None:
        yield f"trusts tokens of {values.text(now.get('Url', ''))}", ()
    for each in now.get("ClientIdList") or []:
        if was is not None and each not in (was.get("ClientIdList") or []):
            yield f"accepts the audience {values.text(each)}", ()


_LOOKS: tuple[tuple[tuple[str, ...], Callable[[Properties | None, Properties], Told]], ...] = (
    (("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"), _identity),
    (("AWS::S3::Bucket",), _bucket),
    (("AWS::ApiGatewayV2::Route", "AWS::ApiGateway::Method"), _route),
    (("AWS::ApiGatewayV2::Authorizer",), _authorizer),
    (("AWS::EC2::SecurityGroup",), _rules),
    (("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"), _single_rule),
    (("AWS::Lambda::Url",), _url),
    (("AWS::IAM::OIDCProvider", "Custom::AWSCDKOpenIdConnectProvider"), _provider),
)
