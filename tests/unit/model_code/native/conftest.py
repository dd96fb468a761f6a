"""The kernels that this machine can run."""

from __future__ import annotations

import ctypes

import pytest

from model_code.serving.engines.native import library


@pytest.fixture(params=library.files())
def kernels(request: pytest.FixtureRequest) -> ctypes.CDLL:
    assert library.plain() is not None, "make build compiles the kernels"
    compiled = library._load(request.param)
    if compiled is None:
        pytest.skip("this processor cannot run it")
    return compiled
