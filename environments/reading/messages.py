"""Error messages about an environment file: one line with the file, the key, the value and what is allowed."""

from __future__ import annotations

import difflib
import types
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from environments.reading.files import Source

_EXPECTED = {
    "int_type": "use a whole number, without quotes",
    "int_from_float": "use a whole number",
    "float_type": "use a number, without quotes",
    "string_type": "use text; put it in quotes",
    "bool_type": "use true or false",
    "date_type": "use a date such as 2027-01-31, without quotes",
    "list_type": "use a list",
    "dict_type": "use keys and values",
    "model_type": "use keys and values",
    "greater_than_equal": "use {ge} or more",
    "greater_than": "use more than {gt}",
    "less_than_equal": "use {le} or less",
    "less_than": "use less than {lt}",
    "too_short": "name at least one",
    "string_too_short": "use at least {min_length} character",
    "multiple_of": "use a multiple of {multiple_of}",
}

_PATTERNS = {
    "account": "use the 12 digits of an AWS account, in quotes",
    "region": "use an AWS region such as us-east-1",
    "project": "use lower-case letters and digits, at most 16, starting with a letter",
    "name": "name the file with lower-case letters and digits, at most 16, starting with a letter",
    "url": "use an address that starts with https://",
    "uri": "use s3://bucket/key",
    "instance_type": "use a SageMaker instance type such as ml.c7i.large",
    "schedule": "use rate(...) or cron(...), such as rate(7 days)",
    "cron": "use six fields, minutes, hours, day of month, month, day of week, year, such as 0 20 ? * MON-FRI *",
    "time_zone": "use an IANA name such as Europe/Berlin",
    "cors_origins": "use an origin such as https://example.com, without a path, or *",
    "model_id": "use a foundation model's id such as amazon.nova-micro-v1:0",
    "inference_profile": "use an inference profile's id such as us.amazon.nova-micro-v1:0, or its ARN",
    "labels": "use names that are not blank",
    "repository": "use owner/name, as GitHub spells it, without a pattern",
    "environments": "use names of files in environments/, such as dev",
    "permissions_boundary": "use a managed policy's name, without its path, such as rubric-prod-boundary",
    "alarm_email": "use an e-mail address",
    "vpc_id": "use a VPC's id such as vpc-0a1b2c3d4e5f60718",
    "subnet_ids": "use subnets' ids such as subnet-0a1b2c3d4e5f60718",
    "security_group_ids": "use security groups' ids such as sg-0a1b2c3d4e5f60718",
    "route_table_ids": "use route tables' ids such as rtb-0a1b2c3d4e5f60718",
    "language": "use a language tag such as de or pt-BR",
    "text_noun": "use a word without white space around it",
    "texts_noun": "use a word without white space around it",
    "examples": "use texts and labels of one line, without white space around them",
    "secret": "use a secret's name or its ARN, not the URI itself",
    "private_endpoint": "use an endpoint's id, vpce-..., or its service's name, com.amazonaws.vpce....vpce-svc-...",
    "zone_names": "use availability zones such as us-east-1a",
}


def describe(error: ValidationError, *, source: Source, model: type[BaseModel]) -> str:
    """The first error as one line."""
    # An unknown key often causes a missing one, so it comes first.
    details = sorted(error.errors(include_url=False), key=lambda item: item["type"] != "extra_forbidden")[0]
    path = details["loc"]
    # Without pydantic's mark of a mapping's key; a key may be any text, and the message is one line.
    key = ".".join(" ".join(str(part).split()) for part in path if part != "[key]")
    return f"{source.file_of(path)}: {key}: {_what(details, model=model)}"


def _what(details: ErrorDetails, *, model: type[BaseModel]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(details["loc"], model=model)
    if kind == "missing":
        return "is required; it has no default"
    return f"{details['input']!r} is not allowed; {_allowed(details, kind=kind, context=context)}"


def _allowed(details: ErrorDetails, *, kind: str, context: dict[str, Any]) -> str:
    if kind == "literal_error":
        return f"use one of: {_words(context['expected'])}"
    if kind == "string_pattern_mismatch":
        names = [part for part in details["loc"] if part in _PATTERNS]
        return _PATTERNS[str(names[-1])] if names else f"it must match {context['pattern']}"
    template = _EXPECTED.get(kind)
    if template is None:
        return details["msg"]
    limits = {name: f"{limit:g}" if isinstance(limit, float) else limit for name, limit in context.items()}
    return template.format(**limits)


def _words(expected: str) -> str:
    return expected.replace(" or ", ", ").replace("'", "")


def _unknown_key(path: tuple[str | int, ...], *, model: type[BaseModel]) -> str:
    known = list(fields_at(path[:-1], model=model))
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"is not a setting; {hint}allowed here: {', '.join(known)}"


def fields_at(path: tuple[str | int, ...], *, model: type[BaseModel]) -> list[str]:
    """Names of the fields of the section at a path, without the environment's name, which no file sets."""
    for part in path:
        if isinstance(part, int):  # an entry of a list, whose section is known already
            continue
        annotation = model.model_fields[part].annotation
        model = section_of(annotation) or entry_of(annotation) or model
    return [name for name in model.model_fields if name != "name"]


def entry_of(annotation: Any) -> type[BaseModel] | None:
    """The section that each entry of a list is; None for anything else."""
    kinds = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    lists = [kind for kind in kinds if get_origin(kind) is list]
    return section_of(get_args(lists[0])[0]) if lists else None


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section model inside a field's annotation, if it is one."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next((section for arg in get_args(annotation) if (section := section_of(arg))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
