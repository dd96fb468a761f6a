"""The kernels that this machine can run."""

from __future__ import annotations

import ctypes

import pytest

from tests.unit.model_code.native.encoders import KERNELS


@pytest.fixture(params=sorted(KERNELS))
def kernels(request: pytest.FixtureRequest) -> ctypes.CDLL:
    compiled = KERNELS[request.param]()
    if compiled is None:
        assert request.param == "amx", "make build compiles the kernels for any processor"
        pytest.skip("this processor has no AMX")
    return compiled
