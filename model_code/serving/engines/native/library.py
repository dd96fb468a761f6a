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
FAST, PLAIN = "encoder-x86_64-amx.so", "encoder-x86_64-v3.so"


@cache
def fast() -> ctypes.CDLL | None:
    """The kernels for AMX; None if they are not built, or if this processor or system cannot run them."""
    return _load(FAST)


@cache
def plain() -> ctypes.CDLL | None:
    """The same arithmetic for any x86-64 of the last ten years: slow, for checking answers without AMX."""
    return _load(PLAIN)


def folder() -> Path | None:
    """The folder of the compiled kernels; None if they are not built."""
    folders = (HERE / BUILT, HERE.parents[3] / "build" / "native")
    return next((each for each in folders if (each / FAST).is_file()), None)


def _load(name: str) -> ctypes.CDLL | None:
    built = folder()
    if built is None or sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    return _open(built / name)


def _open(file: Path) -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(file))
    except OSError:  # the C library is older than the kernels need
        return None
    # Built from other sources: in a clone, run make build.
    if not hasattr(library, "encoder_workspace") or library.encoder_model_size() != ctypes.sizeof(Model):
        return None
    pointer = ctypes.c_void_p
    library.encoder_supported.restype = ctypes.c_int32
    library.encoder_new.restype, library.encoder_new.argtypes = pointer, (ctypes.POINTER(Model),)
    library.encoder_free.restype, library.encoder_free.argtypes = None, (pointer,)
    library.encoder_workspace.restype, library.encoder_workspace.argtypes = ctypes.c_int64, (pointer, ctypes.c_int32)
    library.encoder_run.restype = None
    library.encoder_run.argtypes = (pointer, pointer, pointer, ctypes.c_int32, pointer, pointer)
    return library if library.encoder_supported() else None
