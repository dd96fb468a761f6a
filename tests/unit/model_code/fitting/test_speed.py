"""Fast training steps: freed memory stays with the process, layer norms return bfloat16."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
import torch

from model_code.training.fitting import speed

FAULTS = """
import resource, sys, torch
from model_code.training.fitting import speed
if sys.argv[1] == "keep":
    assert speed.keep_freed_memory()
for step in range(20):
    if step == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(16 * 2**20)  # 64 MiB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(way: str) -> int:
    return int(subprocess.run([sys.executable, "-c", FAULTS, way], capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to keep freed memory")
def test_freed_memory_is_not_fetched_from_the_kernel_again() -> None:
    assert faults("keep") < faults("free") / 2  # aligned allocations do not all find the place of the last one


def test_layer_norms_answer_in_bfloat16_under_autocast_alone_and_only_for_the_time() -> None:
    model = torch.nn.Sequential(torch.nn.LayerNorm(4), torch.nn.LayerNorm(4))
    texts = torch.randn(3, 4)
    with speed.narrow_norms(model):
        assert model(texts).dtype == torch.float32
        with torch.autocast("cpu", torch.bfloat16):
            answer = model(texts)
            assert answer.dtype == torch.bfloat16
            answer.float().sum().backward()
    assert all(weight.grad.dtype == torch.float32 for weight in model.parameters())
    with torch.autocast("cpu", torch.bfloat16):
        assert model(texts).dtype == torch.float32
