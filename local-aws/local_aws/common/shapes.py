"""Check requests and shape answers with botocore's own model of a service."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import botocore.validate

from local_aws.common.errors import validation

_NUMBERS: dict[str, type[int] | type[float]] = {"integer": int, "long": int, "float": float, "double": float}


@functools.cache
def service_model(service: str) -> Any:
    """Return botocore's ServiceModel for `sagemaker` or `application-autoscaling`."""
    return botocore.session.get_session().get_service_model(service)


@functools.cache
def enumeration(service: str, shape: str) -> frozenset[str]:
    """Return the values of one of the service's enumerations."""
    return frozenset(service_model(service).shape_for(shape).metadata["enum"])


def has_operation(service: str, operation: str) -> bool:
    return operation in service_model(service).operation_names


def check_request(service: str, operation: str, request: Mapping[str, Any]) -> None:
    """Check a request's members, types, lengths and patterns against the model. Raises ValidationException."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return
    report = botocore.validate.ParamValidator().validate(dict(request), shape)
    if report.has_errors():
        raise validation(report.generate_report())
    problems = list(_broken_constraints(shape, request, ""))
    if problems:
        count = len(problems)
        heading = f"{count} validation error{'s' if count > 1 else ''} detected"
        raise validation(f"{heading}: {'; '.join(problems)}")


def shaped(service: str, operation: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of `record` that belong in the operation's answer."""
    shape = service_model(service).operation_model(operation).output_shape
    return {} if shape is None else {name: record[name] for name in shape.members if record.get(name) is not None}


def summary(service: str, operation: str, member: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of `record` that belong in one item of a List answer."""
    item = service_model(service).operation_model(operation).output_shape.members[member].member
    return {name: record[name] for name in item.members if record.get(name) is not None}


def request_from_properties(service: str, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Build a request from a CloudFormation resource's properties, whose numbers and booleans may be strings.

    Omits properties that the operation does not have. Raises ValidationException for a string that is not a number.
    """
    members = service_model(service).operation_model(operation).input_shape.members
    return {name: _typed(members[name], value) for name, value in properties.items() if name in members}


def _typed(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        known = shape.members
        return {name: _typed(known[name], item) if name in known else item for name, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_typed(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, Mapping):
        return {str(name): _typed(shape.value, item) for name, item in value.items()}
    return _scalar(kind, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if kind == "string" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if kind in _NUMBERS and isinstance(value, str):
        try:
            return _NUMBERS[kind](value)
        except ValueError:
            raise validation(f"{value!r} is not a number") from None
    return value


def _broken_constraints(shape: Any, value: Any, path: str) -> Iterator[str]:
    """Find violations that botocore's validator leaves to the service: maximum lengths, patterns and enumerations."""
    kind = shape.type_name
    if kind == "structure":
        for name, item in value.items():
            if name in shape.members and item is not None:
                below = f"{path}.{_lower(name)}" if path else _lower(name)
                yield from _broken_constraints(shape.members[name], item, below)
    elif kind == "list":
        yield from _too_long(shape, value, path)
        for position, item in enumerate(value, start=1):
            yield from _broken_constraints(shape.member, item, f"{path}.{position}.member")
    elif kind == "map":
        yield from _too_long(shape, value, path)
        for name, item in value.items():
            yield from _broken_constraints(shape.value, item, f"{path}.{name}.member")
    elif kind == "string":
        yield from _too_long(shape, value, path)
        yield from _wrong_text(shape, value, path)
    elif kind in _NUMBERS:
        greatest = shape.metadata.get("max")
        if greatest is not None and value > greatest:
            yield _constraint(value, path, f"Member must have value less than or equal to {greatest}")


def _too_long(shape: Any, value: Any, path: str) -> Iterator[str]:
    greatest = shape.metadata.get("max")
    if greatest is not None and len(value) > greatest:
        yield _constraint(value, path, f"Member must have length less than or equal to {greatest}")


def _wrong_text(shape: Any, value: str, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _constraint(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = _compiled(shape.metadata.get("pattern"))
    if pattern is not None and pattern.fullmatch(value) is None:
        yield _constraint(value, path, f"Member must satisfy regular expression pattern: {pattern.pattern}")


@functools.cache
def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        # A Java pattern with no Python equivalent (\\p{L}, say) cannot be checked.
        return None


def _constraint(value: Any, path: str, rule: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {rule}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
