"""What this machine's processor has, as the system lists it: another way than the kernels' own."""

from __future__ import annotations

import platform
from pathlib import Path

_AVX2 = frozenset({"avx2", "fma", "f16c", "bmi1", "bmi2", "movbe", "abm"})
_AVX512 = _AVX2 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
# The flags that each kernel needs, the fastest first.
NEEDED = {
    "x86_64": {
        "amx": _AVX512 | {"amx_tile", "amx_int8", "avx512_fp16"},
        "avx512-vnni": _AVX512 | {"avx512_vnni"},
        "avx512-vnni-256": _AVX512 | {"avx512_vnni"},
        "avx512bw": _AVX512,
        "avx2": _AVX2,
    },
    "aarch64": {"i8mm": frozenset({"asimddp", "i8mm"}), "dot": frozenset({"asimddp"})},
}


def kernels() -> list[str]:
    """The names of the kernels that this processor runs, the fastest first; the plain one is not among them."""
    known = set(Path("/proc/cpuinfo").read_text().split())
    return [name for name, needed in NEEDED.get(platform.machine(), {}).items() if needed <= known]


def engine() -> str:
    """The engine of an encoder with weights for our kernels."""
    return next((f"int8-{name}" for name in kernels()), "onnxruntime")
