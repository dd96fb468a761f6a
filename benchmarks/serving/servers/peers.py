"""The servers compared: how each is started on the one model, asked, and known to be ready."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.serving.servers import model
from tools.common.ports import free_port
from tools.containers import Container, ContainerError, start_huggingface, start_lean
from tools.containers.process import ROOT, own_environment, start

DEFAULT, OURS, LEAN = "huggingface-default", "huggingface-ours", "lean"
INFINITY, INFINITY_ONNX = "infinity", "infinity-onnx"
INFINITY_COMMAND = ROOT / ".venv-bench" / "bin" / "infinity_emb"
READY_SECONDS = 300.0


@dataclass(frozen=True)
class Peer:
    """A server. ``start(folder of the model's forms, empty work folder, environment)``; ``body(texts)`` asks for them.

    ``expect``: what the body of a right answer holds.
    """

    title: str
    start: Callable[[Path, Path, Mapping[str, str]], Container]
    path: str
    body: Callable[[list[str]], str]
    expect: str


def _inputs(texts: list[str]) -> str:
    return json.dumps({"inputs": texts[0] if len(texts) == 1 else texts})


def _classify(texts: list[str]) -> str:
    return json.dumps({"model": "served", "input": texts})


def _default(built: Path, work: Path, environ: Mapping[str, str]) -> Container:
    return start_huggingface(
        built / model.TRANSFORMERS, environ={"HF_TASK": "text-classification", **environ}, work=work
    )


def _ours(built: Path, work: Path, environ: Mapping[str, str]) -> Container:
    return start_huggingface(built / model.ARTIFACT, environ=environ, work=work)


def _lean(built: Path, work: Path, environ: Mapping[str, str]) -> Container:
    return start_lean(built / model.ARTIFACT, environ=environ)


def _infinity(engine: str, *more: str) -> Callable[[Path, Path, Mapping[str, str]], Container]:
    def begin(built: Path, work: Path, environ: Mapping[str, str]) -> Container:
        if not INFINITY_COMMAND.exists():
            raise ContainerError(f"{INFINITY_COMMAND} is not there: run python3 tools/setup_env.py bench")
        port = free_port()
        for file in (built / model.TRANSFORMERS).iterdir():  # it finds an ONNX file only relative to where it runs
            os.link(file, work / file.name)
        command: list[str | Path] = [INFINITY_COMMAND, "v2", "--model-id", ".", "--engine", engine]
        command += ["--served-model-name", "served", "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
        settings = {
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(work / "hub"),
            "DO_NOT_TRACK": "1",
            "INFINITY_ANONYMOUS_USAGE_STATS": "0",
        }
        return start([*command, *more], environ=own_environment(**{**settings, **environ}), work=work, port=port)

    return begin


PEERS = {
    DEFAULT: Peer("Hugging Face container, default (torch pipeline)", _default, "/invocations", _inputs, '"label"'),
    OURS: Peer("Hugging Face container, our inference.py", _ours, "/invocations", _inputs, '"predicted_label"'),
    LEAN: Peer("lean container", _lean, "/invocations", _inputs, '"predicted_label"'),
    INFINITY: Peer("infinity, torch (its default)", _infinity("torch"), "/classify", _classify, '"label"'),
    # Its warm-up sends more word pieces than the model has positions for, which this engine does not cut.
    INFINITY_ONNX: Peer(
        "infinity, ONNX Runtime int8", _infinity("optimum", "--no-model-warmup"), "/classify", _classify, '"label"'
    ),
}


def installable(python: tuple[int, ...]) -> tuple[str, ...]:
    """The servers that this version of Python has: infinity has no release for 3.14 and later."""
    return tuple(name for name in PEERS if python < (3, 14) or name not in {INFINITY, INFINITY_ONNX})


def wait(peer: Peer, container: Container) -> float:
    """Seconds until the server's first right answer; ContainerError when it ends or takes too long."""
    began = time.monotonic()
    while time.monotonic() - began < READY_SECONDS:
        if container.process.poll() is not None:
            raise ContainerError(f"{peer.title} ended ({container.process.returncode}):\n{container.tail()}")
        if _answers(peer, container.url):
            return time.monotonic() - began
        time.sleep(0.05)
    raise ContainerError(f"{peer.title} did not answer within {READY_SECONDS:.0f} s:\n{container.tail()}")


def _answers(peer: Peer, url: str) -> bool:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url + peer.path, data=peer.body(["ready?"]).encode(), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=READY_SECONDS) as answer:
            return peer.expect.encode() in answer.read()
    except OSError:
        return False


def address(container: Container) -> tuple[str, int]:
    """Host and port."""
    parts = urlsplit(container.url)
    return parts.hostname or "127.0.0.1", parts.port or 80
