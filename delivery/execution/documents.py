"""Statements put together into policy documents that IAM takes.

IAM user guide, "IAM and AWS STS quotas": a managed policy has at most 6,144 characters, white space not counted, and a
role at most ten managed policies unless the account has asked for more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import aws_cdk as cdk

from delivery.execution.scopes import Conditions, Scope

MOST_CHARACTERS = 6144
MOST_POLICIES = 10
# As long as what CloudFormation puts in place of the pseudo parameter.
_LONGEST = {"${AWS::AccountId}": "123456789012"}
_VERSION = "2012-10-17"

Statement = dict[str, Any]


class TooLargeError(Exception):
    """What the environments need does not fit into IAM's limits; the message is one line for the user."""


def statements(allowed: Iterable[tuple[str, Scope]]) -> list[Statement]:
    """One statement for all actions that are allowed on the same resources under the same conditions."""
    resources: dict[tuple[str, str], set[str]] = {}
    for action, scope in allowed:
        conditions = json.dumps(scope.conditions, sort_keys=True)
        resources.setdefault((action, conditions), set()).update(scope.resources)
    actions: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (action, conditions), named in sorted(resources.items()):
        actions.setdefault((tuple(sorted(named)), conditions), []).append(action)
    found = [_statement(each, named, json.loads(conditions)) for (named, conditions), each in actions.items()]
    return sorted(found, key=lambda each: json.dumps(each, sort_keys=True))


def _statement(actions: list[str], resources: tuple[str, ...], conditions: Conditions) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
    return {**statement, "Condition": conditions} if conditions else statement


def size(document: Statement | dict[str, Any]) -> int:
    """Characters that IAM counts."""
    text = json.dumps(document, separators=(",", ":"))
    for parameter, value in _LONGEST.items():
        text = text.replace(parameter, value)
    return len(text)


def document(parts: list[Statement]) -> dict[str, Any]:
    """A policy document. Raises TooLargeError if a managed policy cannot have it."""
    whole = {"Version": _VERSION, "Statement": parts}
    if size(whole) > MOST_CHARACTERS:
        raise TooLargeError(
            f"a policy of the delivery stack has {size(whole)} characters, and IAM takes {MOST_CHARACTERS}: "
            "shorten the project's name, or deliver fewer environments with one file"
        )
    return whole


def documents(parts: list[Statement]) -> list[dict[str, Any]]:
    """Policy documents with all statements, each as full as it can be. Raises TooLargeError if they are too many."""
    packed: list[list[Statement]] = []
    for part in sorted(parts, key=size, reverse=True):
        room = (each for each in packed if size({"Version": _VERSION, "Statement": [*each, part]}) <= MOST_CHARACTERS)
        into = next(room, None)
        if into is None:
            packed.append([part])
        else:
            into.append(part)
    if len(packed) > MOST_POLICIES:
        raise TooLargeError(
            f"the environments need {len(packed)} policies, and a role takes {MOST_POLICIES}: "
            "deliver fewer environments with one file"
        )
    return [document(each) for each in packed]


def written(document: dict[str, Any]) -> str:
    """A document for a template, as text: a third shorter there than as an object.

    The schemas of IAM's types take an object or a string, of JSON. A template has at most 51,200 bytes where there is
    no bucket for it (CloudFormation user guide, "CloudFormation quotas").
    """
    text = json.dumps(document, separators=(",", ":"))
    # The account is in most ARNs: a short name for it saves three thousand bytes.
    return cdk.Fn.sub(text.replace("${AWS::AccountId}", "${A}"), {"A": cdk.Aws.ACCOUNT_ID})
