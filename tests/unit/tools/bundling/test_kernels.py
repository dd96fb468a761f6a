"""Kernels for processors that this machine may not have give exact sums, under an emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clone import ROOT, built_native
from tools import emulator
from tools.bundling import native

# The library, the emulated processor that runs it, and one that does not (without AVX the program itself stops).
PROCESSORS = [
    ("encoder-x86_64-avx2.so", emulator.X86_64, "Haswell", ""),
    ("encoder-aarch64-dot.so", emulator.AARCH64, "neoverse-n1", "cortex-a72"),
    ("encoder-aarch64-i8mm.so", emulator.AARCH64, "max", "neoverse-n1"),
]


def compiled(library: str, folder: Path) -> Path:
    """A program of the library's products alone, with its flags, that needs no C library to link or to run."""
    zig, program, kernels = native.compiler(ROOT / "build/.cache"), folder / "check", ROOT / native.SOURCE
    headers = zig.parent / "lib/libc/include"
    own = "x86" if "x86_64" in library else "aarch64"
    places = [f"-isystem{headers / each}" for each in (f"{own}-linux-gnu", "generic-glibc", "any-linux-any")]
    left_out = {"-shared", "-s", "-fPIC"}
    flags = [each for each in [*native.FLAGS, *native.PROCESSORS[library]] if each not in left_out]
    alone = ["-nostdlib", "-static", "-fno-stack-protector", "-fno-builtin-memcpy", "-fno-builtin-memset"]
    sources = [kernels / "products.c", *sorted(kernels.glob("processor_*.c")), *sorted(kernels.glob("tiles_*.c"))]
    check = Path(__file__).with_name("products_check.c")
    caches = dict.fromkeys(("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(folder / "zig"))
    command: list[str | Path] = [zig, "cc", *flags, *alone, *places, "-I", kernels, "-o", program, check, *sources]
    subprocess.run(command, check=True, env=os.environ | caches, cwd=folder)
    return program


@pytest.mark.parametrize(("library", "target", "able", "unable"), PROCESSORS)
def test_its_sums_are_exact_and_other_processors_are_refused(
    library: str, target: str, able: str, unable: str, tmp_path: Path
) -> None:
    try:
        qemu = emulator.find_or_install(target)
    except emulator.EmulatorError as error:
        pytest.skip(str(error))
    built_native()
    program = compiled(library, tmp_path)

    def said(processor: str) -> str:
        done = subprocess.run([qemu, "-cpu", processor, program], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout, done.stderr)
        return done.stdout.strip()

    kernel = library.removesuffix(".so").split("-", 2)[2]
    assert said(able) == f"{kernel}: exact"
    assert not unable or said(unable) == f"{kernel}: not on this processor"


def test_a_processor_without_any_of_it_is_told_so_by_every_library() -> None:
    """The question itself must run everywhere, whatever the rest of a library is compiled for."""
    try:
        qemu = emulator.find_or_install(emulator.X86_64)
    except emulator.EmulatorError as error:
        pytest.skip(str(error))
    built = built_native()
    libraries = [str(built / name) for name in native.PROCESSORS if "x86_64" in name]
    ask = "import ctypes, sys; print([ctypes.CDLL(name).encoder_supported() for name in sys.argv[1:]])"
    command = [qemu, "-cpu", "Nehalem", sys.executable, "-I", "-S", "-c", ask, *libraries]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str([0] * len(libraries))), done.stderr
