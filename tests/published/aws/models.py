"""Checks requests against botocore's service models, and stricter than botocore: values, patterns and lengths, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
import regex  # Python's own has no classes of Unicode (`\p{L}`), which services use
from botocore import xform_name
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator


@cache
def service(name: str) -> ServiceModel:
    """The model of a service by boto3's name, such as `stepfunctions`."""
    return botocore.session.get_session().get_service_model(name)


@cache
def methods(name: str) -> Mapping[str, str]:
    """Operations by the name of a client's method: `create_training_job` -> `CreateTrainingJob`."""
    return {xform_name(operation): operation for operation in service(name).operation_names}


def problems(service_name: str, operation: str, parameters: Mapping[str, Any]) -> list[str]:
    """A request's errors: members, types, required members, enumerations, patterns, lengths, ranges."""
    shape = service(service_name).operation_model(operation).input_shape
    if shape is None:
        return [f"{operation} takes nothing"] if parameters else []
    report = ParamValidator().validate(parameters, shape)
    found = [report.generate_report()] if report.has_errors() else list(strict(shape, parameters, at=operation))
    return found


def strict(shape: Shape, value: Any, *, at: str) -> Iterator[str]:
    """Errors that botocore accepts and the service refuses, in a value of the right type."""
    match shape:
        case StructureShape():
            for name, member in value.items() if isinstance(value, Mapping) else ():
                if name in shape.members:
                    yield from strict(shape.members[name], member, at=f"{at}.{name}")
        case ListShape():
            yield from _length(shape, value, at=at)
            for number, each in enumerate(value):
                yield from strict(shape.member, each, at=f"{at}[{number}]")
        case MapShape():
            yield from _length(shape, value, at=at)
            for key, each in value.items():
                yield from strict(shape.key, key, at=f"{at}[{key!r}]")
                yield from strict(shape.value, each, at=f"{at}[{key!r}]")
        case StringShape():
            yield from _text(shape, value, at=at)
        case _ if shape.type_name in ("integer", "long", "float", "double"):
            low, high = shape.metadata.get("min"), shape.metadata.get("max")
            if (low is not None and value < low) or (high is not None and value > high):
                yield f"{at} is {value}, which is not from {low} to {high}"


def _text(shape: StringShape, value: Any, *, at: str) -> Iterator[str]:
    yield from _length(shape, value, at=at)
    if shape.enum and value not in shape.enum:
        yield f"{at} is {value!r}, which is not one of {', '.join(shape.enum[:6])} ..."
    pattern = compiled(shape.metadata.get("pattern", ""))
    if pattern and pattern.pattern and not pattern.fullmatch(value):
        yield f"{at} is {value!r}, which does not match {pattern.pattern}"


@cache
def compiled(pattern: str) -> regex.Pattern[str] | None:
    """A service's pattern; None for the few that are written in halves of UTF-16 and mean any text."""
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


def _length(shape: Shape, value: Any, *, at: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and len(value) < low) or (high is not None and len(value) > high):
        yield f"{at} has a length of {len(value)}, which is not from {low} to {high}"
