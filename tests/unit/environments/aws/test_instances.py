"""Tests what an instance type's name reveals."""

from __future__ import annotations

import pytest

from environments.aws.instances import has_gpu, is_x86, takes_volume_key

TYPES = [
    # type, GPU, x86, takes a volume key
    ("ml.c7i.large", False, True, True),
    ("ml.m5.xlarge", False, True, True),
    ("ml.m5d.xlarge", False, True, False),
    ("ml.c5d.large", False, True, False),
    ("ml.c7g.large", False, False, True),
    ("ml.c7gd.large", False, False, False),
    ("ml.g5.xlarge", True, True, False),
    ("ml.g4dn.xlarge", True, True, False),
    ("ml.p3.2xlarge", True, True, False),
    ("ml.inf2.xlarge", False, False, True),
    ("ml.trn1.2xlarge", False, False, False),
]


@pytest.mark.parametrize(("instance_type", "gpu", "x86", "volume_key"), TYPES)
def test_instance_types(instance_type: str, gpu: bool, x86: bool, volume_key: bool) -> None:
    assert has_gpu(instance_type) is gpu
    assert is_x86(instance_type) is x86
    assert takes_volume_key(instance_type) is volume_key
