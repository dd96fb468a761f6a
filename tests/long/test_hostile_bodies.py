"""Bodies of the largest size get documented answers, at a cost within the bounds of `make bench-security`.

A part of its grid: each shape with each fault once, at a place and in a part of the request that take turns. Only
ratios of processor times, the least of several, and measured once more where one is above its bound.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.hostile import functions, shapes
from benchmarks.hostile.functions import Route
from benchmarks.hostile.measuring import Call, Case, Measure, ValidCase, keep_memory
from lambda_src.common.api import json_body
from tests.linear_time import assert_linear
from tests.unit.lambda_src.documented import faults

SIZE = json_body.MAX_BODY_BYTES
ROUTES = [pytest.param(route, id=route.path) for route in functions.ROUTES]
FAULTS = ("", *shapes.FAULTS)
LONGEST_UNIT = 25_000
# The dearest by the whole grid.
DEAREST = ("texts of escapes", "white space")


@pytest.fixture(scope="module")
def call() -> Iterator[Call]:
    keep_memory()
    with functions.answering() as answer:
        yield answer


def _cases(route: Route, fault: str) -> Iterator[Case]:
    """Every shape with the fault once; the dearest at every place in every part. And every text that is taken."""
    if not fault:
        yield from (ValidCase.of(route, name) for name in shapes.TEXTS)
    where = list(itertools.product(route.arounds, shapes.PLACES if fault else ("end",)))
    for number, shape in enumerate(shapes.SHAPES, FAULTS.index(fault)):
        for around, place in where if shape.name in DEAREST else [where[number % len(where)]]:
            yield Case(route=route, around=around, shape=shape, fault=fault, place=place)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_fills_a_body_its_answer_is_documented(call: Call, route: Route, fault: str) -> None:
    for case in _cases(route, fault):
        body = case.body(SIZE)
        assert SIZE - LONGEST_UNIT < len(body.raw) <= SIZE
        event = functions.event(route, body.raw)
        response = call(event, route.function)
        assert faults(event, response) == []
        assert response["statusCode"] in (200, 400, 422), (body, response["body"][:200])


@pytest.mark.parametrize("route", ROUTES)
def test_a_body_costs_in_proportion_to_its_size_and_at_most_twice_a_valid_one(call: Call, route: Route) -> None:
    assert _above(call, route) == []


def _above(call: Call, route: Route) -> list[str]:
    """The ratios above their bounds, of the first fault that has any; measured again before it is reported."""
    measure = Measure.of(call, route, size=SIZE)
    for fault in FAULTS:
        for cost in measure.dearest(_cases(route, fault)):
            if cost.faults() and (result := Measure.of(call, route, size=SIZE).settled(cost.case).faults()):
                return result
    return []


@pytest.mark.parametrize("shape", shapes.SHAPES, ids=lambda shape: shape.name)
def test_time_is_in_proportion_to_a_bodys_size(
    call: Call, shape: shapes.Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_body, "MAX_OUTSIDE_TEXTS", SIZE)  # else the longer one could be refused sooner
    for route, fault in itertools.product(functions.ROUTES, ("", "doubled key", "half a pair", "no UTF-8")):

        def made(size: int, route: Route = route, fault: str = fault) -> dict[str, Any]:
            body = shapes.of_size(size, route.arounds[2], shape, fault=fault)
            return functions.event(route, body.raw)

        def answer(event: dict[str, Any], route: Route = route) -> object:
            return call(event, route.function)

        assert_linear(made, answer, size=32_000, what=f"{route.name} {fault}")


def _working(event: dict[str, Any], steps: int) -> dict[str, Any]:
    sum(range(steps))
    return {"statusCode": 400, "body": event["body"][:1]}


def test_the_measure_sees_what_it_is_for() -> None:
    route = functions.ROUTES[0]
    honest = {raw.decode() for raw in route.valid(SIZE)}

    def squared(event: dict[str, Any], function: str) -> dict[str, Any]:
        return _working(event, (len(event["body"]) // 2_000) ** 2)

    def dear(event: dict[str, Any], function: str) -> dict[str, Any]:
        valid = event["body"] in honest
        return _working(event, len(event["body"]) // (12 if valid else 4))

    case = next(iter(_cases(route, "null")))
    (fault,) = Measure.of(squared, route, size=SIZE).settled(case).faults()
    assert "doubled" in fault
    (fault,) = Measure.of(dear, route, size=SIZE).settled(case).faults()
    assert "per_byte" in fault
