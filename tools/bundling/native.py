"""Compiles the model server's C library for each kind of processor, for Linux on any machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.bundling import archive, packages
from tools.bundling.errors import BundleError

SOURCE = "model_code/serving/engines/kernels"
REQUIREMENTS = Path(__file__).with_name("compiler-requirements.txt")
# glibc 2.17 is older than that of every image which the library runs in. psabi warns of arguments and results that are
# wider than the registers of v3, which matters only between libraries compiled apart.
FLAGS = [
    *("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-psabi"),
    *("-O3", "-ffast-math", "-fPIC", "-fvisibility=hidden", "-shared", "-s"),
]
ARM, X86 = ("-target", "aarch64-linux-gnu.2.17"), ("-target", "x86_64-linux-gnu.2.17")
WIDE = "-mprefer-vector-width=512"
# KERNEL_... chooses the products (kernels/tiles.h); the processor is what the rest of the encoder may use.
PROCESSORS = {
    "encoder-aarch64-i8mm.so": [*ARM, "-DKERNEL_I8MM", "-mcpu=generic+dotprod+i8mm"],
    "encoder-aarch64-dot.so": [*ARM, "-DKERNEL_DOT", "-mcpu=generic+dotprod"],
    "encoder-aarch64-plain.so": [*ARM, "-DKERNEL_PLAIN", "-mcpu=generic"],
    "encoder-x86_64-amx.so": [*X86, "-DKERNEL_AMX", "-mcpu=sapphirerapids", WIDE],
    "encoder-x86_64-avx512-vnni.so": [*X86, "-DKERNEL_AVX512_VNNI", "-mcpu=x86_64_v4+avx512vnni", WIDE],
    "encoder-x86_64-avx512-vnni-256.so": [*X86, "-DKERNEL_VNNI256", "-mcpu=x86_64_v4+avx512vnni"],
    "encoder-x86_64-avx512bw.so": [*X86, "-DKERNEL_AVX512BW", "-mcpu=x86_64_v4", WIDE],
    "encoder-x86_64-avx2.so": [*X86, "-DKERNEL_AVX2", "-mcpu=x86_64_v3"],
    "encoder-x86_64-v3.so": [*X86, "-DKERNEL_PLAIN", "-mcpu=x86_64_v3"],
}


def compiler(cache: Path) -> Path:
    """The program `zig` for this machine, installed under `cache` once; BundleError where pip cannot."""
    return packages.installed(REQUIREMENTS, platform=(), cache=cache, as_is=True) / "ziglang" / "zig"


def _sources(root: Path) -> list[Path]:
    folder = root / SOURCE
    if not any(folder.glob("*.c")):
        raise BundleError(f"{folder}: no C source in it")
    return sorted(folder.glob("*.[ch]"))


def _digest(sources: list[Path]) -> str:
    state = hashlib.sha256("\n".join([*packages.requirement_lines(REQUIREMENTS), *FLAGS, str(PROCESSORS)]).encode())
    for file in sources:
        state.update(f"\0{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
    return state.hexdigest()[:16]


def _compile(zig: Path, sources: list[Path], target: Path) -> None:
    names = [file.name for file in sources if file.suffix == ".c"]
    with tempfile.TemporaryDirectory() as own:
        # Only PATH from the environment: CPATH and the like would change the bytes, and zig would cache in the home.
        environ = {"PATH": os.environ.get("PATH", os.defpath), "ZIG_GLOBAL_CACHE_DIR": own, "ZIG_LOCAL_CACHE_DIR": own}
        for library, processor in PROCESSORS.items():
            done = subprocess.run(
                [zig, "cc", *FLAGS, *processor, "-o", target / library, *names, "-lm"],
                cwd=sources[0].parent,  # without a folder, the names keep the clone's place out of the bytes
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            if done.returncode:
                lines = done.stderr.strip().splitlines() or ["no output"]
                reason = next((line for line in lines if "error:" in line), lines[-1])
                raise BundleError(f"{sources[0].parent}: {library} cannot be compiled: {reason}")


def compiled(root: Path, cache: Path) -> Path:
    """A folder with the libraries of the sources under `root` and nothing else, made once and kept under `cache`.

    BundleError without sources, without a compiler that can be installed, or with the compiler's first error.
    """
    sources = _sources(root)
    folder = cache / f"native-{_digest(sources)}"
    if not folder.is_dir():
        partial = cache / f"{folder.name}.{os.getpid()}.partial"
        partial.mkdir(parents=True)
        try:
            _compile(compiler(cache), sources, partial)
            archive.make_uniform(partial)
            partial.replace(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder
