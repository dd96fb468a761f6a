"""Tests the choice of a torch build."""

import os
import sys
from pathlib import Path

import pytest

from tools.setup import torch_build, uv


@pytest.fixture
def linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(torch_build, "is_offered", lambda wanted, **_: False)
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: False)


LINKS = ("--find-links", "/opt/wheels")


def chosen(**options: bool) -> torch_build.TorchBuild:
    return torch_build.choose(uv=uv.Uv(Path("/clone"), uv.Settings(LINKS)), folder=Path("/clone/.venv-x"), **options)


@pytest.mark.usefixtures("linux")
def test_torch_is_a_cpu_build_where_pips_sources_have_one(monkeypatch):
    monkeypatch.setattr(torch_build, "is_offered", lambda wanted, **_: wanted == "torch==2.13.0+cpu")
    assert chosen().arguments == ["--no-index", *LINKS, "torch==2.13.0+cpu"]
    monkeypatch.setattr(torch_build, "is_offered", lambda wanted, sources, **_: "--no-index" not in sources)
    assert chosen().arguments == [*LINKS, "torch==2.13.0+cpu"]


@pytest.mark.usefixtures("linux")
def test_torch_comes_from_pytorchs_cpu_index_where_it_answers(monkeypatch):
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: True)
    assert chosen().arguments == ["--default-index", torch_build.CPU_INDEX, "torch==2.13.0+cpu"]


@pytest.mark.usefixtures("linux")
def test_torch_is_the_default_build_with_a_warning_where_nothing_else_can_be_had():
    assert chosen().arguments == [*LINKS, "torch==2.13.0"]
    assert "several GB" in chosen().note


@pytest.mark.usefixtures("linux")
def test_torch_is_the_default_build_on_a_machine_with_a_gpu(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    assert chosen() == torch_build.TorchBuild([*LINKS, "torch==2.13.0"])


@pytest.mark.usefixtures("linux")
def test_torch_is_a_cpu_build_on_a_machine_with_a_gpu_where_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: True)
    assert chosen(cpu_only=True).arguments == ["--default-index", torch_build.CPU_INDEX, "torch==2.13.0+cpu"]


def test_an_nvidia_gpu_needs_more_than_the_program(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert not torch_build.has_nvidia_gpu()
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA'\n")
    assert torch_build.has_nvidia_gpu()
