"""Every grant in a template, with the one who holds it: a role, or the resource that a policy opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.changes import values
from ops.changes.assembly import Template
from ops.changes.permissions import grants
from ops.changes.permissions.grants import Clause, Element, Grant

# What a resource policy of its own belongs to, so that the policy's logical id does not matter.
_PROTECTED = {"AWS::S3::BucketPolicy": "Bucket", "AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics"}
_IDENTITIES = {"Roles": "role", "Users": "user", "Groups": "group"}
_OPEN_ENDPOINT = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


def in_template(template: Template) -> list[Grant]:
    """All grants of a template's resources."""
    found: list[Grant] = []
    for name, resource in (template.get("Resources") or {}).items():
        if isinstance(resource, dict):
            found += _of_resource(name, str(resource.get("Type", "")), resource.get("Properties") or {})
    return found


def _of_resource(name: str, type_: str, properties: dict[str, Any]) -> Iterator[Grant]:
    match type_:
        case "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::IAM::GroupPolicy":
            for holder in _attached(properties):
                yield from _document(properties.get("PolicyDocument"), holder)
        case "AWS::IAM::ManagedPolicy":
            yield from _document(properties.get("PolicyDocument"), f"managed policy ${{{name}}}")
        case "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group":
            kind = type_.rpartition("::")[2].lower()
            yield from _document(properties.get("AssumeRolePolicyDocument"), f"trust of {kind} ${{{name}}}")
            for inline in properties.get("Policies") or []:
                if isinstance(inline, dict):
                    yield from _document(inline.get("PolicyDocument"), f"{kind} ${{{name}}}")
        case "AWS::Lambda::Permission":
            yield _invocation(properties)
        case "AWS::EC2::VPCEndpoint":
            # Without a policy an endpoint lets everything through (EC2, CreateVpcEndpoint, PolicyDocument).
            yield from _document(properties.get("PolicyDocument") or _OPEN_ENDPOINT, f"policy of ${{{name}}}")
        case _:
            protected = _PROTECTED.get(type_)
            holders = _texts(properties.get(protected)) if protected else [f"${{{name}}}"]
            for holder in holders:
                for document in _documents(properties):
                    yield from _document(document, f"policy of {holder}")


def _document(document: Any, holder: str) -> Iterator[Grant]:
    if grants.is_document(document):
        yield from grants.of_document(document, holder=holder)


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy document in a resource's properties, at any depth."""
    if grants.is_document(value):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _documents(each)


def _attached(properties: dict[str, Any]) -> Iterator[str]:
    for key, kind in _IDENTITIES.items():
        yield from (f"{kind} {each}" for each in _texts(properties.get(key)))
    for key, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group")):
        if key in properties:
            yield f"{kind} {values.text(properties[key])}"


def _texts(value: Any) -> list[str]:
    return [values.text(each) for each in (value if isinstance(value, list) else [value] if value else [])]


def _invocation(properties: dict[str, Any]) -> Grant:
    """A Lambda permission as the statement that AddPermission writes into the function's policy."""
    principal = values.text(properties.get("Principal", ""))
    kind = "Service" if ".amazonaws.com" in principal else "AWS"
    conditions = {
        ("ArnLike", "aws:sourcearn"): properties.get("SourceArn"),
        ("StringEquals", "aws:sourceaccount"): properties.get("SourceAccount"),
        ("StringEquals", "aws:principalorgid"): properties.get("PrincipalOrgID"),
        ("StringEquals", "lambda:eventsourcetoken"): properties.get("EventSourceToken"),
        ("StringEquals", "lambda:functionurlauthtype"): properties.get("FunctionUrlAuthType"),
    }
    function = values.without_hashes(values.text(properties.get("FunctionName", "")))
    return Grant(
        holder=f"policy of {function}",
        effect="Allow",
        principal=Element(("*",) if principal == "*" else (f"{kind}: {principal}",)),
        action=Element((values.text(properties.get("Action", "")),)),
        resource=Element((function,)),
        conditions=frozenset(
            Clause(operator, key, frozenset([values.without_hashes(values.text(value))]))
            for (operator, key), value in conditions.items()
            if value is not None
        ),
    )
