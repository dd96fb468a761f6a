"""Fixtures: a world with texts to label, and calls of the labelling function."""

from __future__ import annotations

import pytest

from tests.unit.lambda_src.labelling.world import make_call, make_world


@pytest.fixture
def world(account, configure, logger):
    return make_world(configure, logger)


@pytest.fixture
def call(load_event, context):
    return make_call(load_event, context)


@pytest.fixture
def queue(call):
    def queue(**query):
        return call("GET", "/v1/queue", schema="Queue", **query)

    return queue


@pytest.fixture
def give(call):
    def give(request_id, label, *, position=0, status=200, key="abcdefgh23", trusted="true", **named):
        body = {"request_id": request_id, "position": position, "label": label, **named}
        return call("POST", "/v1/labels", body=body, status=status, schema="GivenLabel", key=key, trusted=trusted)

    return give


@pytest.fixture
def labels(call):
    def labels(*, scopes="label", **query):
        return call("GET", "/v1/labels", schema="LabelStats", scopes=scopes, **query)

    return labels
