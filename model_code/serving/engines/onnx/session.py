"""ONNX Runtime's session options, the same for the servers, the export, batch and benchmarks."""

from __future__ import annotations

import platform
from pathlib import Path

import onnxruntime

CPUINFO = Path("/proc/cpuinfo")
X86 = ("x86_64", "amd64")
VNNI = {"avx512_vnni", "avx_vnni"}  # either multiplies bytes without saturating their sums
# onnxruntime_session_options_config_keys.h, kOrtSessionOptionsAvx2PrecisionMode: int8 products that don't clip.
EXACT_PRODUCTS = "session.x64quantprecision"


def options(*, threads: int) -> onnxruntime.SessionOptions:
    """Options that divide a run among ``threads``. int8 products are exact on every processor."""
    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = threads
    session_options.inter_op_num_threads = 1
    session_options.log_severity_level = 3
    if clips_products():
        session_options.add_session_config_entry(EXACT_PRODUCTS, "1")
    return session_options


def clips_products(cpuinfo: Path | None = None, *, machine: str | None = None) -> bool:
    """Whether this processor's int8 products clip silently: an x86 without either form of VNNI does.

    Elsewhere the option changes no answer and costs half as much again. An x86 with unknown flags counts as clipping.
    """
    if (machine or platform.machine()).lower() not in X86:
        return False
    try:
        lines = (cpuinfo or CPUINFO).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return True
    flags = [set(line.partition(":")[2].split()) for line in lines if line.partition(":")[0].strip() == "flags"]
    return not flags or not all(each & VNNI for each in flags)
