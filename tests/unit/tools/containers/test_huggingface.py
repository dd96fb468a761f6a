"""Tests the Hugging Face container."""

import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.containers import huggingface


def test_the_java_servers_management_is_on_no_port_and_this_users_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/python").touch()
    (tmp_path / "model").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(huggingface, "VENV", tmp_path / "venv")
    monkeypatch.setattr(huggingface, "java_home", lambda: tmp_path)
    monkeypatch.setattr(huggingface, "start", lambda command, **started: SimpleNamespace(**started))
    started = huggingface.start_huggingface(tmp_path / "model", work=tmp_path / "work")
    kind, _, path = started.environ["MMS_MANAGEMENT_ADDRESS"].partition(":")  # type: ignore[attr-defined]
    assert kind == "unix"
    assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
    assert started.environ["MMS_INFERENCE_ADDRESS"].startswith("http://127.0.0.1:")  # type: ignore[attr-defined]
