"""Finds the compiled kernels: ``built/`` beside this file in an artifact, ``build/native`` in a clone."""

from __future__ import annotations

import ctypes
import platform
import sys
from functools import cache
from pathlib import Path

from model_code.serving.engines.native.structures import Model

HERE = Path(__file__).resolve().parent
BUILT = "built"
# By processor, the fastest first; the last of each is plain C, for checks.
FILES = {
    "x86_64": (
        "encoder-x86_64-amx.so",
        "encoder-x86_64-avx512-vnni.so",
        "encoder-x86_64-avx512-vnni-256.so",
        "encoder-x86_64-avx512bw.so",
        "encoder-x86_64-avx2.so",
        "encoder-x86_64-v3.so",
    ),
    "aarch64": ("encoder-aarch64-i8mm.so", "encoder-aarch64-dot.so", "encoder-aarch64-plain.so"),
}


@cache
def fast() -> ctypes.CDLL | None:
    """The fastest kernels for this processor; None if they are not built, or if only plain ones run here."""
    return next((library for library in map(_load, files()[:-1]) if library), None)


@cache
def plain() -> ctypes.CDLL | None:
    """The same arithmetic for any x86-64 of the last ten years: slow, for checking answers where there is no other."""
    return next((library for library in map(_load, files()[-1:]) if library), None)


def all_kernels() -> list[ctypes.CDLL]:
    """All that this processor runs."""
    return [library for library in map(_load, files()) if library]


def kernel(library: ctypes.CDLL) -> str:
    """The name of a library's products: ``amx``, ``avx512-vnni``, ``plain``."""
    name: bytes = library.encoder_kernel()
    return name.decode()


def files() -> tuple[str, ...]:
    """The libraries for this kind of machine, or none."""
    return FILES.get(platform.machine(), ()) if sys.platform == "linux" else ()


def folder() -> Path | None:
    """The folder of the compiled kernels; None if they are not built."""
    folders = (HERE / BUILT, HERE.parents[3] / "build" / "native")
    return next((each for each in folders if any(each.glob("encoder-*.so"))), None)


def _load(name: str) -> ctypes.CDLL | None:
    built = folder()
    return None if built is None else _open(built / name)


def _open(file: Path) -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(file))
    except OSError:  # the C library is older than the kernels need
        return None
    # Built from other sources: in a clone, run make build.
    if not hasattr(library, "encoder_kernel") or library.encoder_model_size() != ctypes.sizeof(Model):
        return None
    pointer = ctypes.c_void_p
    library.encoder_supported.restype = ctypes.c_int32
    library.encoder_kernel.restype = ctypes.c_char_p
    library.encoder_new.restype, library.encoder_new.argtypes = pointer, (ctypes.POINTER(Model),)
    library.encoder_free.restype, library.encoder_free.argtypes = None, (pointer,)
    library.encoder_workspace.restype, library.encoder_workspace.argtypes = ctypes.c_int64, (pointer, ctypes.c_int32)
    for run in (library.encoder_run, library.encoder_run_plain):
        run.restype, run.argtypes = None, (pointer, pointer, pointer, ctypes.c_int32, pointer, pointer)
    return library if library.encoder_supported() else None
